"""Calls to other systems: guarded, timed out, and patient up to a point.

address     which address of a name may be called
http        requests, their retries, and what their failures mean
"""
