"""What auditors pull: reports, and bundles that prove themselves.

asked       for whom, what and when; as of a date, as known on a date
table       what a report is made of
training, standing, changes    the reports, by what they tell
kinds       which reports there are, what each asks for, and how it is built
facts       who made it, when, of what: on every report
written     as CSV, JSON and PDF
bundle      a ZIP of the evidence with its proofs, and the program that checks it offline
runs        a report made now or in the background, its file, and who is told
release     a report under a signature that binds its file
filters     filters as people and programs give them
snapshot    one moment of the database for all of a report
saved       reports kept under a name
schedules   saved reports that are made again and again
pages       /audit/
"""
