-- The roles that serve (R23). Roles belong to the whole server, not to one database. `manage.py migrate` runs this; where
-- its role may not create roles, a superuser runs it once, before. Running it again changes nothing.
--
-- portal_app serves, inherits nothing, and takes on one of the others for the length of a transaction
-- (companies/partners/scope.py). None can sign in until portal_app is given a password: see docs/deploy.md.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['portal_sign_in', 'portal_partner', 'portal_viewer', 'portal_support', 'portal_app'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', name);
            END IF;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL;  -- another database of this server was migrated at the same moment
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'The role % is missing, and % may not create it.', name, current_user
                    USING HINT = 'Let a superuser run companies/partners/roles.sql once.';
        END;
    END LOOP;
    FOREACH name IN ARRAY ARRAY['portal_sign_in', 'portal_partner', 'portal_viewer', 'portal_support'] LOOP
        BEGIN
            IF NOT pg_has_role('portal_app', name, 'MEMBER') THEN
                EXECUTE format('GRANT %I TO portal_app', name);
            END IF;
        EXCEPTION WHEN internal_error OR unique_violation THEN
            NULL;  -- "tuple concurrently updated": the same
        END;
    END LOOP;
    -- On one's own machine the owner serves too, and gives its power up for that (`manage.py demo`).
    BEGIN
        IF NOT pg_has_role('portal_app', 'MEMBER') THEN
            EXECUTE format('GRANT portal_app TO %I', current_user);
        END IF;
    EXCEPTION WHEN internal_error OR unique_violation OR insufficient_privilege THEN
        NULL;
    END;
END $$;
