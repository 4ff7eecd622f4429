"""The self-check: everything recomputed from the records up, each deviation named and located.

leaves       entries → leaf hashes → tiles, roots; beside the tiles kept and the tiles published
records      every record ↔ its leaf: changed, gone, never logged, back-dated
signatures   checkpoints, co-signatures, time-stamps; the lock and the published checkpoint
run          all of it, in one snapshot
"""
