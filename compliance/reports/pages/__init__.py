"""`/audit/`: what an auditor does in a browser, with an auditor's account and no help.

choices   what filters offer: people found by name, the tree of units, courses, requirements
views     choose a report, see it, pull it as a file, look at what was pulled
urls      the addresses
"""
