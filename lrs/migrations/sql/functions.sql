-- Dictionary look-up of a batch: finds or makes each entity. Missing ones are inserted in digest order, so
-- that concurrent batches sharing actors and activities queue behind each other and never deadlock.
CREATE FUNCTION lrs_entities(p_store integer, p_kinds smallint[], p_digests uuid[], p_identifiers text[])
RETURNS TABLE (digest uuid, id bigint) LANGUAGE plpgsql
-- A plan made while the dictionary was small would go on reading all of it.
SET enable_seqscan = off AS $$
DECLARE
    found integer;
BEGIN
    SELECT count(*) INTO found FROM lrs_entity e WHERE e.digest = ANY (p_digests);
    IF found < cardinality(p_digests) THEN
        INSERT INTO lrs_entity (store_id, kind, digest, identifier, first_seen)
        SELECT p_store, u.kind, u.digest, u.identifier, clock_timestamp()
        FROM unnest(p_kinds, p_digests, p_identifiers) AS u (kind, digest, identifier)
        WHERE NOT EXISTS (SELECT FROM lrs_entity e WHERE e.digest = u.digest)
        ORDER BY u.digest
        ON CONFLICT ON CONSTRAINT lrs_entity_digest_key DO NOTHING;
    END IF;
    RETURN QUERY SELECT e.digest, e.id FROM lrs_entity e WHERE e.digest = ANY (p_digests);
END
$$;

-- Stores a batch whole or not at all, in one round trip. Statement i (from 1) is given the key
-- ((now in microseconds + i) << 12) | tie. Statements already stored under their id with the same
-- fingerprint are left as they are and reported; another fingerprint raises LR409 with the positions.
-- The links of statement i are those with p_link_of = i, and so on for references and voided ids. A link's
-- entity is an id, or -k for the k-th of p_new_digests, which are found or made first; their ids come back.
CREATE FUNCTION lrs_store_batch(
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
    ORDER BY s.id
    ON CONFLICT (store_id, statement_id) DO NOTHING;
    GET DIAGNOSTICS inserted = ROW_COUNT;

    already := '{}';
    IF inserted < wanted THEN
        SELECT coalesce(array_agg(s.i::integer ORDER BY s.i), '{}'),
               array_agg(s.i::integer ORDER BY s.i) FILTER (WHERE e.fingerprint <> s.fingerprint)
        INTO already, conflicting
        FROM unnest(p_ids, p_fingerprints) WITH ORDINALITY AS s (id, fingerprint, i)
        JOIN lrs_statement e ON e.store_id = p_store AND e.statement_id = s.id
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

-- Who refers to what, through chains of up to p_most references. up: every statement that, directly or through
-- others, refers to one of p_targets, and p_referrers themselves. down: what each of those refers to, step by
-- step. A cycle ends by itself: UNION keeps each row once, and depth is bounded.
CREATE FUNCTION lrs_reference_chains(p_store integer, p_referrers bigint[], p_targets uuid[], p_most integer)
RETURNS TABLE (referrer bigint, target bigint) LANGUAGE sql STABLE
-- The planner expects much of a recursion, and would read all statements to join a handful.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
WITH RECURSIVE up (seq, statement_id, target) AS (
    SELECT r.seq, s.statement_id, r.target
    FROM lrs_statement_reference r JOIN lrs_statement s ON s.seq = r.seq
    WHERE r.seq = ANY (p_referrers)
    UNION
    SELECT r.seq, s.statement_id, r.target
    FROM lrs_statement_reference r JOIN lrs_statement s ON s.seq = r.seq
    WHERE r.store_id = p_store AND r.target = ANY (p_targets)
    UNION
    SELECT r.seq, s.statement_id, r.target
    FROM up JOIN lrs_statement_reference r ON r.store_id = p_store AND r.target = up.statement_id
    JOIN lrs_statement s ON s.seq = r.seq
), down (referrer, seq, target, depth) AS (
    SELECT up.seq, t.seq, r.target, 1
    FROM up JOIN lrs_statement t ON t.store_id = p_store AND t.statement_id = up.target
    LEFT JOIN lrs_statement_reference r ON r.seq = t.seq
    UNION
    SELECT d.referrer, t.seq, r.target, d.depth + 1
    FROM down d JOIN lrs_statement t ON t.store_id = p_store AND t.statement_id = d.target
    LEFT JOIN lrs_statement_reference r ON r.seq = t.seq
    WHERE d.depth < p_most
)
SELECT DISTINCT d.referrer, d.seq FROM down d WHERE d.referrer <> d.seq
$$;

-- The moment before which every statement that will ever be stored is visible now, exact whatever else the
-- database does: writers take their lock on the table before they read the clock, so a writer not seen here
-- stores later than the moment returned. A session of another role hides when it began (unless this role has
-- pg_read_all_stats): while one of those writes, or a prepared transaction waits, the answer is the beginning of
-- time, never too late. One that shows itself idle has ended meanwhile (what reads next sees its statements) or
-- took its lock after the clock was read here.
CREATE FUNCTION lrs_consistent_through() RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    PERFORM pg_stat_clear_snapshot();
    RETURN least(moment, (
        SELECT min(CASE
            WHEN a.xact_start IS NOT NULL THEN a.xact_start
            WHEN l.pid IS NULL OR (a.pid IS NOT NULL AND a.state IS NULL) THEN to_timestamp(1577836800)
        END)
        FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'relation' AND l.relation = 'lrs_statement'::regclass
          AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
          AND l.mode = 'RowExclusiveLock' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
    ));
END
$$;
