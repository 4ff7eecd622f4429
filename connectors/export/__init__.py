"""Statements with their context, out of the hub: as lines of JSON, as CSV, as Parquet.

rows        what stands in an export, read a part at a time from the log of derivations
columns     a row of a table for each actor of a statement, with fixed types
ndjson      one statement a line, the payload byte for byte
delimited   CSV no spreadsheet takes for a formula
parquet     for the warehouse
formats     which formats there are
files       a folder of files, with a manifest, carried on where it stopped
"""
