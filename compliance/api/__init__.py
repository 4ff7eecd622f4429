"""`/api/v1/` of compliance: courses, completions, requirements and status, as in connectors.api.

audit_trail     the audit trail
base            what every resource here does alike
bodies          bodies: their form, for checking and for the description
courses         courses, their versions and activities
catalogue       the whole catalogue out and in, equivalences, activities no course has
completions     who completed what, as of then, as known then
records         training told by hand
requirements    what is asked for, its versions, templates, impact
status          how people stand, as of a day, as known at a moment
words           standings and definitions as JSON
"""
