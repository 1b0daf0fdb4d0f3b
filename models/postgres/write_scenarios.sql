-- name: insert_scenario
INSERT INTO scenario (
    clinic_id, id, name, kind, mode, status, request, answers, time_limit_seconds, exception_id,
    created_by, created_at, updated_at
)
VALUES (
    %(clinic_id)s, %(id)s, %(name)s, %(kind)s, %(mode)s, %(status)s, %(request)s::jsonb, %(answers)s::jsonb,
    %(time_limit_seconds)s, %(exception_id)s, %(created_by)s, %(created_at)s, %(created_at)s
)

-- name: mark_solving
-- Taken up from the queue, or from somebody who has not been heard of for too long.
UPDATE scenario SET
    status = 'solving', run = run + 1, deaths = deaths + (status = 'solving')::integer, version = version + 1,
    started_at = coalesce(started_at, %(now)s), updated_at = %(now)s, seen_at = now()
WHERE clinic_id = %(clinic_id)s AND id = %(id)s
    AND (status = 'queued' OR status = 'solving' AND seen_at < now() - %(dead_after)s * interval '1 second')
RETURNING id

-- name: write_progress
-- Whoever works on it is alive, and may have found a better plan; the row stays as long as before without one.
UPDATE scenario SET
    plan = coalesce(%(plan)s::jsonb, plan), objective = coalesce(%(objective)s, objective),
    bound = coalesce(%(bound)s, bound), seconds = %(seconds)s,
    calendar_seen_at = coalesce(%(calendar_seen_at)s, calendar_seen_at),
    version = version + %(news)s::integer, updated_at = CASE WHEN %(news)s THEN %(now)s ELSE updated_at END,
    seen_at = now()
WHERE clinic_id = %(clinic_id)s AND id = %(id)s AND status = 'solving' AND run = %(run)s
RETURNING stop_asked

-- name: finish_scenario
UPDATE scenario SET
    status = %(status)s, failure = %(failure)s,
    plan = coalesce(%(plan)s::jsonb, plan), objective = coalesce(%(objective)s, objective),
    bound = coalesce(%(bound)s, bound), seconds = %(seconds)s,
    calendar_seen_at = coalesce(%(calendar_seen_at)s, calendar_seen_at), stop_asked = false,
    version = version + 1, updated_at = %(now)s, finished_at = %(now)s, seen_at = now()
WHERE clinic_id = %(clinic_id)s AND id = %(id)s AND status = 'solving' AND run = %(run)s
RETURNING id

-- name: put_back
UPDATE scenario SET status = 'queued', version = version + 1, updated_at = %(now)s, seen_at = now()
WHERE clinic_id = %(clinic_id)s AND id = %(id)s AND status = 'solving' AND run = %(run)s
RETURNING id

-- name: ask_to_stop
-- Whoever works on it hears of it when they next write; where nobody has begun, it is over at once.
UPDATE scenario SET
    status = CASE WHEN status = 'queued' THEN 'stopped' ELSE status END,
    finished_at = CASE WHEN status = 'queued' THEN %(now)s ELSE finished_at END,
    stop_asked = (status = 'solving'), version = version + 1, updated_at = %(now)s
WHERE clinic_id = %(clinic_id)s AND id = %(id)s AND status IN ('queued', 'solving')
RETURNING id

-- name: requeue
-- With other answers the plan so far may be one that a patient cannot keep: it is where the next one starts.
UPDATE scenario SET
    status = 'queued', failure = NULL, stop_asked = false, deaths = 0, bound = NULL, seconds = 0,
    hint = coalesce(plan, hint),
    plan = CASE WHEN answers = coalesce(%(answers)s::jsonb, answers) THEN plan END,
    objective = CASE WHEN answers = coalesce(%(answers)s::jsonb, answers) THEN objective END,
    answers = coalesce(%(answers)s::jsonb, answers),
    time_limit_seconds = coalesce(%(time_limit_seconds)s, time_limit_seconds),
    version = version + 1, updated_at = %(now)s, started_at = NULL, finished_at = NULL, seen_at = now()
WHERE clinic_id = %(clinic_id)s AND id = %(id)s AND status IN ('solved', 'stopped', 'failed')
RETURNING id

-- name: mark_committed
UPDATE scenario SET
    status = 'committed', plan = coalesce(%(plan)s::jsonb, plan), version = version + 1,
    updated_at = %(now)s, committed_at = %(now)s
WHERE clinic_id = %(clinic_id)s AND id = %(id)s AND status IN ('solved', 'stopped')
RETURNING id

-- name: delete_scenario
DELETE FROM scenario
WHERE clinic_id = %(clinic_id)s AND id = %(id)s AND status <> 'committed'
RETURNING id

-- name: add_to_rescheduling_list
INSERT INTO rescheduling_list (clinic_id, appointment_id, scenario_id, added_at, added_by)
SELECT %(clinic_id)s, unnest(%(appointment_ids)s::uuid[]), %(scenario_id)s, %(now)s, %(added_by)s
ON CONFLICT (clinic_id, appointment_id) DO NOTHING

-- name: take_off_rescheduling_list
UPDATE rescheduling_list SET taken_off_at = %(now)s
WHERE clinic_id = %(clinic_id)s AND appointment_id = %(appointment_id)s AND taken_off_at IS NULL
RETURNING appointment_id
