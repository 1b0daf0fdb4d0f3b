-- A key is told from one that has expired by a difference, which no index knows: plans are made while tables
-- are empty, and kept, and there the index by expiry looks as good as the key's own.

-- name: take_turn
-- The key's lock is only tried, so that a twin of an order under way is told at once. Then the rows of the
-- patient and the provider get their new versions, which locks them, in the one order that everybody keeps:
-- the provider's waits until the patient's has been counted.
WITH gate AS MATERIALIZED (
    SELECT
        %(key_lock)s::bigint IS NULL OR pg_try_advisory_xact_lock(%(key_lock)s::bigint) AS is_open,
        EXISTS (
            SELECT FROM idempotency_key
            WHERE clinic_id = %(clinic_id)s AND subject = %(subject)s AND operation = %(operation)s
                AND key = %(key)s AND expires_at - %(now)s > interval '0'
        ) AS is_answered,
        pg_advisory_xact_lock_shared(%(clinic_lock)s::bigint)
), patient_bumped AS (
    UPDATE resource SET calendar_version = calendar_version + 1
    FROM gate
    WHERE is_open AND NOT is_answered AND clinic_id = %(clinic_id)s AND id = %(patient_id)s::uuid
    RETURNING 1
), patient_first AS MATERIALIZED (
    SELECT count(*) FROM patient_bumped
), provider_bumped AS (
    UPDATE resource SET calendar_version = calendar_version + 1
    FROM gate, patient_first
    WHERE is_open AND NOT is_answered AND clinic_id = %(clinic_id)s AND id = %(provider_id)s::uuid
)
SELECT is_open FROM gate

-- name: others_take_part
SELECT EXISTS (
    SELECT FROM appointment
    WHERE clinic_id = %(clinic_id)s AND group_visit_id = %(group_visit_id)s AND id <> %(appointment_id)s
        AND status IN ('pending', 'scheduled', 'confirmed', 'checked_in', 'in_progress', 'completed')
        AND NOT (status = 'pending' AND expires_at <= %(now)s)
)

-- name: lock_resources
-- Keeps everybody else from changing what these are held for.
SELECT resource_no FROM resource
WHERE clinic_id = %(clinic_id)s AND id = ANY(%(resource_ids)s::uuid[])
ORDER BY kind, resource_no
FOR NO KEY UPDATE

-- name: lock_groups
-- Keeps the group visits that could be joined from ending meanwhile.
SELECT id FROM group_visit
WHERE clinic_id = %(clinic_id)s AND service_id = %(service_id)s::uuid AND provider_id = %(provider_id)s::uuid
    AND starts_at = %(starts_at)s AND ends_at = %(ends_at)s
ORDER BY id
FOR NO KEY UPDATE

-- name: read_evidence
-- A statement of its own, begun after the locks were taken, so that it sees what was committed before.
SELECT
    clinic.config_version,
    patient.name,
    ARRAY(
        SELECT provider_id::text FROM patient_blocked_provider AS blocked
        WHERE blocked.clinic_id = clinic.id AND blocked.patient_id = patient.id
    ),
    (SELECT resource_no FROM resource WHERE resource.clinic_id = clinic.id AND resource.id = patient.id),
    (
        SELECT string_agg(
            int8send(unit_id) || timestamptz_send(starts_at) || timestamptz_send(ends_at)
                || uuid_send(holder_id),
            ''::bytea
        )
        FROM claim
        WHERE claim.clinic_id = %(clinic_id)s
            AND (unit_id >> 10) = ANY(
                %(resource_nos)s::bigint[] || ARRAY(
                    SELECT resource_no FROM resource
                    WHERE resource.clinic_id = %(clinic_id)s AND resource.id = %(patient_id)s
                )
            )
            AND starts_at < %(high)s
            AND starts_at > %(low)s::timestamptz - interval '60 hours'
            AND ends_at > %(low)s
    ),
    ARRAY(SELECT holders_run_out(%(clinic_id)s, %(now)s)::text),
    (
        SELECT jsonb_agg(
            jsonb_build_array(id, room_id, location_id, overbook, equipment, patients)
            ORDER BY created_at, id
        )
        FROM (
            SELECT group_visit.*, (
                SELECT count(*) FROM appointment
                WHERE appointment.clinic_id = %(clinic_id)s AND appointment.group_visit_id = group_visit.id
                    AND status IN ('pending', 'scheduled', 'confirmed', 'checked_in', 'in_progress', 'completed')
                    AND NOT (status = 'pending' AND expires_at <= %(now)s)
                    AND appointment.id IS DISTINCT FROM %(without)s::uuid
            ) AS patients
            FROM group_visit
            WHERE group_visit.clinic_id = %(clinic_id)s AND service_id = %(group_service_id)s::uuid
                AND provider_id = %(group_provider_id)s::uuid
                AND starts_at = %(starts_at)s AND ends_at = %(ends_at)s
        ) AS there
        WHERE patients > 0
    ),
    stored.request_hash, stored.status, stored.headers, stored.body
FROM clinic
LEFT JOIN patient ON patient.clinic_id = clinic.id AND patient.id = %(patient_id)s
LEFT JOIN idempotency_key AS stored
    ON stored.clinic_id = clinic.id
    AND stored.subject = %(subject)s AND stored.operation = %(operation)s AND stored.key = %(key)s
    AND stored.expires_at - %(now)s > interval '0'
WHERE clinic.id = %(clinic_id)s

-- name: claims_of_resource
SELECT string_agg(
    int8send(unit_id) || timestamptz_send(starts_at) || timestamptz_send(ends_at)
        || uuid_send(holder_id),
    ''::bytea
)
FROM claim
WHERE clinic_id = %(clinic_id)s
    AND (unit_id >> 10) = %(resource_no)s
    AND starts_at < %(high)s
    AND starts_at > %(low)s::timestamptz - interval '60 hours'
    AND ends_at > %(low)s

-- name: kept_reply
SELECT request_hash, status, headers, body FROM idempotency_key
WHERE clinic_id = %(clinic_id)s AND subject = %(subject)s AND operation = %(operation)s
    AND key = %(key)s AND expires_at - %(now)s > interval '0'
