-- name: lock_groups_of_plan
-- Those that lose somebody, and those that could be joined: nobody ends them meanwhile.
SELECT id FROM group_visit
WHERE clinic_id = %(clinic_id)s AND id IN (
    SELECT group_visit_id FROM appointment
    WHERE clinic_id = %(clinic_id)s AND id = ANY(%(appointment_ids)s::uuid[])
    UNION
    SELECT there.id
    FROM unnest(
        %(service_ids)s::uuid[], %(provider_ids)s::uuid[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]
    ) AS asked (service_id, provider_id, starts_at, ends_at)
    JOIN group_visit AS there
        ON there.clinic_id = %(clinic_id)s AND there.service_id = asked.service_id
        AND there.starts_at = asked.starts_at
        AND there.provider_id = asked.provider_id AND there.ends_at = asked.ends_at
)
ORDER BY id
FOR NO KEY UPDATE

-- name: groups_of_plan
-- Of these, whoever comes to them but those who leave.
SELECT
    service_id::text, id::text, provider_id::text, room_id::text, location_id::text, starts_at, ends_at,
    overbook, equipment,
    (
        SELECT count(*) FROM appointment
        WHERE appointment.clinic_id = %(clinic_id)s AND appointment.group_visit_id = group_visit.id
            AND status IN ('pending', 'scheduled', 'confirmed', 'checked_in', 'in_progress', 'completed')
            AND NOT (status = 'pending' AND expires_at <= %(now)s)
            AND appointment.id <> ALL (%(leaving)s::uuid[])
    ) AS patients
FROM group_visit
WHERE clinic_id = %(clinic_id)s AND id = ANY(%(ids)s::uuid[])
ORDER BY created_at, id

-- name: patients_of_plan
SELECT
    patient.id::text, name,
    ARRAY(
        SELECT provider_id::text FROM patient_blocked_provider AS blocked
        WHERE blocked.clinic_id = patient.clinic_id AND blocked.patient_id = patient.id
    ),
    resource_no
FROM patient
JOIN resource ON resource.clinic_id = patient.clinic_id AND resource.id = patient.id
WHERE patient.clinic_id = %(clinic_id)s AND patient.id = ANY(%(ids)s::uuid[])

-- name: claims_of_plan
-- A statement of its own, begun after the locks were taken, so that it sees what was committed before.
SELECT
    (
        SELECT string_agg(
            int8send(unit_id) || timestamptz_send(starts_at) || timestamptz_send(ends_at)
                || uuid_send(holder_id),
            ''::bytea
        )
        FROM unnest(%(resource_nos)s::bigint[], %(lows)s::timestamptz[], %(highs)s::timestamptz[])
            AS asked (resource_no, low, high)
        JOIN claim ON claim.clinic_id = %(clinic_id)s
            AND (unit_id >> 10) = asked.resource_no
            AND starts_at < asked.high
            AND starts_at > asked.low - interval '60 hours'
            AND ends_at > asked.low
    ),
    ARRAY(SELECT holders_run_out(%(clinic_id)s, %(now)s)::text)
