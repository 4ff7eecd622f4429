-- Statements and what stands beside them (what they point at and carry, too) are never changed or removed, whoever asks: the triggers fire for
-- the table's owner and under session_replication_role = replica too (ENABLE ALWAYS).
CREATE FUNCTION lrs_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['lrs_statement', 'lrs_statement_reference', 'lrs_voided_statement',
                                'lrs_statement_attachment', 'lrs_signature_finding', 'lrs_attachment',
                                'lrs_entity']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION lrs_refuse_change()', name || '_append_only', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION lrs_refuse_change()', name || '_no_truncate', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_append_only');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_no_truncate');
    END LOOP;
END
$$;

-- Links may gain roles (a referrer takes over its target's) but never lose one, and never go.
CREATE FUNCTION lrs_refuse_lost_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.entity_id = OLD.entity_id AND NEW.seq = OLD.seq AND OLD.roles & NEW.roles = OLD.roles THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% only gains roles: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER lrs_statement_entity_append_only BEFORE UPDATE OR DELETE ON lrs_statement_entity
    FOR EACH ROW EXECUTE FUNCTION lrs_refuse_lost_role();
CREATE TRIGGER lrs_statement_entity_no_truncate BEFORE TRUNCATE ON lrs_statement_entity
    FOR EACH STATEMENT EXECUTE FUNCTION lrs_refuse_change();
ALTER TABLE lrs_statement_entity ENABLE ALWAYS TRIGGER lrs_statement_entity_append_only;
ALTER TABLE lrs_statement_entity ENABLE ALWAYS TRIGGER lrs_statement_entity_no_truncate;
