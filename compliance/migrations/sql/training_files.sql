-- Signatures stay as they were given, but for what was shown of a record that is disposed of: that goes with the
-- record, in the transaction that destroys it, and its hash stays.
CREATE FUNCTION compliance_signature_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.shown = '' AND to_jsonb(NEW) - 'shown' = to_jsonb(OLD) - 'shown' AND lrs_disposing() THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
DROP TRIGGER compliance_signature_append_only ON compliance_signature;
CREATE TRIGGER compliance_signature_append_only BEFORE UPDATE OR DELETE ON compliance_signature
    FOR EACH ROW EXECUTE FUNCTION compliance_signature_kept();
ALTER TABLE compliance_signature ENABLE ALWAYS TRIGGER compliance_signature_append_only;

CREATE OR REPLACE FUNCTION compliance_destroy_training_records(p_ids bigint[]) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    WITH gone AS (
        DELETE FROM compliance_training_evidence e USING compliance_training_record t
        WHERE t.id = e.record_id AND t.id = ANY (p_ids) RETURNING t.store_id, e.sha256
    ) INSERT INTO lrs_disposed_attachment (store_id, sha256) SELECT DISTINCT g.store_id, g.sha256 FROM gone g;
    DELETE FROM compliance_training_record t WHERE t.id = ANY (p_ids);
    UPDATE compliance_signature s SET shown = ''
        WHERE s.kind = 'training-record' AND s.record_key = ANY (p_ids::text[]) AND s.shown <> '';
END
$$;

-- As before, with what the trail says of those signatures.
CREATE OR REPLACE FUNCTION compliance_dispose(p_disposition bigint, p_most integer, OUT left_over integer, OUT entries bigint[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    d public.compliance_disposition%ROWTYPE;
    signed boolean;
    at timestamptz;
BEGIN
    SELECT * INTO d FROM compliance_disposition WHERE id = p_disposition FOR UPDATE;
    IF d.id IS NULL OR d.state <> 'approved' THEN
        RAISE EXCEPTION 'disposition % is not approved', p_disposition USING ERRCODE = 'restrict_violation';
    END IF;
    signed := compliance_disposition_signed(p_disposition);
    -- Nobody places a hold between what is read here and the commit.
    LOCK TABLE compliance_legal_hold, compliance_retention_schedule, compliance_retention_event IN SHARE MODE;
    CREATE TEMPORARY TABLE pg_temp.disposed_now ON COMMIT DROP AS
    SELECT i.id, i.record_class, i.key, r.holds,
           CASE WHEN h.sha256 IS NULL THEN 'gone'
                WHEN r.holds <> '{}' THEN 'held'
                WHEN h.sha256 <> i.sha256 THEN 'changed'
                WHEN r.key IS NULL THEN 'gone'
                WHEN d.basis = 'schedule' AND (r.due_on IS NULL OR r.due_on > compliance_today()) THEN 'not_due'
                WHEN d.basis = 'erasure' AND (r.duty_open OR r.duty_until > compliance_today()) THEN 'not_due'
                WHEN NOT signed AND NOT (d.basis = 'schedule' AND r.without_review) THEN 'unsigned'
                ELSE 'destroyed' END AS outcome
    FROM (
        SELECT i.* FROM compliance_disposition_item i
        WHERE i.disposition_id = p_disposition
          AND NOT EXISTS (SELECT FROM compliance_disposition_result o WHERE o.item_id = i.id)
        -- People last: until then records can be told to be theirs.
        ORDER BY i.record_class = 'hr', i.record_class = 'statement', i.id LIMIT p_most
    ) i
    LEFT JOIN LATERAL (SELECT compliance_record_sha256(i.record_class, i.key) AS sha256) h ON true
    LEFT JOIN compliance_retention(d.store_id, compliance_today()) r ON r.record_class = i.record_class AND r.key = i.key;
    IF EXISTS (SELECT FROM pg_temp.disposed_now n WHERE n.outcome = 'unsigned') THEN
        RAISE EXCEPTION 'nobody else signed for disposition %', p_disposition USING ERRCODE = 'restrict_violation';
    END IF;

    at := clock_timestamp();
    INSERT INTO lrs_disposal_permit VALUES (pg_current_xact_id());
    PERFORM compliance_destroy_completions(ARRAY(SELECT n.key FROM pg_temp.disposed_now n
        WHERE n.outcome = 'destroyed' AND n.record_class = 'completion'));
    PERFORM compliance_destroy_training_records(ARRAY(SELECT n.key FROM pg_temp.disposed_now n
        WHERE n.outcome = 'destroyed' AND n.record_class = 'training_record'));
    PERFORM compliance_destroy_statements(ARRAY(SELECT n.key FROM pg_temp.disposed_now n
        WHERE n.outcome = 'destroyed' AND n.record_class = 'statement'));
    PERFORM compliance_destroy_people(ARRAY(SELECT n.key FROM pg_temp.disposed_now n
        WHERE n.outcome = 'destroyed' AND n.record_class = 'hr'));
    -- The trail of what went: who and when stay, what the rows held goes, of this transaction's entries as well.
    entries := ARRAY(
        SELECT e.seq FROM (
            SELECT DISTINCT w.table_name, w.row_key FROM compliance_audit_entry w
            WHERE w.xid = pg_current_xact_id()::text::bigint
              -- A signature of what went stays, but not what it was shown: nor does the trail keep that.
              AND (w.operation = 'delete' OR w.table_name = 'compliance_signature')
        ) t JOIN compliance_audit_entry e ON e.table_name = t.table_name AND e.row_key = t.row_key
        UNION
        -- And rows that only lost something: what they held before stands in this transaction's entries.
        SELECT w.seq FROM compliance_audit_entry w
        WHERE w.xid = pg_current_xact_id()::text::bigint AND w.table_name LIKE 'connectors\_%');
    UPDATE compliance_audit_entry e
    SET before = CASE WHEN e.before IS NOT NULL THEN jsonb_build_object('disposed', p_disposition) END,
        after = CASE WHEN e.after IS NOT NULL THEN jsonb_build_object('disposed', p_disposition) END, reason = ''
    WHERE e.seq = ANY (entries);
    DELETE FROM lrs_disposal_permit p WHERE p.xid = pg_current_xact_id();

    INSERT INTO compliance_disposition_result (item_id, outcome, at, holds)
    SELECT n.id, n.outcome, at, coalesce(to_jsonb(n.holds), '[]') FROM pg_temp.disposed_now n;
    DROP TABLE pg_temp.disposed_now;
    SELECT count(*) INTO left_over FROM compliance_disposition_item i
    WHERE i.disposition_id = p_disposition
      AND NOT EXISTS (SELECT FROM compliance_disposition_result o WHERE o.item_id = i.id);
END
$$;
