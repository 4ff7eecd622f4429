"""The workforce record as segments: each person's whole past, cut wherever anything of the context changes.

Out: SQL, for other questions to build on (`compliance.status`). `segments` gives common table expressions of
which the last, `segment`, has a row for each stretch of time in which a person's context stayed the same, as
known at %(known)s: the same choice among assignments as connectors.workforce.as_of makes for one moment.

    person_id, started, ended, assignment_version_id, unit_id, path, job_id, location_id, manager_id,
    worker_type, status, hire_date, regulatory_classes, goes_on

`started` is inclusive ('-infinity' where open), `ended` exclusive ('infinity' where open); `goes_on` tells
that the person had an assignment just before. Stretches without an assignment are left out, and so are those
that begin after %(at)s. Values are named %(store)s, %(known)s, %(at)s and, for some people only, %(people)s.
"""

from __future__ import annotations

_MERGED = """
merged AS MATERIALIZED (
    SELECT m.person_id, m.into_id FROM connectors_person_merge m
    WHERE m.recorded_from <= %(known)s::timestamptz
      AND (m.recorded_to IS NULL OR m.recorded_to > %(known)s::timestamptz)
)"""

_OF_SOME = """
, asked AS MATERIALIZED (
    SELECT DISTINCT coalesce(m.into_id, u.id) AS root FROM unnest(%(people)b::bigint[]) AS u (id)
    LEFT JOIN merged m ON m.person_id = u.id
), one_of AS MATERIALIZED (
    SELECT a.root AS person_id FROM asked a
    UNION SELECT m.person_id FROM merged m JOIN asked a ON a.root = m.into_id
)"""

_SEGMENTS = """
, held AS MATERIALIZED (
    SELECT coalesce(m.into_id, v.person_id) AS root, v.id, v.valid, v.primary, v.unit_id, v.job_id,
           v.location_id,
           v.manager_id, v.worker_type, v.status, v.regulatory_classes, v.relationship_id, s.precedence
    FROM {people}
    LEFT JOIN connectors_system s ON s.id = v.system_id
    LEFT JOIN merged m ON m.person_id = v.person_id
    WHERE v.recorded @> %(known)s::timestamptz
), path_of AS MATERIALIZED (
    SELECT t.unit_id, t.valid, t.path FROM connectors_unit_path t WHERE t.recorded @> %(known)s::timestamptz
), job_of AS MATERIALIZED (
    SELECT j.job_id, j.valid, j.regulatory_classes FROM connectors_job_version j
    WHERE j.recorded @> %(known)s::timestamptz
), terms_of AS MATERIALIZED (
    SELECT r.relationship_id, r.valid, r.hire_date FROM {terms} r WHERE r.recorded @> %(known)s::timestamptz
), edge AS (
    SELECT h.root, coalesce(lower(h.valid), '-infinity') AS point FROM held h
    UNION SELECT h.root, coalesce(upper(h.valid), 'infinity') FROM held h
    UNION SELECT h.root, x.point FROM held h JOIN path_of t ON t.unit_id = h.unit_id AND t.valid && h.valid
          CROSS JOIN LATERAL (VALUES (lower(t.valid)), (upper(t.valid))) AS x (point) WHERE h.valid @> x.point
    UNION SELECT h.root, x.point FROM held h JOIN job_of j ON j.job_id = h.job_id AND j.valid && h.valid
          CROSS JOIN LATERAL (VALUES (lower(j.valid)), (upper(j.valid))) AS x (point) WHERE h.valid @> x.point
    UNION SELECT h.root, x.point FROM held h
          JOIN terms_of r ON r.relationship_id = h.relationship_id AND r.valid && h.valid
          CROSS JOIN LATERAL (VALUES (lower(r.valid)), (upper(r.valid))) AS x (point) WHERE h.valid @> x.point
), piece AS (
    SELECT e.root, e.point AS started,
           coalesce(lead(e.point) OVER (PARTITION BY e.root ORDER BY e.point), 'infinity') AS ended
    FROM edge e
), chosen AS (
    SELECT DISTINCT ON (p.root, p.started) p.started, p.ended, h.*
    FROM piece p JOIN held h ON h.root = p.root AND h.valid @> p.started
    WHERE p.started <= %(at)s::timestamptz
    ORDER BY p.root, p.started, h.primary DESC, h.precedence, lower(h.valid) DESC NULLS LAST, h.id
), segment AS MATERIALIZED (
    SELECT c.root AS person_id, c.started, c.ended, c.id AS assignment_version_id, c.unit_id,
           coalesce(t.path, '{{}}') AS path, c.job_id, c.location_id,
           coalesce(mm.into_id, c.manager_id) AS manager_id, c.worker_type, c.status, r.hire_date,
           CASE WHEN c.regulatory_classes <> '{{}}' THEN c.regulatory_classes
                ELSE coalesce(j.regulatory_classes, '{{}}') END AS regulatory_classes,
           c.goes_on
    FROM (SELECT c.*, coalesce(lag(c.ended) OVER (PARTITION BY c.root ORDER BY c.started) = c.started, false)
                 AS goes_on FROM chosen c) c
    LEFT JOIN path_of t ON t.unit_id = c.unit_id AND t.valid @> c.started
    LEFT JOIN job_of j ON j.job_id = c.job_id AND j.valid @> c.started
    LEFT JOIN terms_of r ON r.relationship_id = c.relationship_id AND r.valid @> c.started
    LEFT JOIN merged mm ON mm.person_id = c.manager_id
)"""

_EVERYBODY = (
    "connectors_work_assignment_version v"
    " JOIN connectors_person o ON o.id = v.person_id AND o.store_id = %(store)s::integer"
)
_SOME = (
    "one_of n JOIN connectors_work_assignment_version v ON v.person_id = n.person_id"
    " JOIN connectors_person o ON o.id = v.person_id AND o.store_id = %(store)s::integer"
)
_THEIR_TERMS = (
    "(SELECT v.* FROM connectors_work_relationship_version v"
    " WHERE v.relationship_id IN (SELECT h.relationship_id FROM held h))"
)


def segments(*, some: bool = False) -> str:
    """Return the expressions, to stand behind WITH; with `some`, of %(people)s and who is merged."""
    if some:
        return _MERGED + _OF_SOME + _SEGMENTS.format(people=_SOME, terms=_THEIR_TERMS)
    return _MERGED + _SEGMENTS.format(people=_EVERYBODY, terms="connectors_work_relationship_version")
