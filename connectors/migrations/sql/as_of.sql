-- Who a person is counted as: themselves, or the one they are merged into, as known then.
CREATE FUNCTION connectors_one_person(p_person bigint, p_known timestamptz) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT m.into_id FROM connectors_person_merge m
                     WHERE m.person_id = p_person AND m.recorded_from <= p_known
                       AND (m.recorded_to IS NULL OR m.recorded_to > p_known)
                     ORDER BY m.recorded_from DESC LIMIT 1), p_person)
$$;

-- The workforce context of each asked person as of a moment, as known at another: question k of the arrays
-- gives at most one row, with i = k, and none where the person had no assignment. Of several assignments the
-- primary one of the most trusted system counts.
CREATE FUNCTION connectors_as_of(p_people bigint[], p_moments timestamptz[], p_known timestamptz[])
RETURNS TABLE (
    i bigint, person_id bigint, assignment_version_id bigint, relationship_version_id bigint,
    person_version_id bigint, unit_version_id bigint, unit_path_id bigint, job_version_id bigint,
    location_version_id bigint, unit_id bigint, path bigint[], job_id bigint, location_id bigint,
    manager_id bigint, worker_type varchar, status varchar, hire_date date, regulatory_classes text[]
) LANGUAGE sql STABLE
-- A plan that reads whole tables is never right here, and one made while they were small would stay. IS TRUE keeps
-- the ranges out of index conditions: a subject has few versions, a moment has those of everybody.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    WITH asked AS MATERIALIZED (
        SELECT q.i, connectors_one_person(q.person, q.known) AS root, q.at, q.known
        FROM unnest(p_people, p_moments, p_known) WITH ORDINALITY AS q (person, at, known, i)
    ), many AS (
        SELECT a.i, a.root, a.at, a.known, a.root AS person FROM asked a
        UNION ALL
        SELECT a.i, a.root, a.at, a.known, m.person_id FROM asked a
        JOIN connectors_person_merge m ON m.into_id = a.root AND m.recorded_from <= a.known
             AND (m.recorded_to IS NULL OR m.recorded_to > a.known)
    ), chosen AS (
        SELECT DISTINCT ON (n.i) n.i, n.root, n.at, n.known, v.*
        FROM many n
        JOIN connectors_work_assignment_version v
          ON v.person_id = n.person AND (v.valid @> n.at) IS TRUE AND (v.recorded @> n.known) IS TRUE
        LEFT JOIN connectors_system s ON s.id = v.system_id
        ORDER BY n.i, v.primary DESC, s.precedence, lower(v.valid) DESC NULLS LAST, v.id
    )
    SELECT c.i, c.root, c.id, r.id, p.id, u.id, t.id, j.id, l.id, c.unit_id, coalesce(t.path, '{}'), c.job_id,
           c.location_id, CASE WHEN c.manager_id IS NULL THEN NULL ELSE connectors_one_person(c.manager_id, c.known) END,
           c.worker_type, c.status, r.hire_date,
           CASE WHEN c.regulatory_classes <> '{}' THEN c.regulatory_classes ELSE coalesce(j.regulatory_classes, '{}') END
    FROM chosen c
    LEFT JOIN LATERAL (
        SELECT r.id, r.hire_date FROM connectors_work_relationship_version r
        WHERE r.relationship_id = c.relationship_id AND (r.valid @> c.at) IS TRUE AND (r.recorded @> c.known) IS TRUE LIMIT 1
    ) r ON true
    LEFT JOIN LATERAL (
        SELECT p.id FROM unnest(ARRAY[c.root, c.person_id]) AS w (person)
        JOIN connectors_person_version p ON p.person_id = w.person AND (p.valid @> c.at) IS TRUE AND (p.recorded @> c.known) IS TRUE
        LEFT JOIN connectors_system s ON s.id = p.system_id
        ORDER BY s.precedence, p.id LIMIT 1
    ) p ON true
    LEFT JOIN LATERAL (
        SELECT u.id FROM connectors_organization_unit_version u
        WHERE u.unit_id = c.unit_id AND (u.valid @> c.at) IS TRUE AND (u.recorded @> c.known) IS TRUE LIMIT 1
    ) u ON true
    LEFT JOIN LATERAL (
        SELECT t.id, t.path FROM connectors_unit_path t
        WHERE t.unit_id = c.unit_id AND (t.valid @> c.at) IS TRUE AND (t.recorded @> c.known) IS TRUE LIMIT 1
    ) t ON true
    LEFT JOIN LATERAL (
        SELECT j.id, j.regulatory_classes FROM connectors_job_version j
        WHERE j.job_id = c.job_id AND (j.valid @> c.at) IS TRUE AND (j.recorded @> c.known) IS TRUE LIMIT 1
    ) j ON true
    LEFT JOIN LATERAL (
        SELECT l.id FROM connectors_location_version l
        WHERE l.location_id = c.location_id AND (l.valid @> c.at) IS TRUE AND (l.recorded @> c.known) IS TRUE LIMIT 1
    ) l ON true
$$;

-- The whole roster of a store as of one moment, as known at another: one row a person. For a million people
-- it reads each version table once, where connectors_as_of would look each of them up.
CREATE FUNCTION connectors_roster(p_store integer, p_at timestamptz, p_known timestamptz)
RETURNS TABLE (
    person_id bigint, assignment_version_id bigint, relationship_version_id bigint, unit_id bigint,
    path bigint[], job_id bigint, location_id bigint, manager_id bigint, worker_type varchar, status varchar,
    hire_date date, regulatory_classes text[], since timestamptz
) LANGUAGE sql STABLE SET enable_nestloop = off AS $$
    WITH merged AS MATERIALIZED (
        SELECT m.person_id, m.into_id FROM connectors_person_merge m
        WHERE m.recorded_from <= p_known AND (m.recorded_to IS NULL OR m.recorded_to > p_known)
    ), chosen AS (
        SELECT DISTINCT ON (coalesce(m.into_id, v.person_id)) coalesce(m.into_id, v.person_id) AS root, v.*
        FROM connectors_work_assignment_version v
        JOIN connectors_person o ON o.id = v.person_id AND o.store_id = p_store
        LEFT JOIN connectors_system s ON s.id = v.system_id
        LEFT JOIN merged m ON m.person_id = v.person_id
        WHERE v.valid @> p_at AND v.recorded @> p_known
        ORDER BY coalesce(m.into_id, v.person_id), v.primary DESC, s.precedence, lower(v.valid) DESC NULLS LAST, v.id
    )
    SELECT c.root, c.id, r.id, c.unit_id, coalesce(t.path, '{}'), c.job_id, c.location_id,
           coalesce(mm.into_id, c.manager_id), c.worker_type, c.status, r.hire_date,
           CASE WHEN c.regulatory_classes <> '{}' THEN c.regulatory_classes ELSE coalesce(j.regulatory_classes, '{}') END,
           lower(c.valid)
    FROM chosen c
    LEFT JOIN connectors_work_relationship_version r
           ON r.relationship_id = c.relationship_id AND r.valid @> p_at AND r.recorded @> p_known
    LEFT JOIN connectors_unit_path t ON t.unit_id = c.unit_id AND t.valid @> p_at AND t.recorded @> p_known
    LEFT JOIN connectors_job_version j ON j.job_id = c.job_id AND j.valid @> p_at AND j.recorded @> p_known
    LEFT JOIN merged mm ON mm.person_id = c.manager_id
$$;

-- Whether `p_manager` stands anywhere above, beginning with `p_person` themselves: whether somebody whose manager is
-- p_person was in p_manager's line at a moment, as known now. Rings of managers end where they close.
CREATE FUNCTION connectors_in_line(p_person bigint, p_manager bigint, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE
    person bigint := p_person;
    met bigint[] := '{}';
BEGIN
    WHILE person IS NOT NULL AND person <> ALL (met) LOOP
        IF person = p_manager THEN
            RETURN true;
        END IF;
        met := met || person;
        SELECT a.manager_id INTO person
        FROM connectors_as_of(ARRAY[person], ARRAY[p_at], ARRAY[clock_timestamp()]) a;
    END LOOP;
    RETURN false;
END
$$;
