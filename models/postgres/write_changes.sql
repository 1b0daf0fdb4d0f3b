-- name: write_change
-- The resources concerned and the appointment are locked by now. What must not happen before something else
-- counts the rows of it: parts of one statement have no order otherwise.
-- What it frees is counted, too, where the caller's setup does not know it: a counter that is new.
WITH concerned AS (
    SELECT unnest(%(resource_ids)s::uuid[]) AS id
    UNION
    SELECT resource.id FROM claim
    JOIN resource ON resource.clinic_id = claim.clinic_id AND resource_no = unit_id >> 10
    WHERE claim.clinic_id = %(clinic_id)s AND %(frees)s AND claim.holder_id = %(id)s
), bumped AS (
    UPDATE resource SET calendar_version = calendar_version + 1
    FROM concerned
    WHERE resource.clinic_id = %(clinic_id)s AND resource.id = concerned.id
), freed AS (
    DELETE FROM claim
    WHERE clinic_id = %(clinic_id)s AND %(frees)s
        AND holder_id = ANY(ARRAY[%(id)s::uuid, %(group_that_ends)s::uuid])
    RETURNING 1
), opened AS (
    INSERT INTO group_visit (
        clinic_id, id, provider_id, service_id, room_id, location_id, starts_at, ends_at, overbook, equipment,
        created_at
    )
    SELECT
        %(clinic_id)s, %(group_visit_id)s, %(provider_id)s, %(service_id)s, %(room_id)s, %(location_id)s,
        %(starts_at)s, %(ends_at)s, %(overbook)s, %(equipment)s::jsonb, %(now)s
    WHERE %(opens_group)s
), unequipped AS (
    DELETE FROM appointment_equipment
    WHERE clinic_id = %(clinic_id)s AND appointment_id = %(id)s AND %(moves)s
    RETURNING 1
), changed AS (
    UPDATE appointment SET
        provider_id = %(provider_id)s, room_id = %(room_id)s, location_id = %(location_id)s,
        starts_at = %(starts_at)s, ends_at = %(ends_at)s, expires_at = %(expires_at)s,
        status = %(status)s, notes = %(notes)s, overbook = %(overbook)s,
        group_visit_id = %(group_visit_id)s::uuid, version = %(version)s, updated_at = %(now)s
    WHERE clinic_id = %(clinic_id)s AND id = %(id)s
), equipped AS (
    INSERT INTO appointment_equipment (clinic_id, appointment_id, equipment_id, units)
    SELECT %(clinic_id)s, %(id)s, pool.id, pool.units
    FROM (SELECT count(*) FROM unequipped) AS first,
        unnest(%(pool_ids)s::uuid[], %(pool_units)s::smallint[]) AS pool (id, units)
    WHERE %(moves)s
), claimed AS (
    INSERT INTO claim (clinic_id, appointment_id, group_visit_id, unit_id, starts_at, ends_at)
    SELECT
        %(clinic_id)s,
        CASE WHEN NOT held.shared THEN %(id)s::uuid END,
        CASE WHEN held.shared THEN %(group_visit_id)s::uuid END,
        held.unit_id, held.starts_at, held.ends_at
    FROM (SELECT count(*) FROM freed) AS first,
        unnest(
            %(unit_ids)s::bigint[], %(held_from)s::timestamptz[], %(held_until)s::timestamptz[],
            %(shared)s::boolean[]
        ) AS held (unit_id, starts_at, ends_at, shared)
    ORDER BY unit_id
), audited AS (
    INSERT INTO audit (clinic_id, at, subject, role, action, entity, entity_id, before, after)
    VALUES (
        %(clinic_id)s, %(now)s, %(subject)s, %(role)s, %(action)s, 'appointment', %(id)s,
        %(before)s::jsonb, %(after)s::jsonb
    )
), told AS (
    INSERT INTO outbox (clinic_id, appointment_id, type, payload, created_at)
    VALUES (%(clinic_id)s, %(id)s, %(event)s, %(payload)s::jsonb, %(now)s)
)
INSERT INTO idempotency_key (
    clinic_id, subject, operation, key, request_hash, status, headers, body, created_at, expires_at
)
SELECT
    %(clinic_id)s, %(subject)s, %(operation)s, %(key)s, %(request_hash)s, %(reply_status)s,
    %(headers)s::jsonb, %(body)s, %(now)s, %(key_expires_at)s
WHERE %(key)s::text IS NOT NULL
ON CONFLICT (clinic_id, subject, operation, key) DO UPDATE SET
    request_hash = excluded.request_hash, status = excluded.status, headers = excluded.headers,
    body = excluded.body, created_at = excluded.created_at, expires_at = excluded.expires_at
