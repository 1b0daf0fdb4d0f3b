-- name: create_schema
DO $$
BEGIN
    -- IF NOT EXISTS asks for the right to create before it looks.
    IF to_regnamespace('slotwright') IS NULL THEN
        CREATE SCHEMA slotwright;
    END IF;
    IF to_regclass('slotwright.schema_migration') IS NULL THEN
        GRANT USAGE ON SCHEMA slotwright TO slotwright_app;
        CREATE TABLE slotwright.schema_migration (
            number integer PRIMARY KEY CHECK (number > 0),
            name text NOT NULL,
            sha256 text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        );
        GRANT SELECT ON slotwright.schema_migration TO slotwright_app;
    END IF;
END
$$

-- name: applied_migrations
SELECT number, name, sha256 FROM slotwright.schema_migration ORDER BY number

-- name: record_migration
INSERT INTO slotwright.schema_migration (number, name, sha256) VALUES (%(number)s, %(name)s, %(sha256)s)
