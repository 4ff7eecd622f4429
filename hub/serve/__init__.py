"""`make serve`: everything the hub needs, in the foreground, until Ctrl-C.

    folder      the data folder is ours, writable and not in use
    reach       port free, database and broker within reach
    ready       migrations, static files, first administrator, first LMS key
    processes   the programs: their commands and how each is stopped
    supervise   start in order, restart what dies, stop in order

In: the environment. Out: running programs and a few lines on the terminal; one sentence and an exit code of
`hub.errors.Exit` when it cannot start. Never a traceback for something the operator can put right.
"""
