"""Training told by hand: instructor-led, practical and external training becomes statements like any other.

records     a record from a draft to a posted statement, and its withdrawal; the door for signing
evidence    files that show it
statement   what a record says as an xAPI statement
source      the hub's own source, under which it is posted
file        many records from a CSV file, or a ZIP with their evidence
"""
