"""The validation kit: what a customer runs to qualify an installed hub, and the report that comes of it.

    steps           a step: what was expected, what was seen, what it came to
    installation    IQ: program, packages, settings, storage, broker, log
    durability      IQ: the database, its durability, its roles and guards
    tables, annex   what the product is validated against: clauses, risks, the tests and pages behind them
    evidence        which tests stand behind a row, and how they ended (JUnit)
    operation       OQ: the rows of the tables against a test run
    performance     PQ: the customer's own hub, from a credential to a proven statement
    measuring       PQ: how fast it was
    caller          HTTP as a learning system speaks it
    report          JSON and Markdown of everything
    sealing         signs a report with the log's key, and says what is wrong with one

Nothing here changes what it looks at, but for a PQ, which writes into a record store of its own.
"""
