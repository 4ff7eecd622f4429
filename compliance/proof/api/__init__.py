"""`/api/v1/log/`: checkpoint and tiles as static files, keys, proofs, and a way in for co-signatures."""
