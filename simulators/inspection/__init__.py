"""`python -m simulators.inspection`: three years of a company's training, and an auditor who trusts nobody.

In: a hub that runs (`make serve`). Out: a record store of its own in which HR tells three years, two LMSs
post what was learned, requirements come from templates, a transfer is back-dated, evaluators sign, a hold
stops a disposition, and an auditor pulls a bundle that proves itself. Each step says what came of it, and
whether that is as it should be. Nothing of other stores is touched; simulated people and accounts stay.

    stage         what all steps share: the store, the people, what is said and what is held against it
    cast          accounts of people who manage, approve, evaluate, dispose and audit
    browsing      a window of Chromium, or the same pages without a browser
    history       HR's files of three years, and the back-dated transfer
    learning      the catalogue, the rules, and what both LMSs post
    training      requirements from templates, who is overdue, sign-offs
    keeping       a disposition, a legal hold that stops it, and its end
    auditing      the auditor's pages, the bundle, and one changed byte in every file of it
    __main__      the steps in their order
"""
