"""What auditors pull: reports, and bundles that prove themselves.

bundle      a ZIP of the evidence with its proofs, and the program that checks it offline
"""
