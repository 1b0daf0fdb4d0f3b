-- name: free_places
-- All of them at once, before anybody claims another place: so two may swap theirs.
DELETE FROM claim
USING unnest(%(appointment_ids)s::uuid[], %(resource_nos)s::bigint[]) AS given_up (appointment_id, resource_no)
WHERE claim.clinic_id = %(clinic_id)s
    AND claim.holder_id = given_up.appointment_id
    AND (claim.unit_id >> 10) = given_up.resource_no

-- name: write_rearrangement
-- The resources concerned and the appointment are locked, and the places that it leaves are free by now.
WITH bumped AS (
    UPDATE resource SET calendar_version = calendar_version + 1
    WHERE clinic_id = %(clinic_id)s AND resource_no = ANY(%(resource_nos)s::bigint[])
), unequipped AS (
    DELETE FROM appointment_equipment
    WHERE clinic_id = %(clinic_id)s AND appointment_id = %(id)s
    RETURNING 1
), changed AS (
    UPDATE appointment SET room_id = %(room_id)s, version = %(version)s, updated_at = %(now)s
    WHERE clinic_id = %(clinic_id)s AND id = %(id)s
), equipped AS (
    INSERT INTO appointment_equipment (clinic_id, appointment_id, equipment_id, units)
    SELECT %(clinic_id)s, %(id)s, pool.id, pool.units
    FROM (SELECT count(*) FROM unequipped) AS first,
        unnest(%(pool_ids)s::uuid[], %(pool_units)s::smallint[]) AS pool (id, units)
), claimed AS (
    INSERT INTO claim (clinic_id, appointment_id, group_visit_id, unit_id, starts_at, ends_at)
    SELECT %(clinic_id)s, %(id)s, NULL, held.unit_id, held.starts_at, held.ends_at
    FROM unnest(%(unit_ids)s::bigint[], %(held_from)s::timestamptz[], %(held_until)s::timestamptz[])
        AS held (unit_id, starts_at, ends_at)
    ORDER BY unit_id
), audited AS (
    INSERT INTO audit (clinic_id, at, subject, role, action, entity, entity_id, before, after)
    VALUES (
        %(clinic_id)s, %(now)s, %(subject)s, %(role)s, %(action)s, 'appointment', %(id)s,
        %(before)s::jsonb, %(after)s::jsonb
    )
)
INSERT INTO outbox (clinic_id, appointment_id, type, payload, created_at)
VALUES (%(clinic_id)s, %(id)s, %(event)s, %(payload)s::jsonb, %(now)s)
