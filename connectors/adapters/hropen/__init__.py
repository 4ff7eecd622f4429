"""HR Open Standards: Worker records in JSON (4.x), delivered as files.

The standard says what a worker looks like, not how one travels: files, manifests, PGP and SFTP are those of
connectors.adapters.files. What is special here is where records are, what their key is, and the mapping.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.adapters import Adapter, Finding, Page, Reading
from connectors.adapters.files import LEAST_PRIVILEGE, SECRETS, run, trial
from connectors.adapters.files.options import SETTINGS_SCHEMA
from connectors.adapters.hropen.default_mapping import DEFAULT_MAPPING

#: What a connection does not say itself. Workers may stand in `{"worker": {…}}` each, or be the elements.
DEFAULTS: Mapping[str, Any] = {
    "format": "json",
    "key": "worker.workerId.value workerId.value",
    "action": "action",
}


def _read(reading: Reading) -> Iterator[Page]:
    return run.read(reading, DEFAULTS)


def _test(reading: Reading) -> list[Finding]:
    return trial.tried(reading, DEFAULTS)


def _finish(reading: Reading, checkpoint: Mapping[str, Any], succeeded: bool) -> None:
    run.finish(reading, checkpoint, succeeded, DEFAULTS)


ADAPTER = Adapter(
    key="hropen",
    title="HR Open JSON files",
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
