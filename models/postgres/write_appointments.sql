-- name: write_booking
-- One statement, so that a booking costs two round trips. Its room, and pools if any, get their new versions,
-- which locks them, before anything is claimed: `locks` cannot be counted earlier.
WITH bumped AS (
    UPDATE resource SET calendar_version = calendar_version + 1
    WHERE clinic_id = %(clinic_id)s AND resource_no = ANY(%(resource_nos)s::bigint[])
    RETURNING 1
), locks AS MATERIALIZED (
    SELECT count(*) FROM bumped
), opened AS (
    INSERT INTO group_visit (
        clinic_id, id, provider_id, service_id, room_id, location_id, starts_at, ends_at, overbook, equipment,
        created_at
    )
    SELECT
        %(clinic_id)s, %(group_visit_id)s, %(provider_id)s, %(service_id)s, %(room_id)s, %(location_id)s,
        %(starts_at)s, %(ends_at)s, %(overbook)s, %(equipment)s::jsonb, %(now)s
    FROM locks
    WHERE %(opens_group)s
), booked AS (
    INSERT INTO appointment (
        clinic_id, id, patient_id, provider_id, service_id, room_id, location_id,
        starts_at, ends_at, expires_at, created_at, updated_at, status, notes, overbook, group_visit_id
    )
    SELECT
        %(clinic_id)s, %(id)s, %(patient_id)s, %(provider_id)s, %(service_id)s, %(room_id)s, %(location_id)s,
        %(starts_at)s, %(ends_at)s, %(expires_at)s, %(now)s, %(now)s, %(status)s, %(notes)s, %(overbook)s,
        %(group_visit_id)s::uuid
    FROM locks
), equipped AS (
    INSERT INTO appointment_equipment (clinic_id, appointment_id, equipment_id, units)
    SELECT %(clinic_id)s, %(id)s, pool.id, pool.units
    FROM unnest(%(pool_ids)s::uuid[], %(pool_units)s::smallint[]) AS pool (id, units)
), claimed AS (
    INSERT INTO claim (clinic_id, appointment_id, group_visit_id, unit_id, starts_at, ends_at)
    SELECT
        %(clinic_id)s,
        CASE WHEN NOT held.shared THEN %(id)s::uuid END,
        CASE WHEN held.shared THEN %(group_visit_id)s::uuid END,
        held.unit_id, held.starts_at, held.ends_at
    FROM locks,
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
