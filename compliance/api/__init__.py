"""`/api/v1/` of compliance: courses, completions and training records, as connectors.api has its resources.

audit_trail     the audit trail
base            what every resource here does alike
bodies          bodies: their form, for checking and for the description
courses         courses, their versions and activities
catalogue       the whole catalogue out and in, equivalences, activities no course has
completions     who completed what, as of then, as known then
records         training told by hand
"""
