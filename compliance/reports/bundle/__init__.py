"""The bundle: a ZIP in which everything that is evidence is bound to a signed checkpoint.

    payload or row → record → salted commitment → leaf → inclusion proof → checkpoint → key

evidence   what belongs to it, read in parts
proven     the proof of each record
archive    a ZIP written into what cannot be sought in, hashing as it goes
build      the files in their order, the manifest, and the note that signs it
verify     the program that checks a bundle; it goes along, and imports nothing of ours
"""
