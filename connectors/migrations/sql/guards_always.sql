-- What keeps the workforce record whole also fires under session_replication_role = replica, as the guards of
-- statements, signatures and the audit trail do.
DO $$
DECLARE
    guard record;
BEGIN
    FOR guard IN
        SELECT c.relname AS table_name, t.tgname AS name
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
          AND p.proname IN ('connectors_only_closed', 'connectors_only_ended', 'connectors_never_changed')
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', guard.table_name, guard.name);
    END LOOP;
END
$$;
