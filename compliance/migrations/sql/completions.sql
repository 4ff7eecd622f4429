-- A completion is closed once, with the reason, and otherwise never changed; what it stands on, never.
CREATE FUNCTION compliance_only_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF upper_inf(OLD.recorded) AND NOT upper_inf(NEW.recorded) AND lower(NEW.recorded) = lower(OLD.recorded)
           AND NOT isempty(NEW.recorded) AND NEW.withdrawn_why <> ''
           AND to_jsonb(NEW) - 'recorded' - 'withdrawn_why' = to_jsonb(OLD) - 'recorded' - 'withdrawn_why' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% of % is refused: a completion is withdrawn with a reason, never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER compliance_completion_closed BEFORE UPDATE OR DELETE ON compliance_completion
    FOR EACH ROW EXECUTE FUNCTION compliance_only_withdrawn();

CREATE FUNCTION compliance_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: it is only ever added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['compliance_completion_evidence', 'compliance_completion_change'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION compliance_never_changed()', name || '_kept', name);
    END LOOP;
END
$$;
CREATE TRIGGER compliance_completion_kept BEFORE TRUNCATE ON compliance_completion
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_never_changed();

-- What is published stays as it is: completions name the version they stand on. Only its end may be set.
CREATE FUNCTION compliance_rule_version_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published IS NULL THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION '% of a published rule is refused: publish another version', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER compliance_rule_version_kept BEFORE UPDATE OR DELETE ON compliance_completion_rule_version
    FOR EACH ROW EXECUTE FUNCTION compliance_rule_version_kept();

-- An equivalence is ended once, and otherwise never changed.
CREATE FUNCTION compliance_only_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.recorded_to IS NULL AND NEW.recorded_to >= OLD.recorded_from
           AND to_jsonb(NEW) - 'recorded_to' = to_jsonb(OLD) - 'recorded_to' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% of % is refused: it is ended, never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER compliance_course_equivalence_ended BEFORE UPDATE OR DELETE ON compliance_course_equivalence
    FOR EACH ROW EXECUTE FUNCTION compliance_only_ended();

-- Whoever changes the catalogue, and however: what completions stand on is derived again.
CREATE FUNCTION compliance_activity_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.course_id, NEW.version_id, NEW.iri, NEW.store_id) IS NOT DISTINCT FROM (OLD.course_id, OLD.version_id, OLD.iri, OLD.store_id) THEN
            RETURN NULL;
        END IF;
    END IF;
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        INSERT INTO compliance_rework (store_id, course_id, activity, why)
        VALUES (OLD.store_id, OLD.course_id, md5(OLD.iri)::uuid,
                'the activity is no longer, or otherwise, of this course');
    END IF;
    IF TG_OP IN ('UPDATE', 'INSERT') THEN
        INSERT INTO compliance_rework (store_id, course_id, activity, why)
        VALUES (NEW.store_id, NEW.course_id, md5(NEW.iri)::uuid,
                'the activity is of this course now');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER compliance_course_activity_changed AFTER INSERT OR UPDATE OR DELETE ON compliance_course_activity
    FOR EACH ROW EXECUTE FUNCTION compliance_activity_changed();

CREATE FUNCTION compliance_version_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_course bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.course_id ELSE NEW.course_id END;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.course_id, NEW.effective_on, NEW.credit_hours) IS NOT DISTINCT FROM (OLD.course_id, OLD.effective_on, OLD.credit_hours) THEN
            RETURN NULL;
        END IF;
    END IF;
    INSERT INTO compliance_rework (store_id, course_id, why)
    SELECT c.store_id, c.id, 'the versions of the course changed'
    FROM compliance_course c WHERE c.id = of_course;
    RETURN NULL;
END
$$;
CREATE TRIGGER compliance_course_version_changed AFTER INSERT OR UPDATE OR DELETE ON compliance_course_version
    FOR EACH ROW EXECUTE FUNCTION compliance_version_changed();

CREATE FUNCTION compliance_course_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.code, NEW.kind, NEW.credit_hours, NEW.same_within_hours) IS DISTINCT FROM (OLD.code, OLD.kind, OLD.credit_hours, OLD.same_within_hours) THEN
        INSERT INTO compliance_rework (store_id, course_id, why)
        VALUES (NEW.store_id, NEW.id, 'the course changed');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER compliance_course_changed AFTER UPDATE ON compliance_course
    FOR EACH ROW EXECUTE FUNCTION compliance_course_changed();

-- Who an actor was at a moment, as known now; null where nobody is known.
CREATE FUNCTION compliance_person_of(p_actor uuid, p_moment timestamptz) RETURNS bigint
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    SELECT coalesce(p.merged_into_id, p.id)
    FROM connectors_actor a
    JOIN connectors_actor_link l ON l.actor_id = a.id AND (l.valid @> p_moment) IS TRUE AND upper_inf(l.recorded) IS TRUE
    JOIN connectors_person p ON p.id = l.person_id
    WHERE a.digest = p_actor LIMIT 1
$$;

-- The people of many actors at their moments: question k is (p_actors[k], p_moments[k]).
CREATE FUNCTION compliance_people_of(p_actors uuid[], p_moments timestamptz[]) RETURNS TABLE (i bigint, person bigint)
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    RETURN QUERY
    SELECT q.i, coalesce(p.merged_into_id, p.id)
    FROM unnest(p_actors, p_moments) WITH ORDINALITY AS q (actor, moment, i)
    LEFT JOIN connectors_actor a ON a.digest = q.actor
    LEFT JOIN LATERAL (
        SELECT l.person_id FROM connectors_actor_link l
        WHERE l.actor_id = a.id AND (l.valid @> q.moment) IS TRUE AND upper_inf(l.recorded) IS TRUE LIMIT 1
    ) l ON true
    LEFT JOIN connectors_person p ON p.id = l.person_id;
END
$$;

-- What completions of people in courses are derived from: outcomes that are not voided.
CREATE FUNCTION compliance_facts(p_people bigint[], p_courses bigint[])
RETURNS TABLE (person bigint, course bigint, seq bigint, source integer, moment timestamptz, verb text, activity uuid,
               registration uuid, said text, version bigint)
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    RETURN QUERY
    SELECT q.person, q.course, o.seq, o.source_id, o.moment, o.verb, o.activity, o.registration, o.said, ca.version_id
    FROM unnest(p_people, p_courses) AS q (person, course)
    JOIN compliance_course_activity ca ON ca.course_id = q.course
    JOIN compliance_outcome o ON o.activity = ca.digest AND o.person_id = q.person AND o.store_id = ca.store_id
    WHERE NOT EXISTS (
        SELECT FROM lrs_voided_statement v WHERE v.store_id = o.store_id AND v.statement_id = o.statement_id
    );
END
$$;

-- The completions known now of people in courses, with the statements they stand on.
CREATE FUNCTION compliance_known(p_people bigint[], p_courses bigint[])
RETURNS TABLE (id bigint, person bigint, course bigint, version bigint, kind text, completed_at timestamptz,
               passed boolean, score double precision, credit text, rule bigint, seqs bigint[])
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    RETURN QUERY
    SELECT c.id, c.person_id, c.course_id, c.version_id, c.kind::text, c.completed_at, c.passed, c.score,
           c.credit_hours::text, c.rule_version_id,
           ARRAY(SELECT e.seq FROM compliance_completion_evidence e WHERE e.completion_id = c.id ORDER BY e.seq)
    FROM unnest(p_people, p_courses) AS q (person, course)
    JOIN compliance_completion c ON c.person_id = q.person AND c.course_id = q.course AND upper_inf(c.recorded) IS TRUE;
END
$$;
