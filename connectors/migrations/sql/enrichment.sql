-- Ties statements to the context of each of their actors as of the statement's own moment, as known now. Question
-- k is (p_seqs[k], p_actors[k]). What is derived already and still so stays; what is no longer so is ended and
-- derived again. Returns how many rows were written. Two never run at once (connectors.enrichment.derive).
CREATE FUNCTION connectors_derive(
    p_seqs bigint[], p_actors bigint[], p_stores integer[], p_sources integer[], p_moments timestamptz[],
    OUT written integer
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_mergejoin = off AS $$
DECLARE
    at timestamptz := clock_timestamp();
    people bigint[];
    links bigint[];
    contexts bigint[];
BEGIN
    SELECT array_agg(l.person_id ORDER BY q.i), array_agg(l.id ORDER BY q.i) INTO people, links
    FROM unnest(p_actors, p_moments) WITH ORDINALITY AS q (actor, moment, i)
    LEFT JOIN LATERAL (
        SELECT l.id, l.person_id FROM connectors_actor_link l
        WHERE l.actor_id = q.actor AND (l.valid @> q.moment) IS TRUE AND upper_inf(l.recorded) IS TRUE LIMIT 1
    ) l ON true;

    WITH found AS MATERIALIZED (
        SELECT f.*, md5(concat_ws('|', f.person_id, f.assignment_version_id, f.relationship_version_id,
                                  coalesce(f.person_version_id, 0), coalesce(f.unit_version_id, 0),
                                  coalesce(f.unit_path_id, 0), coalesce(f.job_version_id, 0),
                                  coalesce(f.location_version_id, 0), coalesce(f.manager_id, 0)))::uuid AS digest
        FROM connectors_as_of(people, p_moments, array_fill(at, ARRAY[cardinality(p_seqs)])) f
    ), made AS (
        INSERT INTO connectors_context (
            digest, store_id, person_id, person_version_id, relationship_version_id, assignment_version_id,
            unit_path_id, unit_version_id, job_version_id, location_version_id, unit_id, path, job_id,
            location_id, manager_id, worker_type, status, hire_date, regulatory_classes)
        SELECT DISTINCT ON (f.digest) f.digest, p_stores[f.i], f.person_id, f.person_version_id,
               f.relationship_version_id, f.assignment_version_id, f.unit_path_id, f.unit_version_id,
               f.job_version_id, f.location_version_id, f.unit_id, f.path, f.job_id, f.location_id, f.manager_id,
               f.worker_type, f.status, f.hire_date, f.regulatory_classes
        FROM found f
        WHERE (SELECT true FROM connectors_context c WHERE c.digest = f.digest LIMIT 1) IS NULL
        ORDER BY f.digest
        RETURNING id, digest
    ), known AS (
        SELECT m.id, m.digest FROM made m
        UNION ALL
        SELECT c.id, c.digest FROM (SELECT DISTINCT digest FROM found) d,
               LATERAL (SELECT c.id, c.digest FROM connectors_context c WHERE c.digest = d.digest LIMIT 1) c
    )
    SELECT array_agg(k.id ORDER BY q.i) INTO contexts
    FROM generate_subscripts(p_seqs, 1) AS q (i)
    LEFT JOIN (SELECT f.i, k.id FROM found f JOIN known k ON k.digest = f.digest) k ON k.i = q.i;

    WITH said AS MATERIALIZED (
        SELECT q.seq, q.actor, q.store, q.source, q.moment, q.context, q.link,
               CASE WHEN q.context IS NOT NULL THEN 0
                    WHEN q.link IS NOT NULL THEN 4
                    WHEN q.actor = 0 THEN 6
                    WHEN a.state = 'ignored' THEN 5
                    WHEN a.state = 'ambiguous' THEN 2
                    WHEN (SELECT true FROM connectors_actor_link l
                          WHERE l.actor_id = q.actor AND upper_inf(l.recorded) IS TRUE LIMIT 1) THEN 3
                    ELSE 1 END AS why_not
        FROM unnest(p_seqs, p_actors, p_stores, p_sources, p_moments, contexts, links)
             AS q (seq, actor, store, source, moment, context, link)
        LEFT JOIN connectors_actor a ON a.id = q.actor
    ), other AS MATERIALIZED (
        SELECT s.*, e.recorded_from AS before FROM said s
        LEFT JOIN LATERAL (
            SELECT e.* FROM connectors_statement_context e
            WHERE e.seq = s.seq AND e.actor_id = s.actor AND (e.recorded_to IS NULL) IS TRUE LIMIT 1
        ) e ON true
        WHERE e.seq IS NULL OR e.context_id IS DISTINCT FROM s.context OR e.why_not <> s.why_not
    ), ended AS (
        UPDATE connectors_statement_context e SET recorded_to = greatest(at, o.before + interval '1 microsecond')
        FROM other o
        WHERE o.before IS NOT NULL AND e.seq = o.seq AND e.actor_id = o.actor AND e.recorded_from = o.before
    )
    INSERT INTO connectors_statement_context (seq, actor_id, recorded_from, store_id, source_id, moment,
                                              context_id, link_id, why_not)
    SELECT o.seq, o.actor, greatest(at, o.before + interval '1 microsecond'), o.store, o.source, o.moment,
           o.context, o.link, o.why_not
    FROM other o;
    GET DIAGNOSTICS written = ROW_COUNT;
END
$$;

-- The statements, each with one actor, for which changes of `p_ids` (people, units, … by p_subject, one of
-- ChangeSubject) within the spans beside them may make another context. OFFSET 0 and IS TRUE keep the planner to
-- this order: few subjects, their actors or contexts, and of those the statements.
CREATE FUNCTION connectors_touched(p_subject smallint, p_ids bigint[], p_spans tstzrange[])
RETURNS TABLE (seq bigint, actor_id bigint, store_id integer, source_id integer, moment timestamptz)
LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF p_subject = 1 THEN
        RETURN QUERY
        SELECT s.seq, s.actor_id, s.store_id, s.source_id, s.moment
        FROM unnest(p_ids, p_spans) AS u (id, span)
        CROSS JOIN LATERAL (
            SELECT u.id AS person
            UNION SELECT p.id FROM connectors_person p WHERE p.merged_into_id = u.id
            UNION SELECT p.merged_into_id FROM connectors_person p WHERE p.id = u.id AND p.merged_into_id IS NOT NULL
        ) w
        CROSS JOIN LATERAL (
            SELECT l.actor_id FROM connectors_actor_link l
            WHERE l.person_id = w.person AND upper_inf(l.recorded) IS TRUE OFFSET 0
        ) l
        CROSS JOIN LATERAL (
            SELECT s.* FROM connectors_statement_context s
            WHERE s.actor_id = l.actor_id AND s.moment >= coalesce(lower(u.span), '-infinity')
              AND s.moment < coalesce(upper(u.span), 'infinity') AND (s.recorded_to IS NULL) IS TRUE OFFSET 0
        ) s;
    ELSIF p_subject = 6 THEN
        RETURN QUERY
        SELECT s.seq, s.actor_id, s.store_id, s.source_id, s.moment
        FROM unnest(p_ids, p_spans) AS u (id, span)
        CROSS JOIN LATERAL (
            SELECT s.* FROM connectors_statement_context s
            WHERE s.actor_id = u.id AND s.moment >= coalesce(lower(u.span), '-infinity')
              AND s.moment < coalesce(upper(u.span), 'infinity') AND (s.recorded_to IS NULL) IS TRUE OFFSET 0
        ) s;
    ELSE
        RETURN QUERY
        SELECT s.seq, s.actor_id, s.store_id, s.source_id, s.moment
        FROM unnest(p_ids, p_spans) AS u (id, span)
        CROSS JOIN LATERAL (
            SELECT c.id FROM connectors_context c WHERE p_subject = 2 AND c.unit_id = u.id
            UNION ALL SELECT c.id FROM connectors_context c WHERE p_subject = 3 AND c.job_id = u.id
            UNION ALL SELECT c.id FROM connectors_context c WHERE p_subject = 4 AND c.location_id = u.id
        ) c
        CROSS JOIN LATERAL (
            SELECT s.* FROM connectors_statement_context s
            WHERE s.context_id = c.id AND s.recorded_to IS NULL AND (u.span @> s.moment) IS TRUE OFFSET 0
        ) s;
    END IF;
END
$$;
