"""Keys of records become ids: people, units, jobs, locations, relationships and assignments, made where new.

In: the records of a batch. Out: `Keys`. A worker nobody knows by this key may be a person another system
knows: then one identifier, of a type the system is set to match by, must point at one person alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from psycopg import sql

from connectors.identity.merge import merge
from connectors.identity.normal import normal
from connectors.models import System
from connectors.workforce.canonical import Ended, Job, Location, Record, Rescinded, Unit, Worker
from connectors.workforce.worker import Keys
from lrs import database


def resolve(system: System, records: Sequence[Record]) -> Keys:
    """Return the ids of everything the records name."""
    workers = [each for each in records if isinstance(each, Worker)]
    people = _people(system, records, workers)
    relationships = _children(
        "connectors_work_relationship",
        "person_id",
        ((people[worker.key], engaged.key) for worker in workers for engaged in worker.relationships),
        system_id=system.pk,
        also=_ids(records, people),
    )
    assignments = _children(
        "connectors_work_assignment",
        "relationship_id",
        (
            (relationships[people[worker.key], engaged.key], assigned.key)
            for worker in workers
            for engaged in worker.relationships
            for assigned in engaged.assignments
        ),
    )
    assigned = [
        each for worker in workers for engaged in worker.relationships for each in engaged.assignments
    ]
    units = {each.unit for each in assigned} | {each.key for each in records if isinstance(each, Unit)}
    units |= {each.parent for each in records if isinstance(each, Unit)}
    return Keys(
        people=people,
        units=_shared("connectors_organization_unit", system, units),
        jobs=_shared(
            "connectors_job",
            system,
            {each.job for each in assigned} | {each.key for each in records if isinstance(each, Job)},
        ),
        locations=_shared(
            "connectors_location",
            system,
            {each.location for each in assigned}
            | {each.key for each in records if isinstance(each, Location)},
        ),
        relationships=relationships,
        assignments=assignments,
    )


def _ids(records: Sequence[Record], people: Mapping[str, int]) -> list[int]:
    return [people[each.key] for each in records if isinstance(each, (Worker, Ended, Rescinded))]


def _people(system: System, records: Sequence[Record], workers: Sequence[Worker]) -> dict[str, int]:
    """Return the person of each key: worker, manager and sponsor."""
    wanted = {each.key for each in records if isinstance(each, (Worker, Ended, Rescinded))}
    for worker in workers:
        for engaged in worker.relationships:
            wanted |= {engaged.sponsor, *(each.manager for each in engaged.assignments)}
    wanted.discard("")
    found = _known_people(system, wanted)
    missing = wanted - found.keys()
    if missing:
        matched = _matched(system, [each for each in workers if each.key in missing], found)
        _add_keys(system, matched)
        found |= matched
        made = _new_people(system, sorted(missing - matched.keys()))
        _add_keys(system, made)
        found |= made
    return found | _matched_late(system, workers, found)


def _matched_late(system: System, workers: Sequence[Worker], found: Mapping[str, int]) -> dict[str, int]:
    """Return the people of workers who were only named so far, as managers are, and whom other systems know.

    Whoever stood for them until now is merged into them.
    """
    named = _only_named(system, {each.key for each in workers}) if system.match_people_by else {}
    if not named:
        return {}
    matched = _matched(system, [each for each in workers if each.key in named], found)
    for key, person in matched.items():
        merge(named[key], person, reason=f"{system.name} named {key} before it told of them.")
    with database.binary_cursor() as cursor:
        cursor.execute(
            "UPDATE connectors_person_key k SET person_id = u.person"
            " FROM unnest(%b::text[], %b::bigint[]) AS u (key, person)"
            " WHERE k.system_id = %s AND k.key = u.key",
            (list(matched), list(matched.values()), system.pk),
        )
    return matched


def _only_named(system: System, keys: Collection[str]) -> dict[str, int]:
    """Return the people of keys of whom nobody has told anything yet."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT k.key, k.person_id FROM connectors_person_key k
            JOIN connectors_person p ON p.id = k.person_id AND p.merged_into_id IS NULL
            WHERE k.system_id = %s AND k.key = ANY (%b)
              AND NOT EXISTS (SELECT FROM connectors_person_version v WHERE v.person_id = k.person_id)
              AND NOT EXISTS (SELECT FROM connectors_identifier i WHERE i.person_id = k.person_id)
              AND NOT EXISTS (SELECT FROM connectors_work_relationship r WHERE r.person_id = k.person_id)
              AND NOT EXISTS (SELECT FROM connectors_person o WHERE o.merged_into_id = k.person_id)
            """,
            (system.pk, list(keys)),
        )
        return dict(cursor.fetchall())


def _known_people(system: System, keys: Collection[str]) -> dict[str, int]:
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT key, person_id FROM connectors_person_key WHERE system_id = %s AND key = ANY (%b)",
            (system.pk, list(keys)),
        )
        return dict(cursor.fetchall())


def _new_people(system: System, keys: Sequence[str]) -> dict[str, int]:
    if not keys:
        return {}
    with database.binary_cursor() as cursor:
        cursor.execute(
            "INSERT INTO connectors_person (store_id, created)"
            " SELECT %s, now() FROM generate_series(1, %s) RETURNING id",
            (system.store_id, len(keys)),
        )
        return {key: row[0] for key, row in zip(keys, cursor.fetchall(), strict=True)}


def _add_keys(system: System, people: Mapping[str, int]) -> None:
    if not people:
        return
    with database.binary_cursor() as cursor:
        cursor.execute(
            "INSERT INTO connectors_person_key (system_id, key, person_id)"
            " SELECT %s, k, p FROM unnest(%b::text[], %b::bigint[]) AS u (k, p)",
            (system.pk, list(people), list(people.values())),
        )


def _matched(system: System, workers: Sequence[Worker], taken: Mapping[str, int]) -> dict[str, int]:
    """Return the people other systems know, told by the identifiers this system is set to match by."""
    types = list(system.match_people_by)
    if not types or not workers:
        return {}
    held = [
        (worker.key, each.type, normal(each.value))
        for worker in workers
        for each in worker.identifiers
        if each.type in types
    ]
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT i.type, i.normal, coalesce(p.merged_into_id, p.id) FROM connectors_identifier i
            JOIN connectors_person p ON p.id = i.person_id AND p.store_id = %s
            WHERE i.normal = ANY (%b) AND i.type = ANY (%b) AND upper_inf(i.recorded) AND upper_inf(i.valid)
              AND NOT EXISTS (SELECT FROM connectors_person_key k
                              WHERE k.person_id = p.id AND k.system_id = %s)
            """,
            (system.store_id, [each[2] for each in held], types, system.pk),
        )
        holders: dict[tuple[str, str], set[int]] = {}
        for type_, value, person in cursor:
            holders.setdefault((type_, value), set()).add(person)
    found: dict[str, int] = {}
    gone = set(taken.values())
    for type_ in types:
        for key, held_type, value in held:
            people = holders.get((type_, value), set())
            if held_type == type_ and key not in found and len(people) == 1 and not people & gone:
                [found[key]] = people
                gone |= people
    return found


def _shared(table: str, system: System, keys: set[str]) -> dict[str, int]:
    """Return the id of each key in the system's namespace, made where it is new."""
    keys = keys - {""}
    if not keys:
        return {}
    name = sql.Identifier(table)
    with database.binary_cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "INSERT INTO {} (store_id, namespace, key) SELECT %s, %s, k FROM unnest(%b::text[]) AS u (k)"
                " WHERE NOT EXISTS (SELECT FROM {} t"
                " WHERE t.store_id = %s AND t.namespace = %s AND t.key = u.k)"
                " ON CONFLICT DO NOTHING"
            ).format(name, name),
            (system.store_id, system.namespace, sorted(keys), system.store_id, system.namespace),
        )
        cursor.execute(
            sql.SQL(
                "SELECT key, id FROM {} WHERE store_id = %s AND namespace = %s AND key = ANY (%b)"
            ).format(name),
            (system.store_id, system.namespace, list(keys)),
        )
        return dict(cursor.fetchall())


def _children(
    table: str,
    parent: str,
    wanted: Iterable[tuple[int, str]],
    *,
    system_id: int | None = None,
    also: Sequence[int] = (),
) -> dict[tuple[int, str], int]:
    """Return the id of each (parent, key), made where it is new, and of all others of the parents `also`."""
    pairs = sorted(set(wanted))
    parents = sorted({each[0] for each in pairs} | set(also))
    if not parents:
        return {}
    of_system = sql.SQL("") if system_id is None else sql.SQL("AND system_id = {}").format(system_id)
    select = sql.SQL("SELECT {parent}, key, id FROM {table} WHERE {parent} = ANY (%b) {of_system}").format(
        parent=sql.Identifier(parent), table=sql.Identifier(table), of_system=of_system
    )
    with database.binary_cursor() as cursor:
        cursor.execute(select, (parents,))
        found = {(row[0], row[1]): row[2] for row in cursor}
        missing = [each for each in pairs if each not in found]
        if missing:
            columns: sql.Composable = sql.SQL("{}, key").format(sql.Identifier(parent))
            values: sql.Composable = sql.SQL("p, k")
            if system_id is not None:
                columns = sql.SQL("{}, system_id").format(columns)
                values = sql.SQL("p, k, {}").format(system_id)
            cursor.execute(
                sql.SQL(
                    "INSERT INTO {} ({}) SELECT {} FROM unnest(%b::bigint[], %b::text[]) AS u (p, k)"
                    " RETURNING {}, key, id"
                ).format(sql.Identifier(table), columns, values, sql.Identifier(parent)),
                ([each[0] for each in missing], [each[1] for each in missing]),
            )
            found |= {(row[0], row[1]): row[2] for row in cursor}
    return found
