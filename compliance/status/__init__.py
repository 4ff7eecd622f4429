"""Who is trained for what, on any day, as known on any other.

    definitions, workforce, completions, waivers ──query──► standings ──keep──► the table of now

standing   one person under one requirement: days, from which the word for a day follows (pure)
rule       `for` of a definition as a condition in SQL
plan       which versions are asked about, compiled
query      the one question to the database that answers for everybody
explain    one person under one requirement, with reasons and evidence
keep       the table of now, for some people or for all
follow     changes of people, completions and requirements, followed to that table
impact     what a draft would change
read       the door: matrix, gaps, forecast, team, qualified
"""
