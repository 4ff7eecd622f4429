"""`create_system`: a connection from settings and secrets, with the adapter's default mapping in use."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import jsonschema
from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from connectors import vault
from connectors.adapters import Adapter, adapters
from connectors.mapping import lifecycle
from connectors.models import ChangeNote, System, SystemState


class Command(BaseCommand):
    help = (
        "Make a connection to a system, without the browser: settings are checked, secrets kept encrypted, "
        "and the default mapping of the adapter is put to use. Prints one JSON object."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="What the connection is called in its store.")
        parser.add_argument("--adapter", required=True, choices=sorted(adapters()), help="Kind of system.")
        parser.add_argument("--store", default="default", help="The record store; made where it is new.")
        parser.add_argument(
            "--settings-file",
            metavar="FILE",
            help="JSON object with the adapter's settings; - reads it from standard input.",
        )
        parser.add_argument(
            "--secret",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="A secret; NAME=@FILE takes it from a file, which other users of the machine cannot see.",
        )
        parser.add_argument(
            "--state",
            default=SystemState.DRAFT,
            choices=SystemState.values,
            help="What the connection is at first.",
        )
        parser.add_argument("--namespace", help="Of units, jobs and locations; else the name.")
        parser.add_argument("--time-zone", default="UTC", help="Where a day of its dates begins and ends.")
        parser.add_argument(
            "--match-by", action="append", default=[], metavar="TYPE",
            help="Identifier type by which people other systems know are told to be the same; repeat it.",
        )  # fmt: skip
        parser.add_argument("--every-minutes", type=int, help="Minutes between runs; else on demand only.")

    def handle(self, *_: Any, **options: Any) -> None:
        adapter = adapters()[options["adapter"]]
        settings = _settings(options["settings_file"])
        secrets = _secrets(options["secret"], adapter)
        _check(settings, adapter)
        if options["time_zone"] not in available_timezones():
            raise CommandError(f"There is no time zone {options['time_zone']!r}.")
        with transaction.atomic():
            store, _made = apps.get_model("lrs", "Store").objects.get_or_create(name=options["store"])
            if System.objects.filter(store=store, name=options["name"]).exists():
                raise CommandError(f"There is a connection {options['name']!r} in this store already.")
            system = System.objects.create(
                store=store,
                name=options["name"],
                adapter=adapter.key,
                settings=settings,
                state=options["state"],
                namespace=options["namespace"] or options["name"],
                time_zone=options["time_zone"],
                match_people_by=options["match_by"],
                every_minutes=options["every_minutes"],
            )
            for name, secret in secrets.items():
                vault.keep(system, name, secret)
            ChangeNote.objects.create(
                system=system,
                kind="settings",
                text="Made by the command create_system.",
                detail={"settings": settings, "secrets": sorted(secrets)},
            )
            mapping = lifecycle.adopt(system)
        self.stdout.write(
            json.dumps(
                {
                    "system": system.pk,
                    "name": system.name,
                    "store": store.name,
                    "adapter": adapter.key,
                    "state": system.state,
                    "mapping": mapping.version,
                    "secrets": sorted(secrets),
                }
            )
        )


def _settings(path: str | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        found = json.loads(sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"The settings cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise CommandError("The settings are no JSON object.")
    return found


def _secrets(given: list[str], adapter: Adapter) -> dict[str, str]:
    found = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not value:
            raise CommandError("A secret is given as NAME=VALUE or NAME=@FILE.")
        if name not in adapter.secrets:
            raise CommandError(f"{adapter.title} has no secret {name!r}; known: {_listed(adapter.secrets)}.")
        if value.startswith("@"):
            try:
                value = Path(value[1:]).read_text(encoding="utf-8")
            except (OSError, ValueError) as error:
                raise CommandError(f"The secret {name} cannot be read from its file.") from error
        found[name] = value
    return found


def _check(settings: Mapping[str, Any], adapter: Adapter) -> None:
    """Say everything that is wrong with the settings, by what each is called."""
    validator = jsonschema.Draft202012Validator(adapter.settings_schema)
    wrong = [
        f"{'/'.join(map(str, error.absolute_path)) or 'settings'}: {error.message[:200]}"
        for error in validator.iter_errors(settings)
    ]
    if wrong:
        raise CommandError("The settings do not fit:\n" + "\n".join(sorted(wrong)))


def _listed(names: Mapping[str, str]) -> str:
    return ", ".join(sorted(names)) or "none"
