-- name: defer_solve
SELECT procrastinate_defer_jobs_v1(ARRAY[
    ROW(
        %(queue)s, %(task)s, 0, %(lock)s, NULL, %(arguments)s::jsonb, NULL
    )::procrastinate_job_to_defer_v1
])

-- name: drop_dead_jobs
-- Jobs that somebody fetched and nobody works on: the scenario is over, gone, or has had no word for too long.
-- They would keep every later job of the same scenario waiting.
DELETE FROM procrastinate_jobs AS job
WHERE task_name = %(task)s AND status = 'doing'
    AND NOT EXISTS (
        SELECT FROM procrastinate_events AS event
        WHERE event.job_id = job.id AND event.type = 'started'
            AND event.at > now() - %(dead_after)s * interval '1 second'
    )
    AND NOT EXISTS (
        SELECT FROM scenario
        WHERE clinic_id = (job.args ->> 'clinic_id')::uuid AND id = (job.args ->> 'scenario_id')::uuid
            AND status = 'solving' AND seen_at > now() - %(dead_after)s * interval '1 second'
    )

-- name: rescue_scenarios
-- Whoever worked on it has not been heard of for too long, or its job has vanished: it waits anew, with a job.
WITH left_behind AS (
    SELECT
        clinic_id, id,
        EXISTS (
            SELECT FROM procrastinate_jobs AS job
            WHERE job.lock = %(lock_prefix)s || scenario.id AND job.status IN ('todo', 'doing')
        ) AS has_job
    FROM scenario
    WHERE status IN ('queued', 'solving') AND seen_at < now() - %(dead_after)s * interval '1 second'
    FOR UPDATE SKIP LOCKED
), waiting AS (
    UPDATE scenario SET
        status = 'queued', deaths = deaths + (status = 'solving')::integer, version = version + 1,
        updated_at = %(now)s, seen_at = now()
    FROM left_behind
    WHERE scenario.clinic_id = left_behind.clinic_id AND scenario.id = left_behind.id
        AND (status = 'solving' OR NOT has_job)
    RETURNING scenario.clinic_id, scenario.id, has_job
)
SELECT clinic_id::text, id::text, has_job FROM waiting

-- name: drop_finished_jobs
-- Those that ended well are gone at once; what failed is kept for a while, to be looked at.
WITH dropped AS (
    DELETE FROM procrastinate_jobs
    WHERE id IN (
        SELECT job.id FROM procrastinate_jobs AS job
        WHERE status IN ('succeeded', 'failed', 'cancelled', 'aborted')
            AND NOT EXISTS (
                SELECT FROM procrastinate_events AS event
                WHERE event.job_id = job.id AND event.at > now() - %(kept)s * interval '1 second'
            )
        LIMIT %(most)s
    )
    RETURNING 1
)
SELECT count(*) FROM dropped

-- name: drop_expired_keys
-- Clinic by clinic, for the index begins with it.
WITH dropped AS (
    DELETE FROM idempotency_key AS expired
    USING clinic
    CROSS JOIN LATERAL (
        SELECT subject, operation, key FROM idempotency_key
        WHERE clinic_id = clinic.id AND expires_at <= %(now)s
        LIMIT %(most)s
    ) AS due
    WHERE expired.clinic_id = clinic.id AND expired.subject = due.subject
        AND expired.operation = due.operation AND expired.key = due.key AND expired.expires_at <= %(now)s
    RETURNING 1
)
SELECT count(*) FROM dropped

-- name: overdue_holds
SELECT clinic_id::text, id::text FROM appointment
WHERE status = 'pending' AND expires_at <= %(now)s
ORDER BY clinic_id, expires_at
LIMIT %(most)s
