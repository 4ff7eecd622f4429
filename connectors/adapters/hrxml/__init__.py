"""HR-XML 3.x: SyncIndicativeData documents, delivered as files.

Files, manifests, PGP and SFTP are those of connectors.adapters.files. Each IndicativeData is a record; the
actionCode of the ActionExpression before it says what is to be done: Delete ends the worker, Add, Change and
Replace tell of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.adapters import Adapter, Finding, Page, Reading
from connectors.adapters.files import LEAST_PRIVILEGE, SECRETS, run, trial
from connectors.adapters.files.options import SETTINGS_SCHEMA
from connectors.adapters.hrxml.default_mapping import DEFAULT_MAPPING

_DOSSIER = "IndicativePersonDossier"
#: What a connection does not say itself. Attributes of leaves (schemeID and the like) are left out, so that
#: an element reads the same whether a sender adds them or not.
DEFAULTS: Mapping[str, Any] = {
    "format": "xml",
    "records_at": "IndicativeData",
    "attributes": "drop",
    "key": f"{_DOSSIER}.IndicativeEmployee.EmployeeID {_DOSSIER}.IndicativePerson.PersonID",
    "action": "@actionCode",
}


def _read(reading: Reading) -> Iterator[Page]:
    return run.read(reading, DEFAULTS)


def _test(reading: Reading) -> list[Finding]:
    return trial.tried(reading, DEFAULTS)


def _finish(reading: Reading, checkpoint: Mapping[str, Any], succeeded: bool) -> None:
    run.finish(reading, checkpoint, succeeded, DEFAULTS)


ADAPTER = Adapter(
    key="hrxml",
    title="HR-XML files",
    settings_schema=SETTINGS_SCHEMA,
    secrets=SECRETS,
    least_privilege=LEAST_PRIVILEGE,
    read=_read,
    test=_test,
    default_mapping=DEFAULT_MAPPING,
    watermark=run.watermark,
    reads_changes=True,
    finish=_finish,
)
