-- The triggers that keep what is known let a disposition through, and nothing else; otherwise they are as before.
CREATE OR REPLACE FUNCTION connectors_only_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF upper_inf(OLD.recorded) AND NOT upper_inf(NEW.recorded) AND lower(NEW.recorded) = lower(OLD.recorded)
           AND NOT isempty(NEW.recorded) AND to_jsonb(NEW) - 'recorded' = to_jsonb(OLD) - 'recorded' THEN
            RETURN NEW;
        END IF;
    END IF;
    IF lrs_disposing() THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION '% of % is refused: a version is closed by a later one, never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE OR REPLACE FUNCTION connectors_only_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.recorded_to IS NULL AND NEW.recorded_to > OLD.recorded_from
           AND to_jsonb(NEW) - 'recorded_to' = to_jsonb(OLD) - 'recorded_to' THEN
            RETURN NEW;
        END IF;
    END IF;
    IF lrs_disposing() THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION '% of % is refused: what was derived is ended by a later derivation, never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE OR REPLACE FUNCTION connectors_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'TRUNCATE' AND lrs_disposing() THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% of % is refused: it is only ever added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE OR REPLACE FUNCTION compliance_only_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF upper_inf(OLD.recorded) AND NOT upper_inf(NEW.recorded) AND lower(NEW.recorded) = lower(OLD.recorded)
           AND NOT isempty(NEW.recorded) AND NEW.withdrawn_why <> ''
           AND to_jsonb(NEW) - 'recorded' - 'withdrawn_why' = to_jsonb(OLD) - 'recorded' - 'withdrawn_why' THEN
            RETURN NEW;
        END IF;
    END IF;
    IF lrs_disposing() THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION '% of % is refused: a completion is withdrawn with a reason, never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE OR REPLACE FUNCTION compliance_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'TRUNCATE' AND lrs_disposing() THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% of % is refused: it is only ever added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

