"""The only writer of statements.

The way in: `door` (bytes or parsed statements → accepted ids) → `batch` (statements → columns, pure) →
`entities` (dictionary keys) → `store` (one round trip, whole or not at all) → `references` (a StatementRef
takes over its target's links) → what is learned of activities and agents.
"""
