-- Who is acting, as the program told the transaction (lrs.acting); the database's own knowledge where it did not.
CREATE FUNCTION compliance_acting() RETURNS TABLE (
    actor_kind text, actor_id text, actor_name text, credential_id integer, process text, request_id text,
    address text, reason text, database_role text
) LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(t.told ->> 'actor_kind', 'database'),
           coalesce(t.told ->> 'actor_id', CASE WHEN t.told IS NULL THEN r.role ELSE '' END),
           coalesce(t.told ->> 'actor_name', CASE WHEN t.told IS NULL THEN r.role ELSE '' END),
           (t.told ->> 'credential_id')::integer,
           coalesce(t.told ->> 'process', current_setting('application_name')),
           coalesce(t.told ->> 'request_id', ''),
           coalesce(t.told ->> 'address', host(inet_client_addr()), ''),
           coalesce(t.told ->> 'reason', ''),
           r.role
    FROM (SELECT nullif(current_setting('hub.acting', true), '')::jsonb AS told) t,
         -- Who signed in, and whom they stand for since: "hub as hub_application".
         (SELECT session_user || CASE WHEN current_setting('role') IN ('none', session_user) THEN ''
                                      ELSE ' as ' || current_setting('role') END AS role) r
$$;

-- A row as the trail shows it: of secrets, whether there is one; of large values, their length and SHA-256.
CREATE FUNCTION compliance_trail_shown(p_row jsonb, p_secrets text[], p_word text) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT jsonb_object_agg(e.key, CASE
        WHEN e.key = ANY (p_secrets) AND e.value NOT IN ('null', '""') THEN jsonb_build_object('secret', p_word)
        WHEN octet_length(e.value::text) > 4000 THEN jsonb_build_object(
            'bytes', octet_length(e.value::text),
            'sha256', encode(sha256(convert_to(e.value::text, 'UTF8')), 'hex'))
        ELSE e.value END)
    FROM jsonb_each(p_row) e
$$;

CREATE FUNCTION compliance_trail_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is audited: TRUNCATE is refused, as it would leave no trail', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

ALTER TABLE compliance_audit_entry ALTER COLUMN xid SET DEFAULT pg_current_xact_id()::text::bigint;
ALTER TABLE compliance_audit_entry ALTER COLUMN at SET DEFAULT clock_timestamp();
ALTER TABLE compliance_audit_entry
    SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- A review that is done stays as it is, and goes never.
CREATE FUNCTION compliance_review_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.reviewed IS NULL AND NEW.from_seq = OLD.from_seq AND NEW.to_seq = OLD.to_seq THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% of % is refused: a review is done once and kept', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER compliance_audit_review_kept BEFORE UPDATE OR DELETE ON compliance_audit_review
    FOR EACH ROW EXECUTE FUNCTION compliance_review_kept();
ALTER TABLE compliance_audit_review ENABLE ALWAYS TRIGGER compliance_audit_review_kept;
