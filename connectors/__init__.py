"""HRIS, ERP, LMS and identity connectors, and the workforce context of statements.

Imports `lrs` through its doors only (feed, ingest, query, auth, errors); never `compliance` or `hub`.
"""
