"""Whether statements and the attachment parts sent along belong together.

In: validated statements and the parts by the SHA-256 of their content. Out: for each statement the SHA-256 of
every content it carries, or StatementsRejected / BadRequest. Never a look into a store: an attachment without
`fileUrl` comes with its content each time.

Rules: xAPI 1.0.3, Communication 1.5.1 and 1.5.2; Data 2.4.11 and 2.6; XAPI-00128, XAPI-00129, XAPI-00132.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrs.errors import BadRequest, Rejection, StatementsRejected, shortened
from lrs.wire import content_type as media_types
from lrs.wire.multipart import AttachmentPart

#: The usage type of a signature (Data 2.6).
SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"
SIGNATURE_CONTENT_TYPE = "application/octet-stream"
_MOST_REJECTIONS = 100


@dataclass(frozen=True, slots=True)
class Use:
    """One attachment of one statement whose content came along."""

    index: int
    pointer: str
    attachment: dict[str, Any]
    sha256: str

    @property
    def is_signature(self) -> bool:
        """Whether the content signs the statement; an attachment of a sub-statement cannot."""
        return self.attachment["usageType"] == SIGNATURE and self.pointer.startswith("/attachments/")


def match(
    statements: Sequence[dict[str, Any]], parts: Mapping[str, AttachmentPart], *, single: bool = False
) -> list[Use]:
    """Return which content each statement carries, in order; refuse what does not fit.

    Every attachment without `fileUrl` has its part, every part its attachment, every signature its content.
    """
    by_declared = {part.sha2: (sha256, part) for sha256, part in parts.items()}
    uses: list[Use] = []
    rejections: list[Rejection] = []
    for index, statement in enumerate(statements):
        for pointer, attachment in _attachments(statement):
            sha256, part = by_declared.get(attachment["sha2"].lower(), ("", None))
            if part is not None:
                uses.append(Use(index, pointer, attachment, sha256))
            for rule, message, place, value in _faults(attachment, part):
                rejections.append(
                    Rejection(
                        rule=rule,
                        message=message,
                        pointer=pointer + place,
                        value=shortened(value),
                        index=None if single else index,
                    )
                )
    if rejections:
        raise StatementsRejected(rejections[:_MOST_REJECTIONS])
    used = {use.sha256 for use in uses}
    for sha256, part in parts.items():
        if sha256 not in used:
            raise BadRequest(
                "A part is the content of no attachment of these statements.",
                rule="attachment.extra-part",
                value=part.sha2,
            )
    return uses


def _attachments(statement: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, attachment in enumerate(statement.get("attachments", ())):
        yield f"/attachments/{number}", attachment
    inner = statement["object"]
    if inner.get("objectType") == "SubStatement":
        for number, attachment in enumerate(inner.get("attachments", ())):
            yield f"/object/attachments/{number}", attachment


def _faults(
    attachment: dict[str, Any], part: AttachmentPart | None
) -> Iterator[tuple[str, str, str, object]]:
    signature = attachment["usageType"] == SIGNATURE
    if signature and attachment["contentType"] != SIGNATURE_CONTENT_TYPE:
        # Data 2.6, XAPI-00115.
        yield (
            "signature.content-type",
            f"The content type of a signature must be {SIGNATURE_CONTENT_TYPE}.",
            "/contentType",
            attachment["contentType"],
        )
    if part is None:
        if "fileUrl" not in attachment or signature:
            # Communication 1.5.2, XAPI-00129; a signature has to be at hand to be checked.
            yield (
                "attachment.missing-part",
                "No part of the request has the content of this attachment"
                + ("." if signature else ", and it has no fileUrl."),
                "/sha2",
                attachment["sha2"],
            )
        return
    # `length` is not held against the content: the SHA-2 settles which bytes are meant, and the public
    # conformance suite sends contents longer than it says.
    if part.content_type and not _same_type(part.content_type, attachment["contentType"]):
        yield (
            "attachment.content-type",
            "The part has another content type than the attachment.",
            "/contentType",
            f"{attachment['contentType']} and {part.content_type}",
        )


def _same_type(one: str, other: str) -> bool:
    """Compare type and subtype alone: the specification's own example differs in its parameters."""
    try:
        return media_types.parse(one).essence == media_types.parse(other).essence
    except BadRequest:
        return one.strip().lower() == other.strip().lower()
