"""How long records are kept, and how they go: the only way anything of a person is ever removed.

    schedules   rules as data, versioned; the ones the hub ships
    events      what somebody tells that starts a period
    due         what keeps each record, and what falls due on a day
    holds       legal holds, which override everything
    disposition preview, review, approval and destruction
    certificate what is left of what was destroyed
    requests    what people ask of their own data

In: the records of the hub. Out: certificates. Never a record that a period or a hold still keeps: the
database checks that itself, in the transaction that destroys (migration 0009).
"""
