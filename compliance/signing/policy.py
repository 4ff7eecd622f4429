"""What a record has to be signed with, and how far it has come.

In: a kind's policy (rows of SignaturePolicy, else what the kind brings) and the signatures there are. Out:
the steps that count for this record, those that are open now, and whether somebody may take one. What was
demanded when a record got its first signature stays demanded: changing a policy changes no record half
signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from django.contrib.auth.models import User

from compliance.models import Meaning, Signature, SignaturePolicy
from compliance.signing.authority import can_sign, has_role
from compliance.signing.errors import NotAllowed
from compliance.signing.kinds import Shown, SignableKind, Step


def demanded(kind: SignableKind) -> list[Step]:
    """Return what is demanded of records that have no signature yet."""
    rows = SignaturePolicy.objects.filter(kind=kind.kind).select_related("role")
    own = [
        Step(
            meaning=row.meaning,
            step=row.step,
            signers=row.signers,
            role=row.role.name if row.role is not None else "",
            not_own=row.not_own,
            repeatable=row.repeatable,
        )
        for row in rows
    ]
    return sorted(own or kind.policy, key=lambda each: (each.step, each.meaning))


def steps_for(kind: SignableKind, given: Sequence[Signature]) -> list[Step]:
    """Return the steps that count for a record with these signatures."""
    return [Step(**each) for each in given[0].steps] if given else demanded(kind)


def as_json(steps: Iterable[Step]) -> list[dict[str, str | int | bool]]:
    """Return steps as a signature keeps them."""
    return [asdict(each) for each in steps]


def missing(step: Step, given: Iterable[Signature]) -> int:
    """Return how many signatures of this step are still missing."""
    signers = {each.signer_id for each in given if (each.step, each.meaning) == (step.step, step.meaning)}
    return max(0, step.signers - len(signers))


def open_steps(steps: Sequence[Step], given: Sequence[Signature]) -> list[Step]:
    """Return the steps that may be taken now: those of the lowest number that is not complete."""
    waiting = [each for each in steps if missing(each, given)]
    return [each for each in waiting if each.step == waiting[0].step]


def step_for(
    user: User, shown: Shown, meaning: str, steps: Sequence[Step], given: Sequence[Signature]
) -> Step:
    """Return the step a signature of `user` with this meaning takes. Raises NotAllowed."""
    said = meaning if meaning not in Meaning.values else Meaning(meaning).label.lower()
    wanted = [each for each in steps if each.meaning == meaning]
    if not wanted:
        raise NotAllowed(f"This record is not signed for {said}.", rule="meaning")
    if not can_sign(user, meaning):
        raise NotAllowed(f"You have no authority to sign for {said}.", rule="authority")
    now = [each for each in open_steps(steps, given) if each.meaning == meaning]
    if not now:
        done = not any(missing(each, given) for each in wanted)
        raise NotAllowed(
            "This is signed already." if done else "Another signature comes first.",
            rule="done" if done else "order",
        )
    [step] = now
    if step.role and not has_role(user, step.role):
        raise NotAllowed(f"Only people with the role {step.role} sign this.", rule="role")
    if step.not_own and shown.author_id == user.pk:
        raise NotAllowed("Nobody signs a record of their own here.", rule="own")
    mine = [each for each in given if each.signer_id == user.pk]
    if any((each.step, each.meaning) == (step.step, step.meaning) for each in mine):
        raise NotAllowed("You have signed this already; it takes somebody else too.", rule="twice")
    if mine and not step.repeatable:
        raise NotAllowed("You have signed this record already; this takes somebody else.", rule="segregation")
    return step
