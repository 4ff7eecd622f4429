"""`validate`: qualify this hub (IQ, OQ, PQ) and write a signed report; exit code 1 where a step failed."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from compliance.proof import keys, stored
from compliance.proof.note import Signer
from hub.validation import installation, operation, performance, report, sealing
from hub.validation.measuring import Limits
from hub.validation.steps import Part, Result, worst


class Command(BaseCommand):
    help = (
        "Qualify this hub and write a report signed with the key of its proof log. Without --iq, --oq and"
        " --pq installation and performance are qualified. Exit code 1 where a step failed."
    )
    # A step tells of what the system checks say.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--iq", action="store_true", help="how it is installed")
        parser.add_argument(
            "--oq",
            action="append",
            default=[],
            type=_file,
            metavar="JUNIT",
            help="whether the product's tests passed: a run's report (pytest --junitxml); may stand often",
        )
        parser.add_argument("--pq", action="store_true", help="whether it does its work, from end to end")
        parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where the report goes")
        parser.add_argument("--by", default="", metavar="NAME", help="who carries it out; else this account")
        parser.add_argument("--address", default=settings.HUB_PUBLIC_URL, help="where the hub answers (PQ)")
        parser.add_argument(
            "--within",
            type=_positive,
            default=180.0,
            metavar="SECONDS",
            help="how long what follows a statement may take (PQ); 180",
        )
        parser.add_argument(
            "--load",
            type=_positive,
            default=5.0,
            metavar="SECONDS",
            help="how long batches are posted to measure throughput (PQ); 5",
        )
        parser.add_argument(
            "--least-per-second", type=_positive, metavar="N", help="statements a second, in batches (PQ)"
        )
        parser.add_argument(
            "--most-post-ms", type=_positive, metavar="MS", help="for 95 of 100 single posts (PQ)"
        )
        parser.add_argument(
            "--most-query-ms", type=_positive, metavar="MS", help="for 95 of 100 queries (PQ)"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        out: Path = options["out"]
        if out.exists() and not out.is_dir():
            raise CommandError(f"{out} is no folder.")
        everything = not (options["iq"] or options["oq"] or options["pq"])
        parts: list[Part] = []
        leaves: list[str] = []
        inputs: list[Path] = list(options["oq"])
        if options["iq"] or everything:
            parts.append(self._told(installation.qualified()))
            inputs += [installation.LOCK] if installation.LOCK.exists() else []
        if options["oq"]:
            parts.append(self._told(operation.qualified(options["oq"])))
        if options["pq"] or everything:
            part, leaves = performance.qualified(_asked(options))
            parts.append(self._told(part))
        made = report.facts(by=options["by"], options=_given(options), inputs=inputs)
        sealing.write(out, report.content(parts, made, leaves), inputs, _signers())
        for each in leaves:
            self.stdout.write(f"stays: {each}")
        result = worst(parts)
        self.stdout.write(f"{result}: {out / sealing.MARKDOWN}, signed in {out / sealing.NOTE}")
        if result == Result.FAILED:
            raise SystemExit(1)

    def _told(self, part: Part) -> Part:
        for each in part.steps:
            if each.result == Result.FAILED:
                self.stdout.write(f"  {each.id} failed: {each.title}: {each.seen}")
        counts = ", ".join(f"{part.count(each)} {each}" for each in Result if part.count(each))
        self.stdout.write(f"{part.name}: {counts}")
        return part


def _asked(options: dict[str, Any]) -> performance.Asked:
    return performance.Asked(
        address=options["address"],
        within_seconds=options["within"],
        load_seconds=options["load"],
        limits=Limits(
            least_per_second=options["least_per_second"],
            most_post_ms=options["most_post_ms"],
            most_query_ms=options["most_query_ms"],
        ),
    )


def _given(options: dict[str, Any]) -> dict[str, str]:
    names = ("address", "within", "load", "least_per_second", "most_post_ms", "most_query_ms")
    return {name.replace("_", "-"): str(options[name]) for name in names if options[name] is not None}


def _signers() -> list[Signer]:
    return keys.signers(stored.head().origin)


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ArgumentTypeError(f"there is no file {text}")
    return path


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ArgumentTypeError(f"{text} is no positive number")
    return value
