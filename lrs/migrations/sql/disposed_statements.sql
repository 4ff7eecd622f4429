-- What is left of a statement that was disposed of: that it was there, when it was stored, and the commitment the
-- proof log has of it, which says nothing once its salt is forgotten. The fingerprint keeps it from coming back: a
-- source that sends the same statement again is answered as for any other that is there already.
CREATE TABLE lrs_disposed_statement (
    seq bigint PRIMARY KEY,
    store_id integer NOT NULL,
    source_id integer NOT NULL,
    statement_id uuid NOT NULL,
    stored timestamptz NOT NULL,
    fingerprint uuid NOT NULL,
    commitment bytea,
    disposed timestamptz NOT NULL,
    UNIQUE (store_id, statement_id)
);

-- Contents of attachments nothing names any more, until their files are gone (compliance.retention.files).
CREATE TABLE lrs_disposed_attachment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store_id integer NOT NULL,
    sha256 text NOT NULL,
    removed timestamptz
);
CREATE INDEX lrs_disposed_attachment_open ON lrs_disposed_attachment (id) WHERE removed IS NULL;

-- Only that the file is gone may be told later, once.
CREATE FUNCTION lrs_only_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.removed IS NULL AND NEW.removed IS NOT NULL
       AND to_jsonb(NEW) - 'removed' = to_jsonb(OLD) - 'removed' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER lrs_disposed_attachment_append_only BEFORE UPDATE OR DELETE ON lrs_disposed_attachment
    FOR EACH ROW EXECUTE FUNCTION lrs_only_removed();
CREATE TRIGGER lrs_disposed_attachment_no_truncate BEFORE TRUNCATE ON lrs_disposed_attachment
    FOR EACH STATEMENT EXECUTE FUNCTION lrs_only_removed();
ALTER TABLE lrs_disposed_attachment ENABLE ALWAYS TRIGGER lrs_disposed_attachment_append_only;
ALTER TABLE lrs_disposed_attachment ENABLE ALWAYS TRIGGER lrs_disposed_attachment_no_truncate;

-- Transactions that are disposing right now. The owner's function alone writes it, and takes its row away before it
-- returns: nothing else of the same transaction gets past a trigger.
CREATE TABLE lrs_disposal_permit (xid xid8 PRIMARY KEY);

CREATE FUNCTION lrs_disposing() RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM lrs_disposal_permit p WHERE p.xid = pg_current_xact_id_if_assigned())
$$;

CREATE OR REPLACE FUNCTION lrs_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'TRUNCATE' AND lrs_disposing() THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

-- Links may gain roles (a referrer takes over its target's) but never lose one, and never go but with their statement.
CREATE OR REPLACE FUNCTION lrs_refuse_lost_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.entity_id = OLD.entity_id AND NEW.seq = OLD.seq AND OLD.roles & NEW.roles = OLD.roles THEN
        RETURN NEW;
    END IF;
    IF lrs_disposing() THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION '% only gains roles: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

-- As before, but what was disposed of is never stored again.
CREATE OR REPLACE FUNCTION lrs_store_batch(
    p_store integer, p_source integer, p_credential integer,
    p_ids uuid[], p_fingerprints uuid[], p_timestamps timestamptz[], p_versions smallint[], p_flags smallint[],
    p_tails text[],
    p_link_of integer[], p_link_entity bigint[], p_link_roles integer[],
    p_reference_of integer[], p_reference_target uuid[],
    p_void_of integer[], p_void_target uuid[],
    p_new_kinds smallint[], p_new_digests uuid[], p_new_identifiers text[],
    OUT base bigint, OUT tie integer, OUT already integer[], OUT referred boolean, OUT made bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    self xid8 := pg_current_xact_id();
    wanted integer := cardinality(p_ids);
    inserted integer;
    conflicting integer[];
BEGIN
    made := '{}';
    IF cardinality(p_new_digests) > 0 THEN
        SELECT array_agg(f.id ORDER BY n.k) INTO made
        FROM lrs_entities(p_store, p_new_kinds, p_new_digests, p_new_identifiers) AS f
        JOIN unnest(p_new_digests) WITH ORDINALITY AS n (digest, k) ON n.digest = f.digest;
    END IF;
    LOCK TABLE lrs_statement IN ROW EXCLUSIVE MODE;  -- before the clock: lrs_consistent_through relies on it
    tie := nextval('lrs_statement_tie');
    base := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 1577836800000000;
    INSERT INTO lrs_statement (seq, store_id, source_id, credential_id, statement_id, stored, timestamp, xid,
                               version, flags, fingerprint, payload)
    SELECT ((base + s.i) << 12) | tie, p_store, p_source, p_credential, s.id, t.at, coalesce(s.at, t.at), self,
           s.version, s.flags, s.fingerprint,
           '{"stored":"' || t.text || CASE WHEN s.at IS NULL THEN '","timestamp":"' || t.text ELSE '' END || '",' || s.tail
    FROM unnest(p_ids, p_fingerprints, p_timestamps, p_versions, p_flags, p_tails)
             WITH ORDINALITY AS s (id, fingerprint, at, version, flags, tail, i),
         LATERAL (SELECT to_timestamp(1577836800) + (base + s.i) * interval '1 microsecond' AS at) AS c,
         LATERAL (SELECT c.at, to_char(c.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS text) AS t
    WHERE NOT EXISTS (
        SELECT FROM lrs_disposed_statement d WHERE d.store_id = p_store AND d.statement_id = s.id
    )
    ORDER BY s.id
    ON CONFLICT (store_id, statement_id) DO NOTHING;
    GET DIAGNOSTICS inserted = ROW_COUNT;

    already := '{}';
    IF inserted < wanted THEN
        SELECT coalesce(array_agg(s.i::integer ORDER BY s.i), '{}'),
               array_agg(s.i::integer ORDER BY s.i) FILTER (WHERE e.fingerprint <> s.fingerprint)
        INTO already, conflicting
        FROM unnest(p_ids, p_fingerprints) WITH ORDINALITY AS s (id, fingerprint, i)
        JOIN LATERAL (
            SELECT l.seq, l.fingerprint FROM lrs_statement l WHERE l.store_id = p_store AND l.statement_id = s.id
            UNION ALL
            SELECT d.seq, d.fingerprint FROM lrs_disposed_statement d
            WHERE d.store_id = p_store AND d.statement_id = s.id
        ) e ON true
        WHERE e.seq <> ((base + s.i) << 12) | tie;
        IF conflicting IS NOT NULL THEN
            RAISE EXCEPTION 'other content is stored under the same id'
                USING ERRCODE = 'LR409', DETAIL = array_to_string(conflicting, ',');
        END IF;
    END IF;

    INSERT INTO lrs_statement_entity (entity_id, seq, roles)
    SELECT CASE WHEN l.entity < 0 THEN made[-l.entity] ELSE l.entity END, ((base + l.i) << 12) | tie, l.roles
    FROM unnest(p_link_of, p_link_entity, p_link_roles) AS l (i, entity, roles)
    WHERE inserted = wanted OR NOT l.i = ANY (already);

    IF cardinality(p_reference_of) > 0 THEN
        INSERT INTO lrs_statement_reference (seq, store_id, target)
        SELECT ((base + r.i) << 12) | tie, p_store, r.target
        FROM unnest(p_reference_of, p_reference_target) AS r (i, target)
        WHERE NOT r.i = ANY (already);
    END IF;
    IF cardinality(p_void_of) > 0 THEN
        INSERT INTO lrs_voided_statement (seq, store_id, statement_id)
        SELECT ((base + v.i) << 12) | tie, p_store, v.target
        FROM unnest(p_void_of, p_void_target) AS v (i, target)
        WHERE NOT v.i = ANY (already);
    END IF;
    referred := EXISTS (
        SELECT FROM lrs_statement_reference r WHERE r.store_id = p_store AND r.target = ANY (p_ids)
    );
END
$$;
