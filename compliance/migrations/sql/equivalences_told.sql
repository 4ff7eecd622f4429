-- Whether a course counts as another is something the status of everybody in a store stands on.
CREATE FUNCTION compliance_equivalence_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM compliance_tell_change(c.store_id, NULL) FROM compliance_course c WHERE c.id = NEW.counts_as_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER compliance_equivalence_told AFTER INSERT OR UPDATE ON compliance_course_equivalence
    FOR EACH ROW EXECUTE FUNCTION compliance_equivalence_changed();
