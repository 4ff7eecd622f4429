-- 21 CFR 11.10(f): only the permitted sequence of steps, whoever asks and by whatever way. What was approved is
-- never changed; its end is noted once.
CREATE FUNCTION compliance_requirement_sequence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' OR NEW.approved_at IS NOT NULL OR NEW.retired_at IS NOT NULL THEN
            RAISE EXCEPTION 'a version of a requirement begins as a draft, not as %', NEW.state
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a version of a requirement is retired, never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('draft', 'review'), ('draft', 'retired'), ('review', 'draft'), ('review', 'approved'),
        ('approved', 'effective'), ('approved', 'retired'), ('effective', 'retired')
    ) THEN
        RAISE EXCEPTION 'a version of a requirement does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state <> 'draft' AND (NEW.definition, NEW.change_note) IS DISTINCT FROM (OLD.definition, OLD.change_note)
       AND NOT (OLD.state = 'review' AND NEW.state = 'draft') THEN
        RAISE EXCEPTION 'what a version says is changed while it is a draft, not while it is %', OLD.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.requirement_id <> OLD.requirement_id OR NEW.number <> OLD.number
       OR NEW.created_by_id IS DISTINCT FROM OLD.created_by_id OR NEW.created <> OLD.created THEN
        RAISE EXCEPTION 'whose version it is, and who made it when, never changes' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.approved_at IS NOT NULL AND
       (NEW.approved_at, NEW.approved_by_id, NEW.signature_id, NEW.effective_from) IS DISTINCT FROM
       (OLD.approved_at, OLD.approved_by_id, OLD.signature_id, OLD.effective_from) THEN
        RAISE EXCEPTION 'who approved it, and from when it holds, never changes' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.approved_at IS NOT NULL AND NEW.state NOT IN ('approved', 'effective', 'retired') THEN
        RAISE EXCEPTION 'nothing is approved while it is %', NEW.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.retired_at IS NOT NULL AND
       (NEW.retired_at, NEW.retired_from, NEW.retired_why) IS DISTINCT FROM (OLD.retired_at, OLD.retired_from, OLD.retired_why) THEN
        RAISE EXCEPTION 'when it was retired never changes' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER compliance_requirement_sequence BEFORE INSERT OR UPDATE OR DELETE ON compliance_requirement_version
    FOR EACH ROW EXECUTE FUNCTION compliance_requirement_sequence();

CREATE FUNCTION compliance_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a waiver is revoked, never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.approved_at IS NOT NULL AND
       to_jsonb(NEW) - '{revoked_at,revoked_from,revoked_why}'::text[] IS DISTINCT FROM
       to_jsonb(OLD) - '{revoked_at,revoked_from,revoked_why}'::text[] THEN
        RAISE EXCEPTION 'a waiver that was approved is revoked, never changed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.revoked_at IS NOT NULL AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD) THEN
        RAISE EXCEPTION 'a waiver is revoked once' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER compliance_waiver_decided BEFORE UPDATE OR DELETE ON compliance_waiver
    FOR EACH ROW EXECUTE FUNCTION compliance_decided_once();

CREATE FUNCTION compliance_sign_off_only_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF upper_inf(OLD.recorded) AND NOT upper_inf(NEW.recorded) AND lower(NEW.recorded) = lower(OLD.recorded)
           AND NOT isempty(NEW.recorded)
           AND to_jsonb(NEW) - '{recorded,withdrawn_why}'::text[] = to_jsonb(OLD) - '{recorded,withdrawn_why}'::text[] THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% of % is refused: it is withdrawn, never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER compliance_sign_off_kept BEFORE UPDATE OR DELETE ON compliance_practical_sign_off
    FOR EACH ROW EXECUTE FUNCTION compliance_sign_off_only_withdrawn();

-- The next day something is due that recurs from its original due day: due days stand at fixed distances from the
-- first, and what is done up to `p_early` days before one of them is done for that one. What was done before the
-- requirement applied counts from the day it was done.
CREATE FUNCTION compliance_next_due(p_done date, p_assigned date, p_within integer, p_every integer, p_unit text, p_early integer)
RETURNS date LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    base date := CASE WHEN p_done < p_assigned THEN p_done ELSE p_assigned + p_within END;
    step integer := 0;
    found date;
BEGIN
    LOOP
        step := step + 1;
        found := CASE p_unit
            WHEN 'days' THEN base + step * p_every
            WHEN 'months' THEN (base + make_interval(months => step * p_every))::date
            WHEN 'calendar_months' THEN (date_trunc('month', base + make_interval(months => step * p_every))
                                         + interval '1 month - 1 day')::date
            ELSE make_date(extract(year FROM base)::integer + step * p_every, 12, 31) END;
        EXIT WHEN p_done < p_assigned OR found - p_early > p_done;
    END LOOP;
    RETURN found;
END
$$;

-- What a status stands on, as a log: of one person, or of everybody in a store.
CREATE FUNCTION compliance_tell_change(p_store bigint, p_person bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO compliance_status_change (store_id, person_id, recorded, xid)
    VALUES (p_store, p_person, clock_timestamp(), pg_current_xact_id()::text::bigint)
$$;

CREATE FUNCTION compliance_person_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM compliance_tell_change(NEW.store_id, NEW.person_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER compliance_completion_told AFTER INSERT OR UPDATE ON compliance_completion
    FOR EACH ROW EXECUTE FUNCTION compliance_person_changed();
CREATE TRIGGER compliance_sign_off_told AFTER INSERT OR UPDATE ON compliance_practical_sign_off
    FOR EACH ROW EXECUTE FUNCTION compliance_person_changed();

CREATE FUNCTION compliance_waiver_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM compliance_tell_change(r.store_id, NEW.person_id) FROM compliance_requirement r WHERE r.id = NEW.requirement_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER compliance_waiver_told AFTER INSERT OR UPDATE ON compliance_waiver
    FOR EACH ROW EXECUTE FUNCTION compliance_waiver_changed();

CREATE FUNCTION compliance_requirement_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.approved_at, NEW.retired_at) IS DISTINCT FROM (OLD.approved_at, OLD.retired_at) THEN
        PERFORM compliance_tell_change(r.store_id, NULL) FROM compliance_requirement r WHERE r.id = NEW.requirement_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER compliance_requirement_told AFTER UPDATE ON compliance_requirement_version
    FOR EACH ROW EXECUTE FUNCTION compliance_requirement_changed();

CREATE FUNCTION compliance_course_version_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM compliance_tell_change(c.store_id, NULL) FROM compliance_course c WHERE c.id = NEW.course_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER compliance_course_version_told AFTER INSERT OR UPDATE ON compliance_course_version
    FOR EACH ROW EXECUTE FUNCTION compliance_course_version_changed();

CREATE FUNCTION compliance_status_course_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM compliance_tell_change(NEW.store_id, NULL);
    RETURN NULL;
END
$$;
-- A requirement may name the code of a course that comes later.
CREATE TRIGGER compliance_course_told AFTER INSERT OR UPDATE OF code ON compliance_course
    FOR EACH ROW EXECUTE FUNCTION compliance_status_course_changed();
