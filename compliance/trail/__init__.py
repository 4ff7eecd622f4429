"""The audit trail: who changed what, when and why, before and after, written by the database itself.

    declared   which tables are audited, and why the others are not: one line for each
    functions  SQL of the triggers, made from the declarations
    install    puts the triggers where they are missing or differ, and finds those somebody took away
    read       entries in an order that is safe against late commits, for the proof log and exports
    search     entries of a record, a person, a period, page by page
    review     the queue of periodic reviews of the trail by a named person
    export     entries as CSV that no spreadsheet takes for formulas

In: every INSERT, UPDATE and DELETE of an audited table, whoever makes it and however. Out: rows of
`compliance_audit_entry`, in the transaction of the change: either both are there or neither (AU-5). Who acts
is told by `lrs.acting`. Never a secret's value, never a change to an entry. 21 CFR 11.10(e); NIST SP 800-53
AU-2, AU-3, AU-5, AU-6, AU-8, AU-9, AU-12.
"""
