"""Values to verdicts: whether statements, agents and activities keep the rules of the xAPI.

`statements` is the door: the JSON Schema documents under `schemas/` (compiled once, a few microseconds a
statement), then what a schema cannot say (`semantics`), and for a refusal `explain`, which says where and
why. `attachments` matches statements with the parts sent along, `signature` verifies signed statements.
Pure: no Django, no database.
"""
