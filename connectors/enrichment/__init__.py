"""The workforce context of each statement.

consume     new statements from the feed get the context of their actors
follow      changes of the workforce record and of identities re-derive exactly what they touch
derive      the one place that writes contexts
remembered  what was told of actors, for as long as it stays so
"""
