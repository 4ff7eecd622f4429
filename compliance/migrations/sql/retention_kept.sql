-- Schedules, events, holds and requests are ended, never changed; a list of records and its outcome stay as they are.
DO $$
DECLARE
    name text;
    filled text;
BEGIN
    FOR name, filled IN VALUES
        ('compliance_retention_schedule', '''retired_on'''),
        ('compliance_retention_event', '''withdrawn'''),
        ('compliance_legal_hold', '''lifted'', ''lifted_by_id'', ''lifted_why''')
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION compliance_access_fill_once(%s)', name || '_fill_once', name, filled);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION compliance_access_refuse_change()', name || '_no_truncate', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_fill_once');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_no_truncate');
    END LOOP;
END
$$;
