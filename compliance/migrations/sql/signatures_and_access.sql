-- What was signed, acknowledged, seen and done at the doors is never changed or removed, whoever asks: the triggers
-- fire for the tables' owner and under session_replication_role = replica too (ENABLE ALWAYS).
CREATE FUNCTION compliance_access_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

-- Rows that stay as they were written, but for the columns named, which may be filled once.
CREATE FUNCTION compliance_access_fill_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := to_jsonb(OLD);
    after jsonb;
    name text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        after := to_jsonb(NEW);
        FOREACH name IN ARRAY TG_ARGV LOOP
            IF before ->> name IS NULL OR before ->> name = '' THEN
                before := before - name;
                after := after - name;
            END IF;
        END LOOP;
        IF before = after THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is ended, never changed: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

DO $$
DECLARE
    name text;
    filled text;
BEGIN
    FOREACH name IN ARRAY ARRAY['compliance_signature', 'compliance_completed_record', 'compliance_policy_acknowledgement',
                                'compliance_accountability_policy', 'compliance_access_event', 'compliance_disclosure',
                                'compliance_account_name']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION compliance_access_refuse_change()', name || '_append_only', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION compliance_access_refuse_change()', name || '_no_truncate', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_append_only');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_no_truncate');
    END LOOP;
    FOR name, filled IN VALUES
        ('compliance_grant', '''revoked_at'', ''revoked_by_id'', ''revoked_why'''),
        ('compliance_identity_verification', '''revoked_at'', ''revoked_by_id'', ''revoked_why'''),
        ('compliance_certification_letter', '''withdrawn_at'''),
        ('compliance_password_reset', '''approved_at'', ''approved_by_id'', ''refused_at'''),
        ('compliance_recertification_item', '''keep'', ''decided'', ''decided_by_id'', ''note''')
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION compliance_access_fill_once(%s)', name || '_fill_once', name, filled);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION compliance_access_refuse_change()', name || '_no_truncate', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_fill_once');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_no_truncate');
    END LOOP;
END
$$;

-- A user name, in whatever case, belongs to the first account that had it, for ever (21 CFR 11.100(a), 11.300(a)).
INSERT INTO compliance_account_name (folded, user_id, taken_at)
SELECT lower(username), min(id), now() FROM auth_user GROUP BY lower(username);

CREATE FUNCTION compliance_take_account_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO compliance_account_name (folded, user_id, taken_at) VALUES (lower(NEW.username), NEW.id, now())
    ON CONFLICT (folded) DO NOTHING;
    IF NOT EXISTS (SELECT FROM compliance_account_name WHERE folded = lower(NEW.username) AND user_id = NEW.id) THEN
        RAISE EXCEPTION 'the user name % is or was another account''s', NEW.username
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'compliance_account_name_for_ever';
    END IF;
    RETURN NEW;
END
$$;
-- Every password an account has had, as its hash, whichever way it was set; "!" begins what is none.
INSERT INTO compliance_password_used (user_id, encoded, since)
SELECT id, password, now() FROM auth_user WHERE password <> '' AND password NOT LIKE '!%';

CREATE FUNCTION compliance_keep_password() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.password <> '' AND NEW.password NOT LIKE '!%' AND (TG_OP = 'INSERT' OR NEW.password <> OLD.password) THEN
        INSERT INTO compliance_password_used (user_id, encoded, since) VALUES (NEW.id, NEW.password, now());
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER compliance_keep_password AFTER INSERT OR UPDATE OF password ON auth_user
    FOR EACH ROW EXECUTE FUNCTION compliance_keep_password();
ALTER TABLE auth_user ENABLE ALWAYS TRIGGER compliance_keep_password;

CREATE TRIGGER compliance_take_account_name AFTER INSERT OR UPDATE OF username ON auth_user
    FOR EACH ROW EXECUTE FUNCTION compliance_take_account_name();
ALTER TABLE auth_user ENABLE ALWAYS TRIGGER compliance_take_account_name;
