-- The link table: one narrow row for each thing a statement points at. The covering index answers every
-- filter in key order without touching the heap.
CREATE TABLE lrs_statement_entity (
    seq bigint NOT NULL,
    entity_id bigint NOT NULL,
    roles integer NOT NULL,
    CONSTRAINT lrs_statement_entity_key PRIMARY KEY (entity_id, seq) INCLUDE (roles)
);

-- What a statement is about: its actor and its object, own or taken over (the mask of
-- lrs.ingest.links.DIRECT_ROLES). A course stands beside a million statements and is the object of a few: this
-- finds the few.
CREATE INDEX lrs_statement_entity_direct ON lrs_statement_entity (entity_id, seq) INCLUDE (roles)
    WHERE (roles & 98307) <> 0;

-- Breaks ties between statements stored in the same microsecond.
CREATE SEQUENCE lrs_statement_tie AS integer MINVALUE 0 MAXVALUE 4095 START 0 CYCLE;

-- Insert-only tables: freeze and mark pages all-visible early, so that no late vacuum has to.
ALTER TABLE lrs_statement SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE lrs_statement_entity SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
-- A few entities (verbs, courses) stand in most statements and most stand in few: the planner must know which.
ALTER TABLE lrs_statement_entity ALTER COLUMN entity_id SET STATISTICS 1000;

DO $$
BEGIN
    ALTER TABLE lrs_statement ALTER COLUMN payload SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    RAISE NOTICE 'this PostgreSQL was built without lz4; long payloads are compressed with pglz';
END
$$;
