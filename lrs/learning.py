"""How what is said of activities and agents reaches the tables.

In: definitions and names by entity, as statements carry them (valid already). Out: definitions merged (see
lrs.activities) and names added (see lrs.agents), in one round trip and one commit for all that contradicts
nothing. Safe to repeat. Never a word remembered whose transaction may still be rolled back.

Rows are inserted and locked in the order of their keys, so writers sharing activities and agents wait for
each other and never deadlock.

What is learned outside a transaction is committed without waiting for the disk: it is told again
(docs/decisions/0004).
"""

from __future__ import annotations

import atexit
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from uuid import UUID

import orjson
import structlog
from django.db import connection, transaction

from lrs import agents, database
from lrs.activities import Definition, merge, parsed, shown_name
from lrs.binary_arrays import PackedArray, big_integers, texts, uuids
from lrs.lately import Lately
from lrs.paced import Paced

logger = structlog.get_logger(__name__)

#: The wordings of one activity a process remembers; a system that has more of them is merged more often.
_WORDINGS_MOST = 8

#: Entity → hashes of the wordings that would change nothing in what is known of it. After its seconds every
#: definition is held against the table again, so that with several processes the newer wording still wins.
_settled: Lately[int, tuple[int, ...]] = Lately(most=100_000, seconds=60.0)
#: Hashes of the (entity id, name) pairs brought to the table.
_names_known: Lately[int, bool] = Lately(most=200_000, seconds=3_600.0)

_LEARN = database.Prepared(
    "lrs_learn",
    """
SELECT entity_id, definition FROM lrs_learn(
    $1::bigint[], $2::text[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::boolean)
""",
)
_LOCK = "SELECT entity_id, definition FROM lrs_lock_definitions(%b::bigint[], %b::boolean)"
_CHANGE = """
UPDATE lrs_activity_definition d
SET definition = u.definition, digest = u.digest, name = u.shown, updated = clock_timestamp()
FROM unnest(%b::bigint[], %b::text[], %b::uuid[], %b::text[]) AS u (entity, definition, digest, shown)
WHERE d.entity_id = u.entity
"""

#: Entity id of the activity → wording → definition, the newest wording last.
Told = dict[int, dict[bytes, Definition]]
#: Hash of the pair → (entity id of the agent, name).
Names = dict[int, tuple[int, str]]


def settled() -> Mapping[int, tuple[int, ...]]:
    """Return entity id of an activity → hashes of the wordings that are no news to this process."""
    return _settled.entries()


def names_known() -> Mapping[int, bool]:
    """Return the hashes of the (entity id of the agent, name) pairs that are no news to this process."""
    return _names_known.entries()


def learn(told: Told, names: Names) -> None:
    """Learn what is news; give only what its sender may define (scope `define` or `all`)."""
    learn_news(news_of(told, names))


def learn_news(news: News) -> None:
    """Learn it, outside the event loop."""
    known_otherwise = _told_to_database(news.at_once, news.names) if news.is_to_be_told() else {}
    outcomes, contradicted = _judged(news.at_once, known_otherwise)
    if contradicted:
        outcomes |= _merge_locked(contradicted)
    # What a transaction still open may take back must be neither remembered nor written by a timer.
    transaction.on_commit(partial(_remember, news, outcomes))


def settle(news: News, made: Sequence[int], known_otherwise: Mapping[int, str]) -> News | None:
    """Take in what lrs_store_and_learn said of `news` after its commit; return what is left to be merged.

    `made` are the ids of the entities that `news` knew by a negative number.
    """
    news = _placed(news, made)
    outcomes, contradicted = _judged(news.at_once, known_otherwise)
    if contradicted:
        return news
    _remember(news, outcomes)
    return None


def flush() -> None:
    """Write what was put off, now; it closes this thread's connection."""
    _paced.flush()


def forget() -> None:
    """Drop what this process remembers and what it has put off."""
    _paced.forget()
    _settled.clear()
    _names_known.clear()


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What is known of an activity now."""

    known: Definition
    #: Whether it may be other than before.
    changed: bool = True


@dataclass(frozen=True, slots=True)
class News:
    """What is told, parted by what becomes of it."""

    told: Told
    names_told: Names
    #: Definitions to be written now, and later, in order of id.
    at_once: Mapping[int, Definition]
    later: Mapping[int, Definition]
    #: Names that can be kept.
    names: Sequence[tuple[int, str]]

    def is_to_be_told(self) -> bool:
        """Whether the database has to be asked now."""
        return bool(self.at_once or self.names)


def news_of(told: Told, names: Names) -> News:
    """Part what is told. Entities yet to be made are named by negative numbers, and never put off."""
    merged = {each: _merged(told[each]) for each in sorted(told)}
    new = {each: definition for each, definition in merged.items() if each < 0}
    at_once, later = _paced.split({each: merged[each] for each in merged.keys() - new.keys()})
    fit = [pair for pair in names.values() if agents.is_fit_to_keep(pair[1])]
    return News(told, names, {**new, **dict(sorted(at_once.items()))}, later, fit)


def _placed(news: News, made: Sequence[int]) -> News:
    """Return `news` with the ids of entities that had none."""
    if not made:
        return news

    def placed(number: int) -> int:
        return made[-number - 1] if number < 0 else number

    names = [(placed(agent), name) for agent, name in news.names_told.values()]
    return News(
        told={placed(each): words for each, words in news.told.items()},
        names_told={hash(pair): pair for pair in names},
        at_once={placed(each): definition for each, definition in news.at_once.items()},
        later=news.later,
        names=[(placed(agent), name) for agent, name in news.names],
    )


def _judged(
    definitions: Mapping[int, Definition], known_otherwise: Mapping[int, str]
) -> tuple[dict[int, _Outcome], dict[int, Definition]]:
    """Return what is known of each activity now, and the definitions that what is known contradicts."""
    outcomes = {each: _Outcome(definition) for each, definition in definitions.items()}
    contradicted: dict[int, Definition] = {}
    for each, text in known_otherwise.items():
        known = parsed(text)
        if _words(merge(known, definitions[each])) == _words(known):
            outcomes[each] = _Outcome(known, changed=False)
        else:
            contradicted[each] = definitions[each]
    return outcomes, contradicted


def _remember(news: News, outcomes: Mapping[int, _Outcome]) -> None:
    """Keep in mind what is no news any more; what was put off is written by a timer."""
    without_effect: dict[int, tuple[int, ...]] = {}
    for each, outcome in outcomes.items():
        before = () if outcome.changed else settled().get(each, ())
        without_effect[each] = (*before, *_without_effect(news.told[each], outcome.known))[-_WORDINGS_MOST:]
    for each in news.later:
        without_effect[each] = (hash(next(reversed(news.told[each]))),)
    if news.later:
        _paced.put_off(news.later)
    _settled.put_all(without_effect)
    _names_known.put_all(dict.fromkeys(news.names_told, True))


def _told_to_database(
    definitions: Mapping[int, Definition], names: Sequence[tuple[int, str]]
) -> dict[int, str]:
    """Have what is unseen kept; return what is known of the activities that are known otherwise."""
    return dict(_LEARN.rows((*_columns(definitions), *_name_columns(names), not database.in_transaction())))


def told_values(news: News) -> Sequence[database.Value]:
    """Return what lrs_store_and_learn takes of it."""
    return (*_columns(news.at_once), *_name_columns(news.names))


def held_against(news: News) -> Sequence[database.Value]:
    """Return what tells news from what is known: activities with the digests of their definitions, agents
    with their names."""
    words = [_words(definition) for definition in news.at_once.values()]
    return (
        big_integers(list(news.at_once)),
        uuids([_digest(each) for each in words]),
        *_name_columns(news.names),
    )


def _name_columns(names: Sequence[tuple[int, str]]) -> tuple[PackedArray, PackedArray]:
    return big_integers([agent for agent, _ in names]), texts([name for _, name in names])


def _merge_locked(definitions: Mapping[int, Definition]) -> dict[int, _Outcome]:
    """Merge `definitions` (in order of id) into rows that exist."""
    can_be_told_again = not database.in_transaction()
    with transaction.atomic(), database.binary_cursor() as cursor:
        cursor.execute(_LOCK, (big_integers(list(definitions)), can_be_told_again), prepare=True)
        # Read again under the lock: another writer may have come between.
        merged = {each: merge(parsed(text), definitions[each]) for each, text in cursor.fetchall()}
        cursor.execute(_CHANGE, _columns(merged), prepare=True)
    return {each: _Outcome(definition) for each, definition in merged.items()}


def _columns(
    definitions: Mapping[int, Definition],
) -> tuple[PackedArray, PackedArray, PackedArray, PackedArray]:
    """Return ids, texts, digests and names to show."""
    words = [_words(definition) for definition in definitions.values()]
    return (
        big_integers(list(definitions)),
        texts([each.decode() for each in words]),
        uuids([_digest(each) for each in words]),
        texts([shown_name(definition) for definition in definitions.values()]),
    )


def _digest(words: bytes) -> UUID:
    return UUID(bytes=blake2b(words, digest_size=16).digest())


def _write_put_off(definitions: Mapping[int, Definition]) -> None:
    try:
        in_order = dict(sorted(definitions.items()))
        _, contradicted = _judged(in_order, _told_to_database(in_order, ()))
        if contradicted:
            _merge_locked(contradicted)
    except Exception:
        # What did not reach the table is news again.
        _settled.clear()
        raise
    finally:
        connection.close()


#: An activity whose sources contradict each other (two courses posting under one IRI) would be rewritten by
#: every batch. After some changes in a row the newest definition is written every few seconds instead.
_paced: Paced[int, Definition] = Paced(
    write=_write_put_off, unite=merge, most=8, seconds=10.0, pause_seconds=2.0
)


@atexit.register
def _flush_at_exit() -> None:
    """Write what was put off before the process ends; a database that is away holds it up for seconds."""
    if not _paced.is_waiting():
        return
    try:
        connection.close()
        options = connection.settings_dict["OPTIONS"]
        options |= {
            "connect_timeout": 2,
            "tcp_user_timeout": 3_000,
            "options": f"{options.get('options', '')} -c statement_timeout=3000",
        }
        flush()
    except Exception:
        logger.exception("put_off_write_failed")


def _merged(said: Mapping[bytes, Definition]) -> Definition:
    merged: Definition = {}
    for definition in said.values():
        merged = merge(merged, definition)
    return merged


def _without_effect(said: Mapping[bytes, Definition], known: Definition) -> list[int]:
    """Return the hashes of the wordings that change nothing in what is known by now."""
    if len(said) == 1:
        return [hash(words) for words in said]
    text = _words(known)
    return [hash(words) for words, definition in said.items() if _words(merge(known, definition)) == text]


def _words(definition: Definition) -> bytes:
    return orjson.dumps(definition)
