-- name: name_counters
-- What was counted once keeps its number, so that it can be counted again.
INSERT INTO resource (clinic_id, id, kind, counter)
SELECT %(clinic_id)s, named.id, 4, named.counter
FROM unnest(%(ids)s::uuid[], %(counters)s::text[]) AS named (id, counter)
ON CONFLICT (clinic_id, counter) DO NOTHING

-- name: numbers_of_counters
SELECT counter, resource_no FROM resource WHERE clinic_id = %(clinic_id)s AND kind = 4

-- name: holders_that_ran_out
SELECT holders_run_out(%(clinic_id)s, %(now)s)::text

-- name: claims_near
-- Those that reach beyond a moment, and whoever had the same unit lately.
SELECT holder_id::text, unit_id, starts_at, ends_at
FROM claim
WHERE clinic_id = %(clinic_id)s AND (unit_id >> 10) = ANY(%(resource_nos)s::bigint[])
    AND ends_at > %(since)s::timestamptz - interval '3 days'

-- name: open_groups
INSERT INTO group_visit (
    clinic_id, id, provider_id, service_id, room_id, location_id, starts_at, ends_at, overbook, equipment,
    created_at
) VALUES (
    %(clinic_id)s, %(id)s, %(provider_id)s, %(service_id)s, %(room_id)s, %(location_id)s, %(starts_at)s,
    %(ends_at)s, %(overbook)s, %(equipment)s::jsonb, %(now)s
)

-- name: regroup
UPDATE appointment SET group_visit_id = moved.group_visit_id
FROM unnest(%(ids)s::uuid[], %(group_visit_ids)s::uuid[]) AS moved (id, group_visit_id)
WHERE appointment.clinic_id = %(clinic_id)s AND appointment.id = moved.id

-- name: count_changes
WITH locked AS MATERIALIZED (
    SELECT id FROM resource
    WHERE clinic_id = %(clinic_id)s AND resource_no = ANY(%(resource_nos)s::bigint[])
    ORDER BY kind, resource_no
    FOR NO KEY UPDATE
)
UPDATE resource SET calendar_version = calendar_version + 1
FROM locked
WHERE resource.clinic_id = %(clinic_id)s AND resource.id = locked.id
