-- name: read_scenario
SELECT
    id::text, clinic_id::text, name, kind, mode, status, request, answers, plan, hint, objective, bound, seconds,
    failure, time_limit_seconds, stop_asked, run, deaths, version, exception_id::text, created_by, created_at,
    updated_at, started_at, finished_at, committed_at, calendar_seen_at
FROM scenario
WHERE clinic_id = %(clinic_id)s AND id = %(id)s

-- name: lock_scenario
-- A statement of its own: what is read behind it is what the last writer left.
SELECT id FROM scenario WHERE clinic_id = %(clinic_id)s AND id = %(id)s FOR UPDATE

-- name: scenario_version
SELECT version FROM scenario WHERE clinic_id = %(clinic_id)s AND id = %(id)s

-- name: list_scenarios
SELECT
    id::text, clinic_id::text, name, kind, mode, status, '{}'::jsonb, '{}'::jsonb, NULL::jsonb, NULL::jsonb,
    objective, bound, seconds, failure, time_limit_seconds, stop_asked, run, deaths, version, exception_id::text,
    created_by, created_at, updated_at, started_at, finished_at, committed_at, calendar_seen_at
FROM scenario
WHERE clinic_id = %(clinic_id)s AND kind = ANY(%(kinds)s::text[])
    AND (%(after_id)s::uuid IS NULL OR (created_at, id) < (%(after)s::timestamptz, %(after_id)s::uuid))
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s

-- name: list_to_reschedule
SELECT appointment_id::text, scenario_id::text, added_at, added_by, taken_off_at
FROM rescheduling_list
WHERE clinic_id = %(clinic_id)s AND taken_off_at IS NULL
    AND (
        %(after_id)s::uuid IS NULL OR (added_at, appointment_id) > (%(after)s::timestamptz, %(after_id)s::uuid)
    )
ORDER BY added_at, appointment_id
LIMIT %(limit)s
