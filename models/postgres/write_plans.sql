-- name: defer_guard
-- Two may swap their units: nobody asks before the end of the transaction.
SET CONSTRAINTS units_are_never_held_twice DEFERRED

-- name: free_plan
-- What is freed is counted beside what the caller names: counters that others hold, too.
WITH freed AS (
    DELETE FROM claim
    WHERE clinic_id = %(clinic_id)s AND holder_id = ANY(%(holder_ids)s::uuid[])
    RETURNING unit_id >> 10 AS resource_no
)
UPDATE resource SET calendar_version = calendar_version + 1
WHERE clinic_id = %(clinic_id)s AND resource_no IN (
    SELECT resource_no FROM freed
    UNION
    SELECT unnest(%(resource_nos)s::bigint[])
)

-- name: open_plan_groups
INSERT INTO group_visit (
    clinic_id, id, service_id, provider_id, room_id, location_id, starts_at, ends_at, overbook, equipment,
    created_at
)
SELECT
    %(clinic_id)s, opened.id, opened.service_id, opened.provider_id, opened.room_id, opened.location_id,
    opened.starts_at, opened.ends_at, opened.overbook, opened.equipment::jsonb, %(now)s
FROM unnest(
    %(ids)s::uuid[], %(service_ids)s::uuid[], %(provider_ids)s::uuid[], %(room_ids)s::uuid[],
    %(location_ids)s::uuid[], %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(overbooks)s::boolean[],
    %(equipment)s::text[]
) AS opened (
    id, service_id, provider_id, room_id, location_id, starts_at, ends_at, overbook, equipment
)

-- name: change_appointments
UPDATE appointment SET
    provider_id = changed.provider_id, room_id = changed.room_id, location_id = changed.location_id,
    starts_at = changed.starts_at, ends_at = changed.ends_at, expires_at = changed.expires_at,
    status = changed.status, overbook = changed.overbook, group_visit_id = changed.group_visit_id,
    version = changed.version, updated_at = %(now)s
FROM unnest(
    %(ids)s::uuid[], %(provider_ids)s::uuid[], %(room_ids)s::uuid[], %(location_ids)s::uuid[],
    %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(expiries)s::timestamptz[], %(statuses)s::text[],
    %(overbooks)s::boolean[], %(group_visit_ids)s::uuid[], %(versions)s::integer[]
) AS changed (
    id, provider_id, room_id, location_id, starts_at, ends_at, expires_at, status, overbook, group_visit_id,
    version
)
WHERE appointment.clinic_id = %(clinic_id)s AND appointment.id = changed.id

-- name: add_appointments
INSERT INTO appointment (
    clinic_id, id, patient_id, service_id, provider_id, room_id, location_id, starts_at, ends_at, expires_at,
    status, overbook, group_visit_id, version, created_at, updated_at
)
SELECT
    %(clinic_id)s, added.id, added.patient_id, added.service_id, added.provider_id, added.room_id,
    added.location_id, added.starts_at, added.ends_at, added.expires_at, added.status, added.overbook,
    added.group_visit_id, added.version, %(now)s, %(now)s
FROM unnest(
    %(ids)s::uuid[], %(patient_ids)s::uuid[], %(service_ids)s::uuid[], %(provider_ids)s::uuid[],
    %(room_ids)s::uuid[], %(location_ids)s::uuid[], %(starts)s::timestamptz[], %(ends)s::timestamptz[],
    %(expiries)s::timestamptz[], %(statuses)s::text[], %(overbooks)s::boolean[], %(group_visit_ids)s::uuid[],
    %(versions)s::integer[]
) AS added (
    id, patient_id, service_id, provider_id, room_id, location_id, starts_at, ends_at, expires_at, status,
    overbook, group_visit_id, version
)

-- name: unequip
DELETE FROM appointment_equipment
WHERE clinic_id = %(clinic_id)s AND appointment_id = ANY(%(ids)s::uuid[])

-- name: equip
INSERT INTO appointment_equipment (clinic_id, appointment_id, equipment_id, units)
SELECT %(clinic_id)s, used.appointment_id, used.equipment_id, used.units
FROM unnest(%(ids)s::uuid[], %(pool_ids)s::uuid[], %(units)s::smallint[])
    AS used (appointment_id, equipment_id, units)

-- name: exchange_units
-- All at once, before anybody new claims anything.
UPDATE claim SET unit_id = moved.new_unit_id
FROM unnest(%(holder_ids)s::uuid[], %(unit_ids)s::bigint[], %(new_unit_ids)s::bigint[])
    AS moved (holder_id, unit_id, new_unit_id)
WHERE claim.clinic_id = %(clinic_id)s
    AND claim.holder_id = moved.holder_id AND claim.unit_id = moved.unit_id

-- name: write_trails
WITH told AS (
    INSERT INTO outbox (clinic_id, appointment_id, type, payload, created_at)
    SELECT %(clinic_id)s, change.id, change.event, change.payload::jsonb, %(now)s
    FROM unnest(%(ids)s::uuid[], %(events)s::text[], %(payloads)s::text[]) WITH ORDINALITY
        AS change (id, event, payload, place)
    ORDER BY place
)
INSERT INTO audit (clinic_id, at, subject, role, action, entity, entity_id, before, after)
SELECT
    %(clinic_id)s, %(now)s, %(subject)s, %(role)s, change.action, 'appointment', change.id,
    change.before::jsonb, change.after::jsonb
FROM unnest(%(ids)s::uuid[], %(actions)s::text[], %(befores)s::text[], %(afters)s::text[]) WITH ORDINALITY
    AS change (id, action, before, after, place)
ORDER BY place
