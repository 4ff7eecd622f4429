-- A batch and what it says of activities and agents, in one call and one transaction. Entities that p_entities and
-- p_agents name by a negative number are the batch's new ones, by their place in p_new_digests.
-- Locks are taken in one order by everybody (entities, statements, definitions, names; each sorted), so that
-- writers never wait in a circle.
CREATE FUNCTION lrs_store_and_learn(
    p_store integer, p_source integer, p_credential integer,
    p_ids uuid[], p_fingerprints uuid[], p_timestamps timestamptz[], p_versions smallint[], p_flags smallint[],
    p_tails text[],
    p_link_of integer[], p_link_entity bigint[], p_link_roles integer[],
    p_reference_of integer[], p_reference_target uuid[],
    p_void_of integer[], p_void_target uuid[],
    p_new_kinds smallint[], p_new_digests uuid[], p_new_identifiers text[],
    p_entities bigint[], p_definitions text[], p_digests uuid[], p_shown text[],
    p_agents bigint[], p_names text[],
    OUT base bigint, OUT tie integer, OUT already integer[], OUT referred boolean, OUT made bigint[],
    OUT contradicted bigint[], OUT known text[]
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT s.base, s.tie, s.already, s.referred, s.made INTO base, tie, already, referred, made
    FROM lrs_store_batch(
        p_store, p_source, p_credential, p_ids, p_fingerprints, p_timestamps, p_versions, p_flags, p_tails,
        p_link_of, p_link_entity, p_link_roles, p_reference_of, p_reference_target, p_void_of, p_void_target,
        p_new_kinds, p_new_digests, p_new_identifiers) AS s;
    contradicted := '{}';
    known := '{}';
    IF cardinality(p_entities) > 0 OR cardinality(p_agents) > 0 THEN
        SELECT coalesce(array_agg(l.entity_id), '{}'), coalesce(array_agg(l.definition), '{}')
        INTO contradicted, known
        FROM lrs_learn(
            ARRAY(SELECT CASE WHEN e < 0 THEN made[-e] ELSE e END
                  FROM unnest(p_entities) WITH ORDINALITY AS u (e, i) ORDER BY i),
            p_definitions, p_digests, p_shown,
            ARRAY(SELECT CASE WHEN a < 0 THEN made[-a] ELSE a END
                  FROM unnest(p_agents) WITH ORDINALITY AS u (a, i) ORDER BY i),
            p_names, false) AS l;
    END IF;
END
$$;
