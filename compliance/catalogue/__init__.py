"""What can be learned, across learning management systems.

courses      activities assigned to courses, courses merged
equivalence  courses that count as others
unassigned   activities statements report results of, and no course has
document     the catalogue as a document, checked (schema.json says what it may say)
exchange     the catalogue out and in, as JSON or CSV
"""
