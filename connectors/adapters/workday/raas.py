"""Reading a custom report: fetched whole into a file, then read row by row.

In: a `Reading`. Out: pages of raw records under the report's own column aliases. A report has no pages and no
moment it could be held to: a run that is taken up again goes on behind its last page only if the report is
the same byte for byte, and begins anew otherwise. Raises Incomplete for a report without rows where everybody
was asked for, and for one that is cut off.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from hashlib import file_digest
from pathlib import Path

from connectors.adapters import Page, RawRecord, Reading
from connectors.adapters.files import csv_rows, json_records, text, xml_records
from connectors.adapters.files.csv_rows import Row
from connectors.adapters.files.xml_records import Shape
from connectors.adapters.workday.options import Options, options
from connectors.adapters.workday.queries import watermark_of
from connectors.adapters.workday.sign_in import sign_in
from connectors.errors import Incomplete
from connectors.outbound.http import Caller

#: Records in a page.
PAGE = 1_000
_ENTRIES = "Report_Entry"


def read(reading: Reading) -> Iterator[Page]:
    """Give the rows of the report, behind the checkpoint if it is still the same report."""
    found = options(reading.settings)
    whole = reading.full or not changes_only(reading, found)
    with tempfile.TemporaryDirectory(prefix="hub-raas-") as folder:
        report = fetched(reading, found, Path(folder), changes=not whole)
        with report.open("rb") as source:
            sha256 = file_digest(source, "sha256").hexdigest()
        same = reading.checkpoint.get("sha256") == sha256
        after = reading.checkpoint.get("row", 0) if same else 0
        records: list[RawRecord] = []
        number = 0
        for number, record in _records(report, found):
            if number <= after:
                continue
            records.append(record)
            if len(records) == PAGE:
                yield Page(tuple(records), _checkpoint(sha256, number, whole=whole))
                records = []
        if whole and not number:
            raise Incomplete(
                "The report is empty. Nobody was ended.",
                suggestion="Check its filters and prompts, and what its owner may see.",
            )
        yield Page(tuple(records), _checkpoint(sha256, number, whole=whole))


def changes_only(reading: Reading, found: Options) -> bool:
    """Return whether the report can be limited to what changed since the last run."""
    return bool(found.delta_prompt) and watermark_of(reading) is not None


def fetched(reading: Reading, found: Options, folder: Path, *, changes: bool) -> Path:
    """Fetch the report; return the file it is in."""
    path = folder / "report"
    with Caller(allow_private=found.allow_private, auth=sign_in(found, reading.secrets)) as caller:
        caller.save(
            found.report_address,
            path,
            most=found.most_bytes,
            params=_parameters(reading, found, changes=changes),
        )
    return path


def rows(path: Path, format_: str) -> Iterator[Row]:
    """Give the rows of a report, of whichever format."""
    if format_ == "csv":
        with text.opened(path, text.encoding_of(path, "")) as source:
            yield from csv_rows.rows(source, ",")
    elif format_ == "json":
        with text.opened(path, "utf-8-sig") as source:
            yield from json_records.records(source, _ENTRIES)
    else:
        # Each report has a namespace of its own; names alone count.
        yield from xml_records.records(path, Shape(names=frozenset({_ENTRIES})))


def _parameters(reading: Reading, found: Options, *, changes: bool) -> Mapping[str, str]:
    moment = reading.as_of.isoformat(timespec="milliseconds")
    known = {"{date}": found.day(reading.as_of).isoformat(), "{moment}": moment}
    asked = {alias: known.get(value, value) for alias, value in found.prompts.items()}
    since = watermark_of(reading)
    if changes and since is not None:
        asked[found.delta_prompt] = since.isoformat(timespec="milliseconds")
    return {"format": found.format, **asked}


def _records(path: Path, found: Options) -> Iterator[tuple[int, RawRecord]]:
    for number, values, broken in rows(path, found.format):
        key = str(values.get(found.key) or "").strip()
        why = broken or ("" if key else f"Row {number} of the report has no {found.key}.")
        # Where nobody has a key any more, the field was renamed: for the drift check it is a record.
        yield number, RawRecord("worker", key, values, why, whole=not broken)


def _checkpoint(sha256: str, row: int, *, whole: bool) -> dict[str, object]:
    return {"sha256": sha256, "row": row, "absence": whole}
