"""Simulated HR systems and LMSs, so that anyone can try the hub without a tenant.

`population` is the made-up workforce, `server` the HTTP ground the simulators stand on, and each system has a
module of its own: `workday`, `successfactors`, `oracle_hcm`, `sftp`, and `lms` for the senders of statements.
`python -m simulators` starts them all. Nothing of the product imports this package.
"""
