"""The Django project: settings, web entry, Celery, logs, health, the embedded database and broker, `serve`.

In: the environment. Out: running processes. Never a rule of the xAPI, of HR or of compliance.
"""
