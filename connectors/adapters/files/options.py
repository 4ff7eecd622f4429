"""The settings of a file connection: their JSON Schema, and the typed form the rest of the adapter reads.

In: `System.settings` as stored. Out: frozen options with every default filled in. Never a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from connectors.errors import CannotConnect

_MIB = 1024 * 1024

SETTINGS_SCHEMA: Mapping[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["from", "folder"],
    "properties": {
        "from": {
            "title": "Where the files are",
            "enum": ["folder", "sftp"],
            "default": "sftp",
            "description": "A folder of the hub's own machine, or an SFTP server.",
        },
        "folder": {
            "title": "Folder",
            "type": "string",
            "minLength": 1,
            "description": "Files and manifests arrive here; processed/ and failed/ are made inside it.",
        },
        "host": {"title": "SFTP host", "type": "string"},
        "port": {"title": "SFTP port", "type": "integer", "minimum": 1, "maximum": 65535, "default": 22},
        "username": {"title": "SFTP user name", "type": "string"},
        "host_keys": {
            "title": "Host keys of the SFTP server",
            "type": "array",
            "items": {"type": "string", "pattern": "^(ssh-|ecdsa-)[a-z0-9@.-]+ [A-Za-z0-9+/=]+"},
            "description": "As ssh-keyscan prints them, without the host name; no other key is trusted.",
        },
        "allow_private": {
            "title": "The server is in a private network",
            "type": "boolean",
            "default": False,
        },
        "format": {"title": "Format", "enum": ["csv", "json", "ndjson", "xml"], "default": "csv"},
        "encoding": {
            "title": "Encoding",
            "type": "string",
            "description": "As utf-8, utf-16 or cp1252; empty: found out. A byte order mark always wins.",
        },
        "delimiter": {
            "title": "Delimiter",
            "type": "string",
            "maxLength": 1,
            "description": "Of CSV; empty: found out from the header, one of , ; | and tab.",
        },
        "records_at": {
            "title": "Where the records are",
            "type": "string",
            "description": "JSON: dotted path of the list; XML: names of elements, blanks between. "
            "Empty: the outermost list, or the children of the root element.",
        },
        "attributes": {
            "title": "XML attributes",
            "enum": ["keep", "drop"],
            "default": "keep",
            "description": "Kept as @name; text beside them is then #text.",
        },
        "key": {
            "title": "Field with the key of a record",
            "type": "string",
            "default": "worker_id",
            "description": "Dotted path. Duplicates within a file are told by it.",
        },
        "several_rows": {
            "title": "Several rows for one key",
            "enum": ["refuse", "group"],
            "default": "refuse",
            "description": "Refuse all but the first, or give consecutive ones as one record with “rows”.",
        },
        "action": {
            "title": "Field that says what happened",
            "type": "string",
            "default": "action",
            "description": "Delta rows with ended, delete or terminate there end the worker.",
        },
        "sequence": {
            "title": "Sequence numbers",
            "enum": ["required", "ignored"],
            "default": "required",
            "description": "Whether a missing number stops delta files and an old one counts as a replay.",
        },
        "pgp": {
            "title": "PGP",
            "enum": ["off", "encrypted", "signed"],
            "default": "off",
            "description": "Signed: encrypted to the hub and signed by one of the signers below.",
        },
        "pgp_signers": {
            "title": "Certificates of the signers",
            "type": "array",
            "items": {"type": "string"},
            "description": "OpenPGP public keys in ASCII armor.",
        },
        "most_bytes": {
            "title": "Largest file, unpacked",
            "type": "integer",
            "minimum": 1024,
            "default": 4096 * _MIB,
        },
    },
    "additionalProperties": False,
    "allOf": [
        {
            "if": {"properties": {"from": {"const": "sftp"}}, "required": ["from"]},
            "then": {"required": ["host", "username", "host_keys"]},
        },
        {
            "if": {"properties": {"pgp": {"const": "signed"}}, "required": ["pgp"]},
            "then": {"required": ["pgp_signers"]},
        },
    ],
}

#: Unpacked bytes for each packed one beyond which an archive is taken for a bomb.
RATIO_MOST = 200
#: Characters of one record: no worker fills it, and a lost quotation mark must not eat the file.
RECORD_MOST = 2 * _MIB
#: Records in a page.
PAGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the settings say."""

    over: str
    folder: str
    host: str = ""
    port: int = 22
    username: str = ""
    host_keys: tuple[str, ...] = ()
    allow_private: bool = False
    format: str = "csv"
    encoding: str = ""
    delimiter: str = ""
    records_at: str = ""
    attributes: str = "keep"
    key: str = "worker_id"
    several_rows: str = "refuse"
    action: str = "action"
    sequence: str = "required"
    pgp: str = "off"
    pgp_signers: tuple[str, ...] = ()
    most_bytes: int = 4096 * _MIB


def options(settings: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> Options:
    """Return the options of a connection; `defaults` come before those of the schema."""
    given = {**(defaults or {}), **{name: value for name, value in settings.items() if value != ""}}
    over = given.pop("from", "")
    if over not in ("folder", "sftp") or not given.get("folder"):
        raise CannotConnect("The settings do not say where the files are.")
    for name in ("host_keys", "pgp_signers"):
        given[name] = tuple(given.get(name, ()))
    found = Options(over=over, **given)
    if over == "sftp" and ".." in PurePosixPath(found.folder).parts:
        raise CannotConnect("The folder must not lead upwards.")
    return found
