"""The workforce record: canonical records in, versions in both times, answers as of then as known then.

canonical   what a worker, unit, job or location is, whatever system said it (pure)
timeline    the algebra of periods: replace, assert from, end, compare (pure)
record      the only writer of the version tables
tree        the way from the root to each unit, kept as the parents change
as_of       the questions: one person, many people, a roster
"""
