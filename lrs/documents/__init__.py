"""Documents: activity state, activity profiles and agent profiles (xAPI 1.0.3, Communication 2.2, 3.1).

`naming` says what a document is called and where it stands, `preconditions` reads If-Match and
If-None-Match, `read` and `write` are the only two that touch the table. A write is one SQL statement that
carries its own precondition, or a row lock: there is never a check first and a write after.
"""
