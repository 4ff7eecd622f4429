"""What may go, and what may not: a retention rule, a disposition, and a legal hold that stops it.

In: a store with statements of three years, a department. Out: a list of what is due, frozen and reviewed; a
hold placed behind that; a disposition that somebody else signs and that leaves all that is held; the hold
lifted, by which the rest falls due again.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta

from compliance.access.roles import MANAGER
from compliance.models import Disposition, DispositionResult, LegalHold, Signature
from compliance.proof import sequence
from compliance.retention import certificate, disposition, due, holds, schedules
from compliance.signing import verify
from connectors.models import OrganizationUnit
from simulators.inspection.cast import actor
from simulators.inspection.stage import Stage

#: Statements are kept so many days: what was learned in the first weeks of the three years is due.
KEPT_DAYS = 1_000


def dispose(stage: Stage, unit: OrganizationUnit) -> None:
    """Have what is due listed, held, signed for, and gone but for what is held; then lift the hold."""
    store_id = stage.store_id
    mara = actor(stage, "Mara Manages", role=MANAGER)
    ruth = actor(stage, "Ruth Releases", signs=["disposition"])
    for each in (mara, ruth):
        each.sign_in()
    schedules.adopt(
        store_id, "training-general", on=stage.today - timedelta(days=1), by=mara.user,
        starts="training_date", period=KEPT_DAYS, unit="days", citation="Retention policy (simulated)",
    )  # fmt: skip
    stage.settle()
    sequence.run()
    before = due.falls_due(store_id, on=due.today())
    stage.say(
        f"    {len(before):,} statements are due by a policy of {KEPT_DAYS:,} days; nothing is held yet"
    )
    listed = disposition.preview(store_id, by=mara.user, title="Training of the first weeks")
    hold = holds.place(
        store_id, by=mara.user, matter="Northwind v. Anonymous", custodian="General Counsel",
        reason="Anticipated litigation", unit=unit, as_of=stage.today,
    )  # fmt: skip
    held = [each for each in due.falls_due(store_id, on=due.today()) if hold.pk in each.holds]
    stage.check(bool(held), f"the preview shows the hold on {len(held):,} of them")
    stage.check(len(held) < len(before), "and not on all of them")
    for page, name in (("disposition", "preview"), ("legalhold", "hold")):
        mara.window.open(f"/admin/compliance/{page}/?store={store_id}")
        stage.picture(mara.window, name)
    disposition.submit(listed, by=mara.user, note="Looked through.")
    ruth.sign(disposition.KIND, str(listed.pk), reason="Retention has ended.")
    listed.refresh_from_db()
    signed = Signature.objects.filter(kind=disposition.KIND, record_key=str(listed.pk)).first()
    stage.check(
        signed is not None and verify(signed).valid,
        f"{ruth.name}, who did not make the list, has signed for it",
    )
    _carry_on(listed)
    listed.refresh_from_db()
    counted = Counter(
        DispositionResult.objects.filter(item__disposition=listed).values_list("outcome", flat=True)
    )
    words = ", ".join(f"{number:,} {word}" for word, number in sorted(counted.items()))
    stage.say(f"    What became of {listed.records:,}: {words}")
    stage.check(counted["held"] == len(held), "what is held was left alone")
    stage.check(counted["destroyed"] == listed.records - len(held), "all the rest is gone")
    for line in certificate.as_text(listed.certificate).splitlines()[:6]:
        stage.say(f"      {line}")
    mara.window.open(f"/admin/compliance/disposition/{listed.pk}/")
    stage.picture(mara.window, "disposition")
    left = {each.key for each in due.falls_due(store_id, on=due.today())}
    stage.check(left == {each.key for each in held}, "exactly what is held is still there, and due")
    _lift(stage, hold)
    mara.window.open(f"/admin/compliance/legalhold/?store={store_id}")
    stage.picture(mara.window, "hold-lifted")


def _lift(stage: Stage, hold: LegalHold) -> None:
    holds.lift(hold, by=hold.placed_by, why="The matter is settled.")
    rows = due.falls_due(stage.store_id, on=due.today())
    stage.check(
        bool(rows) and not any(each.holds for each in rows), f"the hold is lifted: {len(rows):,} may go now"
    )


def _carry_on(listed: Disposition) -> None:
    """Have an approved list carried out; the hub's own worker may be writing the log meanwhile."""
    until = time.monotonic() + 120
    while True:
        try:
            disposition.carry_on(listed)
        except disposition.LogBusy:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
            sequence.run()
        else:
            return
