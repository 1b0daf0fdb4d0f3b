-- name: lock_groups_of
-- A statement of its own before holds are released: who still takes part is counted after the lock was taken.
SELECT id FROM group_visit
WHERE clinic_id = %(clinic_id)s AND id IN (
    SELECT group_visit_id FROM appointment
    WHERE clinic_id = %(clinic_id)s AND (id = ANY(%(ids)s::uuid[]) OR group_visit_id = ANY(%(ids)s::uuid[]))
)
ORDER BY id
FOR NO KEY UPDATE

-- name: release_holds
-- Frees what holds still claim although they have run out. One that was confirmed meanwhile is left alone.
WITH due AS MATERIALIZED (
    SELECT id FROM appointment
    WHERE clinic_id = %(clinic_id)s
        AND (id = ANY(%(ids)s::uuid[]) OR group_visit_id = ANY(%(ids)s::uuid[]))
        AND status = 'pending' AND expires_at <= %(now)s
    ORDER BY id
    FOR UPDATE
), released AS (
    UPDATE appointment SET status = 'expired', version = version + 1, updated_at = %(now)s
    FROM due
    WHERE appointment.clinic_id = %(clinic_id)s AND appointment.id = due.id
    RETURNING appointment.*
), freed AS (
    DELETE FROM claim USING released
    WHERE claim.clinic_id = %(clinic_id)s AND claim.holder_id = released.id
), ended AS (
    DELETE FROM claim
    WHERE claim.clinic_id = %(clinic_id)s
        AND claim.holder_id IN (SELECT group_visit_id FROM released)
        AND NOT EXISTS (
            SELECT FROM appointment
            WHERE appointment.clinic_id = %(clinic_id)s
                AND appointment.group_visit_id = claim.group_visit_id
                AND appointment.status IN (
                    'pending', 'scheduled', 'confirmed', 'checked_in', 'in_progress', 'completed'
                )
                AND appointment.id NOT IN (SELECT id FROM due)
        )
), audited AS (
    INSERT INTO audit (clinic_id, at, subject, role, action, entity, entity_id, before, after)
    SELECT
        clinic_id, %(now)s, 'slotwright', 'system', 'expired', 'appointment', id,
        '{"status": "pending"}'::jsonb, '{"status": "expired"}'::jsonb
    FROM released
)
INSERT INTO outbox (clinic_id, appointment_id, type, payload, created_at)
SELECT
    clinic_id, id, 'appointment.expired',
    jsonb_build_object(
        'appointmentId', id, 'patientId', patient_id, 'providerId', provider_id, 'serviceId', service_id,
        'roomId', room_id, 'locationId', location_id, 'start', starts_at, 'end', ends_at,
        'status', status, 'version', version
    ),
    %(now)s
FROM released

-- name: free_claims
-- Of a visit that is about to claim anew, and of the group visit that it was the last to leave.
DELETE FROM claim WHERE clinic_id = %(clinic_id)s AND holder_id = ANY(%(holder_ids)s::uuid[])

-- name: move_claims
-- All at once: the constraint is checked when the statement ends, so that two may swap their units.
UPDATE claim SET unit_id = moved.new_unit_id
FROM unnest(%(holder_ids)s::uuid[], %(unit_ids)s::bigint[], %(new_unit_ids)s::bigint[])
    AS moved (holder_id, unit_id, new_unit_id)
WHERE claim.clinic_id = %(clinic_id)s
    AND claim.holder_id = moved.holder_id AND claim.unit_id = moved.unit_id
