"""The tables of the record store, a module for each subject.

Fields and constraints only: no HTTP, no rendering, no rule of the xAPI. The statement tables are written
by `lrs.ingest` alone and read by `lrs.query` and `lrs.feed`.
"""

from lrs.models.document import Document, DocumentKind
from lrs.models.entity import ActivityDefinition, AgentName, Entity, EntityKind
from lrs.models.feed import FeedCursor
from lrs.models.inbox import InboxEntry, InboxReason, InboxState
from lrs.models.statement import (
    Attachment,
    SignatureFinding,
    Statement,
    StatementAttachment,
    StatementEntity,
    StatementReference,
    VoidedStatement,
)
from lrs.models.statistics import SourceHour
from lrs.models.tenancy import Credential, CredentialSecret, Source, Store

__all__ = [
    "ActivityDefinition",
    "AgentName",
    "Attachment",
    "Credential",
    "CredentialSecret",
    "Document",
    "DocumentKind",
    "Entity",
    "EntityKind",
    "FeedCursor",
    "InboxEntry",
    "InboxReason",
    "InboxState",
    "SignatureFinding",
    "Source",
    "SourceHour",
    "Statement",
    "StatementAttachment",
    "StatementEntity",
    "StatementReference",
    "Store",
    "VoidedStatement",
]
