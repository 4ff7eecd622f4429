-- Keeps connectors_coverage_day: for each day of arrival, source and reason, how many learners of statements count
-- so. A derivation adds its rows at once; one that ends earlier rows takes those off. Two derivations never run at
-- once (connectors.enrichment.derive), so nobody waits for a row here. A key of a statement is its time of storing.
CREATE FUNCTION connectors_coverage_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO connectors_coverage_day AS c (store_id, source_id, day, why_not, learners)
    SELECT n.store_id, n.source_id,
           (to_timestamp(1577836800 + (n.seq >> 12) / 1000000) AT TIME ZONE 'UTC')::date, n.why_not, count(*)
    FROM added n WHERE n.recorded_to IS NULL
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (store_id, day, source_id, why_not) DO UPDATE SET learners = c.learners + excluded.learners;
    RETURN NULL;
END
$$;

CREATE FUNCTION connectors_coverage_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE connectors_coverage_day c SET learners = c.learners - o.ended
    FROM (
        SELECT b.store_id, b.source_id,
               (to_timestamp(1577836800 + (b.seq >> 12) / 1000000) AT TIME ZONE 'UTC')::date AS day, b.why_not,
               count(*) AS ended
        FROM before b WHERE b.recorded_to IS NULL GROUP BY 1, 2, 3, 4
    ) o
    WHERE c.store_id = o.store_id AND c.source_id = o.source_id AND c.day = o.day AND c.why_not = o.why_not;
    RETURN NULL;
END
$$;

INSERT INTO connectors_coverage_day (store_id, source_id, day, why_not, learners)
SELECT s.store_id, s.source_id, (to_timestamp(1577836800 + (s.seq >> 12) / 1000000) AT TIME ZONE 'UTC')::date,
       s.why_not, count(*)
FROM connectors_statement_context s WHERE s.recorded_to IS NULL GROUP BY 1, 2, 3, 4;

CREATE TRIGGER connectors_statement_context_counted AFTER INSERT ON connectors_statement_context
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION connectors_coverage_added();
CREATE TRIGGER connectors_statement_context_uncounted AFTER UPDATE ON connectors_statement_context
    REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION connectors_coverage_ended();
