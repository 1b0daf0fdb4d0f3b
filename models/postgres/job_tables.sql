-- name: create_job_schema
DO $$
BEGIN
    -- IF NOT EXISTS asks for the right to create before it looks.
    IF to_regnamespace('procrastinate') IS NULL THEN
        CREATE SCHEMA procrastinate;
    END IF;
END
$$

-- name: reached_job_step
SELECT obj_description(to_regnamespace('procrastinate'), 'pg_namespace')

-- name: grant_job_tables
-- As far as its functions need them, which run with the rights of whoever calls.
GRANT USAGE ON SCHEMA procrastinate TO slotwright_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA procrastinate TO slotwright_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA procrastinate TO slotwright_app;
