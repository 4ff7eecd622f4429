"""Proof, requirements, reports and retention.

Imports `lrs` and `connectors` through their doors only; never `hub`.
"""
