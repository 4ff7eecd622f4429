-- The day that counts as today; the only place where disposition asks for it.
CREATE FUNCTION compliance_today() RETURNS date LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (now() AT TIME ZONE 'UTC')::date
$$;

-- The last day of a person's employment, as known now; null while one is open or begins later without an end, and
-- where none is known. A rehire has another relationship and so takes the end away.
CREATE FUNCTION compliance_employment_end(p_person bigint) RETURNS date LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN bool_or(upper(v.valid) IS NULL OR upper(v.valid) >= '9999-01-01') THEN NULL
                ELSE ((max(upper(v.valid)) - interval '1 microsecond') AT TIME ZONE 'UTC')::date END
    FROM connectors_person p
    JOIN connectors_work_relationship r ON r.person_id = p.id
    JOIN connectors_work_relationship_version v
      ON v.relationship_id = r.id AND upper_inf(v.recorded) AND NOT isempty(v.valid)
    WHERE p.id = p_person OR p.merged_into_id = p_person
$$;

-- A day moved by a period; the 29th of February becomes the 28th where there is none.
CREATE FUNCTION compliance_after(p_day date, p_period integer, p_unit text) RETURNS date LANGUAGE sql IMMUTABLE AS $$
    SELECT (p_day + CASE p_unit WHEN 'days' THEN make_interval(days => p_period)
                                WHEN 'months' THEN make_interval(months => p_period)
                                ELSE make_interval(years => p_period) END)::date
$$;

-- Every record of a store (of one person, where named) with what keeps it. A record may go from `due_on` on, the day
-- after the longest of its periods has ended; there is none while one of them has not begun (open_ended) or no rule is made
-- for its class. duty_until and duty_open say the same of what stands against erasure alone.
--
-- A statement is kept as long as the completions that stand on it, they as long as it, and whom records are about as long as the records.
CREATE FUNCTION compliance_retention(p_store bigint, p_today date, p_person bigint DEFAULT NULL)
RETURNS TABLE (
    record_class text, key bigint, people bigint[], dated date, due_on date, applicable bigint, open_ended boolean,
    duty_until date, duty_open boolean, without_review boolean, holds bigint[], chain jsonb
) LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH of_statement AS MATERIALIZED (
        SELECT s.seq, (s.timestamp AT TIME ZONE 'UTC')::date AS dated, coalesce(p.merged_into_id, p.id) AS person
        FROM lrs_statement s
        LEFT JOIN connectors_statement_context e ON e.seq = s.seq AND e.recorded_to IS NULL
        LEFT JOIN connectors_context c ON c.id = e.context_id
        LEFT JOIN connectors_actor_link l ON l.id = e.link_id
        LEFT JOIN connectors_person p ON p.id = coalesce(c.person_id, l.person_id)
        WHERE s.store_id = p_store
    ), facts AS MATERIALIZED (
        SELECT 'statement' AS cls, s.seq AS key, 'statement' AS as_class, s.person, a.course_id AS course, s.dated
        FROM of_statement s
        LEFT JOIN compliance_outcome o ON o.seq = s.seq
        LEFT JOIN compliance_course_activity a ON a.digest = o.activity AND a.store_id = p_store
        WHERE p_person IS NULL OR s.person = p_person
        UNION
        SELECT 'statement', e.seq, 'completion', coalesce(p.merged_into_id, p.id), c.course_id,
               (c.completed_at AT TIME ZONE 'UTC')::date
        FROM compliance_completion c
        JOIN compliance_completion_evidence e ON e.completion_id = c.id
        JOIN connectors_person p ON p.id = c.person_id
        WHERE c.store_id = p_store AND (p_person IS NULL OR coalesce(p.merged_into_id, p.id) = p_person)
          AND EXISTS (SELECT FROM lrs_statement s WHERE s.seq = e.seq)
        UNION
        SELECT 'completion', c.id, 'completion', coalesce(p.merged_into_id, p.id), c.course_id,
               (c.completed_at AT TIME ZONE 'UTC')::date
        FROM compliance_completion c JOIN connectors_person p ON p.id = c.person_id
        WHERE c.store_id = p_store AND (p_person IS NULL OR coalesce(p.merged_into_id, p.id) = p_person)
        UNION
        SELECT 'completion', c.id, 'statement', coalesce(p.merged_into_id, p.id), c.course_id,
               (s.timestamp AT TIME ZONE 'UTC')::date
        FROM compliance_completion c
        JOIN compliance_completion_evidence e ON e.completion_id = c.id
        JOIN lrs_statement s ON s.seq = e.seq
        JOIN connectors_person p ON p.id = c.person_id
        WHERE c.store_id = p_store AND (p_person IS NULL OR coalesce(p.merged_into_id, p.id) = p_person)
        UNION
        SELECT 'training_record', t.id, 'training_record', coalesce(p.merged_into_id, p.id), t.course_id,
               (t.completed_at AT TIME ZONE 'UTC')::date
        FROM compliance_training_record t JOIN connectors_person p ON p.id = t.person_id
        WHERE t.store_id = p_store AND (p_person IS NULL OR coalesce(p.merged_into_id, p.id) = p_person)
    ), known AS MATERIALIZED (
        SELECT p.id AS person FROM connectors_person p
        WHERE p.store_id = p_store AND p.merged_into_id IS NULL AND (p_person IS NULL OR p.id = p_person)
          AND EXISTS (
              SELECT FROM connectors_person m WHERE (m.id = p.id OR m.merged_into_id = p.id) AND (
                  EXISTS (SELECT FROM connectors_person_version v WHERE v.person_id = m.id)
                  OR EXISTS (SELECT FROM connectors_person_key k WHERE k.person_id = m.id)
                  OR EXISTS (SELECT FROM connectors_identifier i WHERE i.person_id = m.id)))
    ), whole AS MATERIALIZED (
        SELECT f.* FROM facts f
        UNION ALL
        SELECT 'hr', k.person, 'hr', k.person, NULL, NULL FROM known k
        UNION ALL
        SELECT 'hr', k.person, f.as_class, f.person, f.course, f.dated FROM known k JOIN facts f ON f.person = k.person
    ), ended AS MATERIALIZED (
        SELECT w.person, compliance_employment_end(w.person) AS day
        FROM (SELECT DISTINCT person FROM whole WHERE person IS NOT NULL) w
    ), rules AS MATERIALIZED (
        SELECT r.* FROM compliance_retention_schedule r
        WHERE r.store_id = p_store AND r.effective_from <= p_today AND (r.retired_on IS NULL OR r.retired_on > p_today)
    ), begun AS (
        SELECT w.*, r.id AS rule, r.code, r.version, r.starts, r.period, r.unit, r.behaviour, r.citation,
               r.legal_basis IN ('obligation', 'claims') AS duty,
               CASE r.starts
                   WHEN 'training_date' THEN w.dated
                   WHEN 'completion' THEN w.dated
                   WHEN 'calendar_year_end' THEN make_date(extract(year FROM w.dated)::integer, 12, 31)
                   WHEN 'employment_end' THEN e.day
                   WHEN 'superseded' THEN (
                       SELECT (min(n.completed_at) AT TIME ZONE 'UTC')::date
                       FROM compliance_completion n JOIN connectors_person np ON np.id = n.person_id
                       WHERE n.course_id = w.course AND coalesce(np.merged_into_id, np.id) = w.person
                         AND upper_inf(n.recorded) AND (n.completed_at AT TIME ZONE 'UTC')::date > w.dated)
                   ELSE (
                       SELECT max(v.occurred_on) FROM compliance_retention_event v
                       WHERE v.store_id = p_store AND v.name = r.event_name AND v.withdrawn IS NULL
                         AND (v.person_id IS NULL OR w.person IN (
                             SELECT coalesce(vp.merged_into_id, vp.id) FROM connectors_person vp
                             WHERE vp.id = v.person_id))
                         AND (v.course_id IS NULL OR v.course_id = w.course))
               END AS start
        FROM whole w
        LEFT JOIN ended e ON e.person = w.person
        LEFT JOIN rules r ON r.record_class = w.as_class AND (r.course_id IS NULL OR r.course_id = w.course)
    ), due AS (
        SELECT b.*, compliance_after(b.start, b.period, b.unit) + 1 AS free_on FROM begun b
    ), held AS MATERIALIZED (
        SELECT w.cls, w.key, array_agg(DISTINCT h.id ORDER BY h.id) AS holds
        FROM whole w JOIN compliance_legal_hold h ON h.store_id = p_store AND h.lifted IS NULL
        WHERE (h.person_id IS NULL OR w.person IN (
                  SELECT coalesce(hp.merged_into_id, hp.id) FROM connectors_person hp WHERE hp.id = h.person_id))
          AND (h.course_id IS NULL OR h.course_id = w.course)
          AND (w.dated IS NULL AND (h.person_id IS NOT NULL OR h.unit_id IS NOT NULL)
               OR (h.period_from IS NULL OR w.dated >= h.period_from) AND (h.period_to IS NULL OR w.dated <= h.period_to))
          AND (h.unit_id IS NULL OR EXISTS (
                  SELECT FROM connectors_person up
                  JOIN connectors_work_assignment_version a ON a.person_id = up.id AND upper_inf(a.recorded)
                  JOIN connectors_unit_path t ON t.unit_id = a.unit_id AND upper_inf(t.recorded)
                  WHERE (up.id = w.person OR up.merged_into_id = w.person) AND h.unit_id = ANY (t.path)
                    -- On the day the hold names, or on the record's; of the person as such, ever.
                    AND (w.dated IS NULL
                         OR a.valid && tstzrange(h.as_of::timestamp AT TIME ZONE 'UTC', (h.as_of + 1)::timestamp AT TIME ZONE 'UTC')
                            AND t.valid && tstzrange(h.as_of::timestamp AT TIME ZONE 'UTC', (h.as_of + 1)::timestamp AT TIME ZONE 'UTC')
                         OR a.valid && tstzrange(w.dated::timestamp AT TIME ZONE 'UTC', (w.dated + 1)::timestamp AT TIME ZONE 'UTC')
                            AND t.valid && tstzrange(w.dated::timestamp AT TIME ZONE 'UTC', (w.dated + 1)::timestamp AT TIME ZONE 'UTC'))))
        GROUP BY w.cls, w.key
    )
    SELECT d.cls, d.key, array_remove(array_agg(DISTINCT d.person), NULL), max(d.dated) FILTER (WHERE d.as_class = d.cls),
           CASE WHEN bool_or(d.rule IS NOT NULL AND d.start IS NULL) OR NOT bool_or(d.rule IS NOT NULL AND d.as_class = d.cls) THEN NULL ELSE max(d.free_on) END,
           count(d.rule), coalesce(bool_or(d.start IS NULL) FILTER (WHERE d.rule IS NOT NULL), false),
           max(d.free_on) FILTER (WHERE d.duty), coalesce(bool_or(d.start IS NULL) FILTER (WHERE d.duty), false),
           coalesce(bool_and(d.behaviour = 'delete') FILTER (WHERE d.rule IS NOT NULL), false),
           coalesce((SELECT h.holds FROM held h WHERE h.cls = d.cls AND h.key = d.key), '{}'),
           coalesce(jsonb_agg(DISTINCT jsonb_build_object(
               'schedule', d.code, 'version', d.version, 'citation', d.citation, 'event', d.starts, 'start', d.start,
               'period', d.period, 'unit', d.unit, 'free_on', d.free_on, 'duty', d.duty))
               FILTER (WHERE d.rule IS NOT NULL), '[]')
    FROM due d
    GROUP BY d.cls, d.key
$$;
