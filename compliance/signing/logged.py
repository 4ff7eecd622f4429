"""Electronic signatures in the proof log, and in whatever checks the log.

In: rows of `compliance_signature`. Out: a record of the log for each, which commits to every column of it;
and for the self-check, what is wrong with seals, with the chain of signatures, and with records that changed
after they were signed (21 CFR 11.10(a), 11.70). A signature is known to the log by its position in the chain.
"""

from __future__ import annotations

from compliance.models import Signature
from compliance.proof.sources import register
from compliance.proof.tables import hashed, moment, of_table
from compliance.proof.verify.report import Report
from compliance.proof.verify.run import also_checks
from compliance.signing.verify import verify_all, verify_records
from lrs import feed

KIND = "signature"

SIGNATURES = register(
    of_table(
        KIND,
        4,
        "compliance_signature",
        key="position",
        at="signed_at",
        name="meaning || ' of ' || kind || ' ' || record_key",
        columns={
            "number": "number",
            "at": moment("signed_at"),
            "zone": "zone",
            "kind": "kind",
            "record": "record_key",
            "version": "version",
            "title": "title",
            "author": "author_id",
            "shown_hash": "shown_hash",
            # What was signed goes with a record that is disposed of; its hash stays.
            "shown_sha256": f"CASE WHEN shown = '' THEN shown_hash ELSE {hashed('shown')} END",
            "meaning": "meaning",
            "step": "step",
            "steps_sha256": hashed("steps"),
            "signer": "signer_id",
            "user_name": "user_name",
            "printed_name": "printed_name",
            "components_sha256": hashed("components"),
            "session": "session_id",
            "first_of_session": "first_of_session",
            "address": "address",
            "request": "request_id",
            "reason": "reason",
            "previous": "previous",
            "key": "key_id",
            "seal": "seal",
        },
    )
)

# After a restore into another cluster transaction ids must first catch up with these.
feed.also_ordered_by_transactions(
    "SELECT xid FROM compliance_signature ORDER BY xid DESC, position DESC LIMIT 1"
)


@also_checks
def check_seals(report: Report, after: int = 0) -> None:
    """Tell of every signature that is invalid, and of every record that is not as it was signed; `after` a
    position, where only the later ones are asked for."""
    for position, fault in verify_all(after):
        report.add("signature.invalid", fault, source=KIND, key=position, name=_name(position))
    for position, fault in verify_records(after):
        report.add("signature.record", fault, source=KIND, key=position, name=_name(position))


def _name(position: int) -> str:
    found = Signature.objects.filter(position=position).first()
    return "" if found is None else f"{found.meaning} of {found.kind} {found.record_key}"
