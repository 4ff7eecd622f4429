-- What a batch says of activities and agents, in one round trip: unseen definitions and names are kept, in
-- order of their keys, so that concurrent batches sharing activities and agents queue behind each other and
-- never deadlock. Returns the activities that are known otherwise than said, with what is known of them.
-- A plan made while the tables were small is kept by its connection; it must not read them through when they
-- have grown.
CREATE FUNCTION lrs_learn(
    p_entities bigint[], p_definitions text[], p_digests uuid[], p_shown text[],
    p_agents bigint[], p_names text[], p_can_be_told_again boolean)
RETURNS TABLE (entity_id bigint, definition text) LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    IF p_can_be_told_again THEN
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;
    IF cardinality(p_entities) > 0 THEN
        INSERT INTO lrs_activity_definition (entity_id, definition, digest, name, updated)
        SELECT u.entity, u.definition, u.digest, u.shown, clock_timestamp()
        FROM unnest(p_entities, p_definitions, p_digests, p_shown) AS u (entity, definition, digest, shown)
        ORDER BY u.entity
        ON CONFLICT DO NOTHING;
    END IF;
    IF cardinality(p_agents) > 0 THEN
        INSERT INTO lrs_agent_name (entity_id, name, first_seen)
        SELECT u.agent, u.name, clock_timestamp()
        FROM unnest(p_agents, p_names) AS u (agent, name)
        ORDER BY u.agent, u.name
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN QUERY
        SELECT known.entity_id, known.definition
        FROM unnest(p_entities, p_digests) AS u (entity, digest),
             LATERAL (SELECT d.* FROM lrs_activity_definition d WHERE d.entity_id = u.entity LIMIT 1) AS known
        WHERE known.digest <> u.digest;
END
$$;

-- Locks the definitions of these activities, in the order of their keys, and returns them.
CREATE FUNCTION lrs_lock_definitions(p_entities bigint[], p_can_be_told_again boolean)
RETURNS TABLE (entity_id bigint, definition text) LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    IF p_can_be_told_again THEN
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;
    RETURN QUERY
        SELECT d.entity_id, d.definition FROM lrs_activity_definition d
        WHERE d.entity_id = ANY (p_entities)
        ORDER BY d.entity_id FOR NO KEY UPDATE;
END
$$;
