-- The hash of a record as it is now; null where it is gone.
CREATE FUNCTION compliance_record_sha256(p_class text, p_key bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT encode(sha256(convert_to(CASE p_class
        WHEN 'statement' THEN (SELECT s.payload FROM lrs_statement s WHERE s.seq = p_key)
        WHEN 'completion' THEN (SELECT to_jsonb(c)::text FROM compliance_completion c WHERE c.id = p_key)
        WHEN 'training_record' THEN (SELECT to_jsonb(t)::text FROM compliance_training_record t WHERE t.id = p_key)
        ELSE (
            SELECT p.id || coalesce((SELECT string_agg(v.id::text, ',' ORDER BY v.id) FROM connectors_person_version v
                                     JOIN connectors_person m ON m.id = v.person_id
                                     WHERE m.id = p.id OR m.merged_into_id = p.id), '')
                   || ';' || coalesce((SELECT string_agg(i.id::text, ',' ORDER BY i.id) FROM connectors_identifier i
                                       JOIN connectors_person m ON m.id = i.person_id
                                       WHERE m.id = p.id OR m.merged_into_id = p.id), '')
                   || ';' || coalesce((SELECT string_agg(a.id::text, ',' ORDER BY a.id) FROM connectors_work_assignment_version a
                                       JOIN connectors_person m ON m.id = a.person_id
                                       WHERE m.id = p.id OR m.merged_into_id = p.id), '')
            FROM connectors_person p WHERE p.id = p_key
              AND EXISTS (SELECT FROM connectors_person m WHERE (m.id = p.id OR m.merged_into_id = p.id) AND (
                  EXISTS (SELECT FROM connectors_person_version v WHERE v.person_id = m.id)
                  OR EXISTS (SELECT FROM connectors_person_key k WHERE k.person_id = m.id)
                  OR EXISTS (SELECT FROM connectors_identifier i WHERE i.person_id = m.id))))
        END, 'UTF8')), 'hex')
$$;

-- The hash over the frozen list of a disposition: class, key, hash and day of each record, in their order.
CREATE FUNCTION compliance_scope_sha256(p_disposition bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT encode(sha256(convert_to(coalesce(string_agg(
        i.record_class || '|' || i.key || '|' || i.sha256 || '|' || coalesce(i.due_on::text, ''), E'\n'
        ORDER BY i.record_class COLLATE "C", i.key), ''), 'UTF8')), 'hex')
    FROM compliance_disposition_item i WHERE i.disposition_id = p_disposition
$$;

-- Whether somebody else signed for exactly this list.
CREATE FUNCTION compliance_disposition_signed(p_disposition bigint) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM compliance_disposition d
        JOIN compliance_completed_record c ON c.kind = 'disposition' AND c.record_key = d.id::text
        JOIN compliance_signature s
          ON s.kind = 'disposition' AND s.record_key = c.record_key AND s.shown_hash = c.shown_hash
        WHERE d.id = p_disposition AND s.meaning = 'disposition' AND s.signer_id IS DISTINCT FROM d.created_by_id
          AND s.signer_id IS DISTINCT FROM d.reviewed_by_id
          AND encode(sha256(convert_to(s.shown, 'UTF8')), 'hex') = s.shown_hash
          AND s.shown::jsonb -> 'content' ->> 'scope_sha256' = compliance_scope_sha256(d.id))
$$;

-- Agents nothing refers to any more: their identifier, names, documents and links to people go. The number of the
-- entity stays, and means nothing.
CREATE FUNCTION compliance_forget_agents(p_entities bigint[]) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    gone bigint[];
    actors bigint[];
BEGIN
    gone := ARRAY(SELECT e.id FROM lrs_entity e WHERE e.id = ANY (p_entities) AND e.kind = 1
                  AND NOT EXISTS (SELECT FROM lrs_statement_entity l WHERE l.entity_id = e.id));
    actors := ARRAY(SELECT a.id FROM connectors_actor a JOIN lrs_entity e ON e.digest = a.digest WHERE e.id = ANY (gone));
    DELETE FROM lrs_document d USING lrs_entity e
        WHERE e.id = ANY (gone) AND d.store_id = e.store_id AND d.agent = e.identifier;
    DELETE FROM lrs_agent_name n WHERE n.entity_id = ANY (gone);
    DELETE FROM connectors_identity_review r WHERE r.actor_id = ANY (actors);
    DELETE FROM connectors_actor_link l WHERE l.actor_id = ANY (actors);
    DELETE FROM compliance_outcome o USING connectors_actor a WHERE a.id = ANY (actors) AND o.actor = a.digest;
    DELETE FROM connectors_statement_context c WHERE c.actor_id = ANY (actors);
    DELETE FROM connectors_actor a WHERE a.id = ANY (actors);
    UPDATE lrs_entity e SET digest = gen_random_uuid(), identifier = '{"disposed":"' || e.id || '"}', first_seen = now()
        WHERE e.id = ANY (gone);
END
$$;

CREATE FUNCTION compliance_destroy_completions(p_ids bigint[]) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM compliance_completion_evidence e WHERE e.completion_id = ANY (p_ids);
    DELETE FROM compliance_completion c WHERE c.id = ANY (p_ids);
END
$$;

CREATE FUNCTION compliance_destroy_statements(p_seqs bigint[]) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    entities bigint[] := ARRAY(SELECT DISTINCT l.entity_id FROM lrs_statement_entity l WHERE l.seq = ANY (p_seqs));
    contents bigint[] := ARRAY(SELECT DISTINCT a.attachment_id FROM lrs_statement_attachment a WHERE a.seq = ANY (p_seqs));
BEGIN
    PERFORM compliance_destroy_completions(
        ARRAY(SELECT DISTINCT e.completion_id FROM compliance_completion_evidence e WHERE e.seq = ANY (p_seqs)));
    INSERT INTO lrs_disposed_statement (seq, store_id, source_id, statement_id, stored, fingerprint, commitment, disposed)
    SELECT s.seq, s.store_id, s.source_id, s.statement_id, s.stored, s.fingerprint,
           (SELECT e.commitment FROM compliance_log_entry e WHERE e.source = 1 AND e.key = s.seq), now()
    FROM lrs_statement s WHERE s.seq = ANY (p_seqs);
    -- Who refers to them took over their links; those go too, and what stays of its own stays.
    DELETE FROM lrs_statement_entity l USING (
        SELECT DISTINCT c.referrer, o.entity_id FROM lrs_statement s
        CROSS JOIN LATERAL lrs_reference_chains(s.store_id::integer, '{}', ARRAY[s.statement_id], 20) c
        JOIN lrs_statement_entity o ON o.seq = s.seq
        WHERE s.seq = ANY (p_seqs) AND c.target = s.seq
    ) t WHERE l.seq = t.referrer AND l.entity_id = t.entity_id AND l.roles & 32767 = 0;
    DELETE FROM lrs_statement_entity l WHERE l.seq = ANY (p_seqs);
    DELETE FROM lrs_statement_reference r WHERE r.seq = ANY (p_seqs);
    DELETE FROM lrs_signature_finding f WHERE f.seq = ANY (p_seqs);
    DELETE FROM lrs_statement_attachment a WHERE a.seq = ANY (p_seqs);
    DELETE FROM connectors_statement_context c WHERE c.seq = ANY (p_seqs);
    DELETE FROM compliance_outcome o WHERE o.seq = ANY (p_seqs);
    -- What a voiding statement voided stays voided: that row names no one.
    DELETE FROM lrs_statement s WHERE s.seq = ANY (p_seqs);
    WITH unused AS (
        DELETE FROM lrs_attachment a WHERE a.id = ANY (contents)
          AND NOT EXISTS (SELECT FROM lrs_statement_attachment u WHERE u.attachment_id = a.id)
        RETURNING a.store_id, a.sha256
    ) INSERT INTO lrs_disposed_attachment (store_id, sha256) SELECT u.store_id, u.sha256 FROM unused u;
    PERFORM compliance_forget_agents(entities);
END
$$;

CREATE FUNCTION compliance_destroy_training_records(p_ids bigint[]) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    WITH gone AS (
        DELETE FROM compliance_training_evidence e USING compliance_training_record t
        WHERE t.id = e.record_id AND t.id = ANY (p_ids) RETURNING t.store_id, e.sha256
    ) INSERT INTO lrs_disposed_attachment (store_id, sha256) SELECT DISTINCT g.store_id, g.sha256 FROM gone g;
    DELETE FROM compliance_training_record t WHERE t.id = ANY (p_ids);
END
$$;

-- All that is known of people as such. The bare rows stay: they hold a number and nothing else, and others' records
-- (whose manager somebody was) go on naming it.
CREATE FUNCTION compliance_destroy_people(p_roots bigint[]) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    people bigint[] := ARRAY(SELECT p.id FROM connectors_person p WHERE p.id = ANY (p_roots) OR p.merged_into_id = ANY (p_roots));
    engagements bigint[] := ARRAY(SELECT r.id FROM connectors_work_relationship r WHERE r.person_id = ANY (people));
    contexts bigint[] := ARRAY(SELECT c.id FROM connectors_context c WHERE c.person_id = ANY (people));
    systems integer[] := ARRAY(SELECT DISTINCT k.system_id FROM connectors_person_key k WHERE k.person_id = ANY (people));
    agents bigint[] := ARRAY(
        SELECT e.id FROM connectors_actor_link l JOIN connectors_actor a ON a.id = l.actor_id
        JOIN lrs_entity e ON e.digest = a.digest WHERE l.person_id = ANY (people));
    names text[] := ARRAY(
        SELECT n FROM connectors_person_version v
        CROSS JOIN LATERAL unnest(ARRAY[v.formatted_name, v.family_name]) n
        WHERE v.person_id = ANY (people) AND length(n) > 2
        UNION SELECT i.value FROM connectors_identifier i WHERE i.person_id = ANY (people) AND length(i.value) > 2);
BEGIN
    DELETE FROM connectors_statement_context c WHERE c.context_id = ANY (contexts);
    DELETE FROM connectors_context c WHERE c.id = ANY (contexts);
    DELETE FROM connectors_actor_link l WHERE l.person_id = ANY (people);
    PERFORM compliance_forget_agents(agents);
    DELETE FROM connectors_person_merge m WHERE m.person_id = ANY (people) OR m.into_id = ANY (people);
    DELETE FROM connectors_provisioning_gap g WHERE g.relationship_id = ANY (engagements);
    DELETE FROM connectors_work_assignment_version a WHERE a.person_id = ANY (people) OR a.relationship_id = ANY (engagements);
    DELETE FROM connectors_work_assignment a WHERE a.relationship_id = ANY (engagements);
    DELETE FROM connectors_work_relationship_version r WHERE r.relationship_id = ANY (engagements);
    DELETE FROM connectors_work_relationship r WHERE r.id = ANY (engagements);
    DELETE FROM connectors_identifier i WHERE i.person_id = ANY (people);
    DELETE FROM connectors_person_version v WHERE v.person_id = ANY (people);
    -- What the connections remember of them.
    DELETE FROM connectors_applied_record r USING connectors_person_key k
        WHERE k.person_id = ANY (people) AND r.system_id = k.system_id AND r.kind = 'worker' AND r.key = k.key;
    DELETE FROM connectors_mapped_record r USING connectors_person_key k
        WHERE k.person_id = ANY (people) AND r.system_id = k.system_id AND position(to_json(k.key)::text IN r.names) > 0;
    DELETE FROM connectors_seen_record r USING connectors_person_key k, connectors_sync_run n
        WHERE k.person_id = ANY (people) AND n.id = r.run_id AND n.system_id = k.system_id AND r.kind = 'worker' AND r.key = k.key;
    DELETE FROM connectors_scim_resource r USING connectors_person_key k
        WHERE k.person_id = ANY (people) AND r.system_id = k.system_id AND r.kind = 'User' AND r.worker_key = k.key;
    DELETE FROM connectors_sync_exception x WHERE x.system_id = ANY (systems) AND (
        EXISTS (SELECT FROM connectors_person_key k WHERE k.person_id = ANY (people) AND k.system_id = x.system_id AND k.key = x.key)
        OR EXISTS (SELECT FROM unnest(names) n WHERE position(n IN x.raw::text || x.reason || coalesce(x.corrected::text, '')) > 0));
    DELETE FROM connectors_reconciliation_difference f USING connectors_reconciliation c, connectors_person_key k
        WHERE c.id = f.reconciliation_id AND k.system_id = c.system_id AND k.person_id = ANY (people) AND f.key = k.key;
    UPDATE connectors_source_baseline b SET samples = '{}' WHERE b.system_id = ANY (systems);
    UPDATE connectors_sync_run n SET report = '{}' WHERE n.system_id = ANY (systems)
        AND EXISTS (SELECT FROM unnest(names) w WHERE position(w IN n.report::text) > 0);
    DELETE FROM connectors_person_key k WHERE k.person_id = ANY (people);
END
$$;

-- The one allowed path. Disposes of the next records of a list, at most so many, and returns what is left of it, with
-- the entries of the audit trail whose content went along: their salts are to be forgotten before the commit.
-- Checks here, in this transaction and for exactly these records: that somebody else signed for this list (or that
-- every rule of a record lets it go without), that no hold covers it, that it is due, and that it is what it was.
CREATE FUNCTION compliance_dispose(p_disposition bigint, p_most integer, OUT left_over integer, OUT entries bigint[])
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
            WHERE w.xid = pg_current_xact_id()::text::bigint AND w.operation = 'delete'
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
REVOKE EXECUTE ON FUNCTION compliance_destroy_people(bigint[]), compliance_destroy_training_records(bigint[]),
    compliance_destroy_statements(bigint[]), compliance_destroy_completions(bigint[]), compliance_forget_agents(bigint[])
    FROM PUBLIC;
