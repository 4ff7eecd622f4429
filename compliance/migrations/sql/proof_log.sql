-- What the log has said stays said: the triggers fire for the owner and under session_replication_role = replica
-- too (ENABLE ALWAYS).
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['compliance_log_entry', 'compliance_log_checkpoint', 'compliance_log_cosignature',
                                'compliance_log_timestamp', 'compliance_log_disposal', 'compliance_log_disposed']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION lrs_refuse_change()', name || '_append_only', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION lrs_refuse_change()', name || '_no_truncate', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_append_only');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_no_truncate');
    END LOOP;
END
$$;

-- A salt may go, and only that, once a disposal says so.
CREATE FUNCTION compliance_refuse_lost_salt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM compliance_log_disposed d WHERE d.index = OLD.index) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% keeps salts until a disposal names them: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER compliance_log_salt_kept BEFORE UPDATE OR DELETE ON compliance_log_salt
    FOR EACH ROW EXECUTE FUNCTION compliance_refuse_lost_salt();
CREATE TRIGGER compliance_log_salt_no_truncate BEFORE TRUNCATE ON compliance_log_salt
    FOR EACH STATEMENT EXECUTE FUNCTION lrs_refuse_change();
ALTER TABLE compliance_log_salt ENABLE ALWAYS TRIGGER compliance_log_salt_kept;
ALTER TABLE compliance_log_salt ENABLE ALWAYS TRIGGER compliance_log_salt_no_truncate;

-- The tree only grows: a tile begins with what it had, the head is never smaller than it was.
CREATE FUNCTION compliance_refuse_shrinking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'compliance_log_tile' THEN
        IF NEW.level = OLD.level AND NEW.number = OLD.number AND length(NEW.hashes) >= length(OLD.hashes)
           AND substring(NEW.hashes FROM 1 FOR length(OLD.hashes)) = OLD.hashes THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF NEW.origin = OLD.origin AND NEW.size >= OLD.size THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% only grows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['compliance_log_tile', 'compliance_log_head']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION compliance_refuse_shrinking()', name || '_only_grows', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION lrs_refuse_change()', name || '_no_truncate', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_only_grows');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_no_truncate');
    END LOOP;
END
$$;

-- Hashes do not compress, and a tile is read whole.
ALTER TABLE compliance_log_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
-- Insert-only tables: freeze and mark pages all-visible early.
ALTER TABLE compliance_log_entry SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE compliance_log_salt SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
