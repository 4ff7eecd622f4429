"""Signing: the only writer of signatures.

In: who signs (a `Signer`), which record with which meaning, the hash of what they were shown, and their
components. Out: a sealed `Signature`, and where it was the last one needed, what follows from it, in one
transaction; or a SigningError, an event that tells of the refusal, and nothing else.

Order: the signer → what has to be there first → the record as shown → authority and policy → components →
row. Components come last: whoever may not sign anyway learns nothing from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import connection, transaction
from django.utils import timezone

from compliance.access import events
from compliance.models import CompletedRecord, EventKind, Signature, SigningSession
from compliance.signing import components, policy, readiness, seal
from compliance.signing.components import Given
from compliance.signing.errors import NotAllowed, RecordChanged, SigningError
from compliance.signing.kinds import Shown, SignableKind, Step, is_open, kind_of, shown_of
from compliance.signing.signer import Signer, begin, continuing

#: Key of the advisory lock that puts signatures in one chain. Held to the end of the transaction.
_CHAIN = 0x53_49_47_4E


def sign(
    signer: Signer,
    *,
    kind: str,
    record_key: str,
    shown_hash: str,
    meaning: str,
    given: Given,
    reason: str = "",
    zone: str = "UTC",
) -> Signature:
    """Sign a record. `shown_hash` is the digest of what the signer saw, `zone` the IANA name of their time
    zone. Raises SigningError."""
    try:
        return _sign(signer, kind_of(kind), record_key, shown_hash, meaning, given, (reason, zone))
    except SigningError as error:
        events.record(
            EventKind.SIGNING_REFUSED,
            request=signer.request,
            user=signer.user,
            what=f"{meaning} of {kind} {record_key}",
            rule=error.rule,
        )
        raise


def _sign(
    signer: Signer,
    kind: SignableKind,
    record_key: str,
    shown_hash: str,
    meaning: str,
    given: Given,
    said: tuple[str, str],
) -> Signature:
    readiness.must_be_ready(signer.user)
    shown = _as_shown(kind, record_key, shown_hash)
    if not is_open(kind, signer.user, record_key):
        raise NotAllowed("This record is outside the part of the organization you look after.", rule="scope")
    before = _given(shown)
    policy.step_for(signer.user, shown, meaning, policy.steps_for(kind, before), before)
    goes_on = continuing(signer)
    used = components.verify(signer, given, every=goes_on is None)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN])
        # Again, now that nobody else signs: the record or its signatures may have changed meanwhile.
        shown = _as_shown(kind, record_key, shown_hash)
        before = _given(shown)
        steps = policy.steps_for(kind, before)
        step = policy.step_for(signer.user, shown, meaning, steps, before)
        session = goes_on or begin(signer)
        signature = _row(signer, shown, step, steps, session, used, said)
        signature.first_of_session = goes_on is None
        seal.seal(signature)
        signature.save(force_insert=True)
        session.last_signed = signature.signed_at
        session.save(update_fields=["last_signed"])
        _conclude(kind, shown, steps, [*before, signature])
    return signature


def _as_shown(kind: SignableKind, record_key: str, shown_hash: str) -> Shown:
    shown = shown_of(kind.kind, record_key)
    if shown.digest != shown_hash:
        raise RecordChanged(
            "The record is not what you were shown any more. Look at it again.", rule="changed"
        )
    return shown


def _given(shown: Shown) -> list[Signature]:
    """Return the signatures of exactly this."""
    return list(
        Signature.objects.filter(
            kind=shown.kind, record_key=shown.record_key, shown_hash=shown.digest
        ).order_by("position")
    )


def _row(
    signer: Signer,
    shown: Shown,
    step: Step,
    steps: Sequence[Step],
    session: SigningSession,
    used: Sequence[str],
    said: tuple[str, str],
) -> Signature:
    reason, zone = said
    last = Signature.objects.order_by("-position").values_list("position", "seal").first()
    position, previous = last if last is not None else (0, "")
    user = signer.user
    return Signature(
        position=position + 1,
        previous=previous,
        kind=shown.kind,
        record_key=shown.record_key,
        version=shown.version,
        title=shown.title[:400],
        author_id=shown.author_id,
        shown_hash=shown.digest,
        shown=shown.canonical().decode(),
        meaning=step.meaning,
        step=step.step,
        steps=policy.as_json(steps),
        signer=user,
        user_name=user.get_username(),
        printed_name=user.get_full_name() or user.get_username(),
        signed_at=timezone.now(),
        zone=_zone(zone),
        components=list(used),
        session=session,
        address=signer.address,
        request_id=signer.request_id,
        reason=reason.replace("\0", "").strip()[:2000],
    )


def _conclude(
    kind: SignableKind, shown: Shown, steps: Sequence[Step], signatures: Sequence[Signature]
) -> None:
    """Let happen what follows, where nothing is missing any more."""
    if any(policy.missing(each, signatures) for each in steps):
        return
    CompletedRecord.objects.create(
        kind=shown.kind,
        record_key=shown.record_key,
        shown_hash=shown.digest,
        signatures=len(signatures),
        last=signatures[-1],
    )
    kind.complete(shown.record_key, signatures)


def _zone(name: str) -> str:
    """Return the name of a time zone there is; UTC for any other."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
