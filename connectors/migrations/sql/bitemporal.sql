-- Nothing known is overwritten: the only change to a version is that its recording time ends, once.
CREATE FUNCTION connectors_only_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF upper_inf(OLD.recorded) AND NOT upper_inf(NEW.recorded) AND lower(NEW.recorded) = lower(OLD.recorded)
           AND NOT isempty(NEW.recorded) AND to_jsonb(NEW) - 'recorded' = to_jsonb(OLD) - 'recorded' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% of % is refused: a version is closed by a later one, never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE FUNCTION connectors_only_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.recorded_to IS NULL AND NEW.recorded_to > OLD.recorded_from
           AND to_jsonb(NEW) - 'recorded_to' = to_jsonb(OLD) - 'recorded_to' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% of % is refused: what was derived is ended by a later derivation, never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE FUNCTION connectors_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: it is only ever added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'connectors_person_version', 'connectors_identifier', 'connectors_organization_unit_version',
        'connectors_unit_path', 'connectors_job_version', 'connectors_location_version',
        'connectors_work_relationship_version', 'connectors_work_assignment_version', 'connectors_actor_link'
    ] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION connectors_only_closed()', name || '_closed', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION connectors_never_changed()', name || '_kept', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['connectors_statement_context', 'connectors_person_merge'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION connectors_only_ended()', name || '_ended', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION connectors_never_changed()', name || '_kept', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['connectors_context', 'connectors_workforce_change'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION connectors_never_changed()', name || '_kept', name);
    END LOOP;
END
$$;
