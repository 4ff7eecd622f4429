-- The span around a moment in which the answer about an actor stays the same, as known now: between two ends of
-- anything the answer could stand on. p_person: who the actor is then, or null.
CREATE FUNCTION connectors_stretch(p_actor bigint, p_person bigint, p_at timestamptz) RETURNS tstzrange
LANGUAGE sql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    WITH root AS MATERIALIZED (
        SELECT connectors_one_person(p_person, clock_timestamp()) AS person WHERE p_person IS NOT NULL
    ), people AS MATERIALIZED (
        SELECT r.person FROM root r
        UNION
        SELECT m.person_id FROM root r
        JOIN connectors_person_merge m ON m.into_id = r.person AND m.recorded_to IS NULL
    ), assignments AS MATERIALIZED (
        SELECT v.valid, v.relationship_id, v.unit_id, v.job_id, v.location_id
        FROM people p
        JOIN connectors_work_assignment_version v ON v.person_id = p.person AND upper_inf(v.recorded) IS TRUE
    ), spans AS (
        SELECT l.valid FROM connectors_actor_link l WHERE l.actor_id = p_actor AND upper_inf(l.recorded) IS TRUE
        UNION ALL SELECT a.valid FROM assignments a
        UNION ALL SELECT v.valid FROM people p
            JOIN connectors_person_version v ON v.person_id = p.person AND upper_inf(v.recorded) IS TRUE
        UNION ALL SELECT v.valid FROM (SELECT DISTINCT a.relationship_id AS id FROM assignments a) k
            JOIN connectors_work_relationship_version v
              ON v.relationship_id = k.id AND upper_inf(v.recorded) IS TRUE
        UNION ALL SELECT v.valid FROM (SELECT DISTINCT a.unit_id AS id FROM assignments a) k
            JOIN connectors_organization_unit_version v ON v.unit_id = k.id AND upper_inf(v.recorded) IS TRUE
        UNION ALL SELECT v.valid FROM (SELECT DISTINCT a.unit_id AS id FROM assignments a) k
            JOIN connectors_unit_path v ON v.unit_id = k.id AND upper_inf(v.recorded) IS TRUE
        UNION ALL SELECT v.valid FROM (SELECT DISTINCT a.job_id AS id FROM assignments a) k
            JOIN connectors_job_version v ON v.job_id = k.id AND upper_inf(v.recorded) IS TRUE
        UNION ALL SELECT v.valid FROM (SELECT DISTINCT a.location_id AS id FROM assignments a) k
            JOIN connectors_location_version v ON v.location_id = k.id AND upper_inf(v.recorded) IS TRUE
    ), edges AS (
        SELECT lower(s.valid) AS edge FROM spans s UNION ALL SELECT upper(s.valid) FROM spans s
    )
    SELECT tstzrange(max(e.edge) FILTER (WHERE e.edge <= p_at), min(e.edge) FILTER (WHERE e.edge > p_at))
    FROM edges e
$$;

-- Under which context each actor learned at a moment, as known now: question k is (p_actors[k], p_moments[k]) and
-- gives one row with i = k. Contexts nobody had before are made. Actor 0 stands for a group without members.
CREATE FUNCTION connectors_told(
    p_actors bigint[], p_stores integer[], p_moments timestamptz[], p_stretch boolean
) RETURNS TABLE (i bigint, context_id bigint, link_id bigint, why_not smallint, stretch tstzrange)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
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
        FROM connectors_as_of(people, p_moments, array_fill(at, ARRAY[cardinality(p_actors)])) f
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
    FROM generate_subscripts(p_actors, 1) AS q (i)
    LEFT JOIN (SELECT f.i, k.id FROM found f JOIN known k ON k.digest = f.digest) k ON k.i = q.i;

    RETURN QUERY
    SELECT q.i, q.context, q.link,
           (CASE WHEN q.context IS NOT NULL THEN 0
                 WHEN q.link IS NOT NULL THEN 4
                 WHEN q.actor = 0 THEN 6
                 WHEN a.state = 'ignored' THEN 5
                 WHEN a.state = 'ambiguous' THEN 2
                 WHEN (SELECT true FROM connectors_actor_link l
                       WHERE l.actor_id = q.actor AND upper_inf(l.recorded) IS TRUE LIMIT 1) THEN 3
                 ELSE 1 END)::smallint,
           CASE WHEN p_stretch THEN connectors_stretch(q.actor, q.person, q.moment) END
    FROM unnest(p_actors, p_moments, people, contexts, links) WITH ORDINALITY
         AS q (actor, moment, person, context, link, i)
    LEFT JOIN connectors_actor a ON a.id = q.actor;
END
$$;

-- Ties statements to what was told of each of their actors. What is so already stays; what is no longer so is ended
-- and written anew. Returns how many rows were written. Two never run at once (connectors.enrichment.derive).
CREATE FUNCTION connectors_write_contexts(
    p_seqs bigint[], p_actors bigint[], p_stores integer[], p_sources integer[], p_moments timestamptz[],
    p_contexts bigint[], p_links bigint[], p_why_not smallint[], OUT written integer
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_mergejoin = off AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    WITH other AS MATERIALIZED (
        SELECT s.*, e.recorded_from AS before
        FROM unnest(p_seqs, p_actors, p_stores, p_sources, p_moments, p_contexts, p_links, p_why_not)
             AS s (seq, actor, store, source, moment, context, link, why_not)
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

-- Both in one: tells what is so now of each actor, and ties the statements to it.
CREATE FUNCTION connectors_derive(
    p_seqs bigint[], p_actors bigint[], p_stores integer[], p_sources integer[], p_moments timestamptz[],
    OUT written integer
) LANGUAGE sql AS $$
    SELECT connectors_write_contexts(p_seqs, p_actors, p_stores, p_sources, p_moments,
                                     array_agg(t.context_id ORDER BY t.i), array_agg(t.link_id ORDER BY t.i),
                                     array_agg(t.why_not ORDER BY t.i))
    FROM connectors_told(p_actors, p_stores, p_moments, false) t
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
