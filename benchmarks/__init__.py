"""`make bench`: how fast the hub is, told as ratios to floors measured in the same run on the same machine.

    sample      statements as learning management systems send them, each a function of its number
    hub         the hub under test, started as in production, and a second database for the floors
    crew        several processes doing one thing at once, with their rate and their own cost
    wire        the smallest HTTP client that can ask and hear
    system      crews that post to the hub
    floors      crews that write the same rows without a hub, and the row-at-a-time store
    pieces      the steps of one statement, timed apart
    load        fills the store to a size
    queries     thirteen shapes of query, timed
    consumers   the feed's consumers, timed
    footprint   memory of each process, bytes on disk for each table and index
    machine     what it ran on and how quiet that was
    plan        what is run, in which order
    report      one table on the terminal, Markdown and JSON

A ratio comes with its spread over interleaved rounds of system and floor. The hub imports nothing of this.
"""
