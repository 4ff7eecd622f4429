"""The proof log: a Merkle tree over everything that must not change unnoticed, and the proofs out of it.

The way of a record, a module for each step:

    sources     where records come from (statements, disposals, whatever registers), in a safe order
    sequence    the next records get the next leaves, one sequencer at a time
    publish     files first, then the lock outside the database, then the signed checkpoint
    witnesses, timestamps   others vouch for a checkpoint
    proofs      inclusion and consistency, for one record and between two sizes
    verify      everything recomputed: what deviates is named and located

and what they are made of: `hashing`, `tree` (RFC 9162), `tiles` (C2SP tlog-tiles), `note`, `checkpoint`,
`cosignature` (C2SP), `checking` (the walk of a verifier), `keys`, `lock`, `folder`, `stored`.
"""
