"""What the hub watches, so that people hear of trouble before those who learn do.

Reconciliation of a source with the hub, the provisioning gap of each hire, the freshness of systems and LMSs,
the rhythm of LMSs, and the alerts that follow from these. Nothing here changes the workforce record.
"""
