"""The report of a qualification: JSON for programs, Markdown for the people who review it.

In: parts with their steps, facts of how it was made. Out: two texts. The Markdown is made of the JSON alone,
so that whoever has the one can tell whether the other is its rendering.
"""

from __future__ import annotations

import getpass
import json
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from hub.validation.steps import Part, Result, Step, worst

FORM = "LRS Hub validation report 1"
_SECONDS = 10
_HEAD = "| Step | What | Expected | Seen | Result |"


def facts(
    *, by: str = "", options: Mapping[str, str] | None = None, inputs: Sequence[Path] = ()
) -> dict[str, str]:
    """Return who makes a report, when, where and of what."""
    return {
        "made": timezone.now().isoformat(timespec="seconds"),
        "made by": by or _account(),
        "host": platform.node(),
        "system": platform.platform(),
        "hub": settings.HUB_VERSION,
        "commit": commit(),
        "address": settings.HUB_PUBLIC_URL,
        **{f"option {name}": value for name, value in (options or {}).items()},
        **{f"SHA-256 of {each.name}": sha256(each.read_bytes()).hexdigest() for each in inputs},
    }


def commit() -> str:
    """Return the commit the program stands at, with a word where files differ from it."""
    git, root = shutil.which("git"), Path(settings.BASE_DIR)
    if git is None or not (root / ".git").exists():
        return "not known"
    head = _said(git, "rev-parse", "HEAD")
    if not head:
        return "not known"
    return f"{head}, with changes" if _said(git, "status", "--porcelain") else head


def content(parts: Sequence[Part], made: Mapping[str, str], leaves: Sequence[str]) -> dict[str, Any]:
    """Return everything of a report as JSON values."""
    return {
        "form": FORM,
        "result": str(worst(parts)),
        "facts": dict(made),
        "parts": [
            {
                "name": part.name,
                "title": part.title,
                "steps": [_plain(each) for each in part.steps],
            }
            for part in parts
        ],
        "leaves": list(leaves),
    }


def as_json(report: Mapping[str, Any]) -> bytes:
    """Return the JSON file of a report."""
    return json.dumps(report, indent=1, ensure_ascii=False).encode() + b"\n"


def digest(step: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a step, by which a changed one is named."""
    return sha256(json.dumps(step, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def counted(steps: Sequence[Mapping[str, Any]]) -> str:
    """Return how many steps came to what, in words."""
    said = [str(each["result"]) for each in steps]
    return ", ".join(f"{said.count(each)} {each}" for each in map(str, Result) if each in said) or "no step"


def as_markdown(report: Mapping[str, Any]) -> str:
    """Return the report for people."""
    lines = ["# Validation report", "", f"Result: **{report['result']}**", "", "| | |", "|---|---|"]
    lines += [f"| {_cell(name)} | {_cell(value)} |" for name, value in report["facts"].items()]
    lines += [f"| {part['name']} | {counted(part['steps'])} |" for part in report["parts"]]
    for part in report["parts"]:
        lines += ["", f"## {part['name']}: {part['title']}", "", _HEAD, "|---|---|---|---|---|"]
        lines += [_row(each) for each in part["steps"]]
        for each in part["steps"]:
            if each["tests"] or each["pages"]:
                lines += ["", f"### {each['id']}", ""]
                lines += [f"- docs/{page}" for page in each["pages"]]
                lines += [f"- `{test}`" for test in each["tests"]]
    if report["leaves"]:
        lines += ["", "## What it leaves in the hub", "", *(f"- {each}" for each in report["leaves"])]
    return "\n".join([*lines, *_SIGNED_BY_HAND, ""])


_SIGNED_BY_HAND = (
    "",
    "## Reviewed and approved",
    "",
    "The files are sealed: `report.note` has their hashes and a signature of the hub's log key.",
    "",
    "| | Printed name | Meaning | Date | Signature |",
    "|---|---|---|---|---|",
    "| Carried out by | | | | |",
    "| Reviewed by | | | | |",
    "| Approved by (quality) | | | | |",
)


def _row(step: Mapping[str, Any]) -> str:
    what = f"{step['title']} (risk: {step['risk']})" if step["risk"] else step["title"]
    result = f"**{step['result']}**" if step["result"] == Result.FAILED else step["result"]
    cells = (step["id"], what, step["expected"], step["seen"], result)
    return f"| {' | '.join(_cell(str(each)) for each in cells)} |"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def _plain(step: Step) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else str(value) for name, value in asdict(step).items()
    }


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown account"


def _said(*words: str) -> str:
    try:
        ran = subprocess.run(  # noqa: S603  our own words
            words, cwd=settings.BASE_DIR, check=True, capture_output=True, text=True, timeout=_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return ran.stdout.strip()
