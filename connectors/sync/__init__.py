"""The sync engine: runs of a connection, from the source's pages to the workforce record.

    schedule    which system is due, which run goes on, which was left behind
    run         one run's life: start, carry on, approve, cancel; what a failure means
    attempt     one process's go at a run: read ahead, take page after page, end who is absent, finish
    page        one page: map, apply, count, keep the checkpoint; one transaction
    apply       records to `workforce.record`, so that one unfit value costs one record, not the page
    pilot       who is inside while a connection is tried on some
    absence     who a full extract no longer has; when a run must ask before it ends anybody
    exceptions  records that were refused: kept, fixed and replayed, dismissed, aged
    difference  what a dry run would change
    circuit     whether a system that fails again and again is left alone for a while
    heartbeat   that the process of a run is alive
    metrics     numbers for /metrics

A kill anywhere loses nothing and doubles nothing: a page's records, its checkpoint, counts and exceptions
are committed together, and everything after the last page is found again by asking the database.
"""
