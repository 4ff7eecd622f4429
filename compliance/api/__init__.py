"""`/api/v1/` of compliance: requirements and templates, status, matrix, gaps, forecast, team.

words          standings and definitions as JSON
requirements   what is asked for, its versions, templates, impact
status         how people stand, as of a day, as known at a moment

Callers, errors, pages and the description are those of connectors.api.
"""
