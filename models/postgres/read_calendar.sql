-- name: read_versions
-- The last expiry stands for all holds that have run out: it grows the moment one does, with nothing written.
SELECT
    clinic.config_version,
    ARRAY(
        SELECT calendar_version
        FROM unnest(%(resource_nos)s::bigint[]) WITH ORDINALITY AS asked (resource_no, place)
        JOIN resource ON resource.clinic_id = clinic.id AND resource.resource_no = asked.resource_no
        ORDER BY place
    ),
    (
        SELECT calendar_version FROM resource
        WHERE resource.clinic_id = clinic.id AND resource.id = %(patient_id)s::uuid AND kind = 0
    ),
    (
        SELECT max(expires_at) FROM appointment
        WHERE appointment.clinic_id = clinic.id
            AND status IN ('pending', 'expired') AND expires_at <= %(now)s
    )
FROM clinic
WHERE clinic.id = %(clinic_id)s

-- name: read_claims
-- One row of two byte strings, 24 bytes a claim, instead of a row per claim: an object per row costs more
-- than all the rest. Instants are sent as microseconds since 2000.
SELECT
    string_agg(int8send(unit_id) || timestamptz_send(starts_at) || timestamptz_send(ends_at), ''::bytea),
    (
        SELECT resource_no FROM resource
        WHERE clinic_id = %(clinic_id)s AND id = %(patient_id)s::uuid AND kind = 0
    )
FROM claim
WHERE clinic_id = %(clinic_id)s
    AND (unit_id >> 10) = ANY(
        %(resource_nos)s::bigint[] || ARRAY(
            SELECT resource_no FROM resource
            WHERE clinic_id = %(clinic_id)s AND id = %(patient_id)s::uuid AND kind = 0
        )
    )
    AND starts_at < %(high)s
    AND starts_at > %(low)s::timestamptz - interval '60 hours'
    AND ends_at > %(low)s
    AND holder_id <> ALL (ARRAY(SELECT holders_run_out(%(clinic_id)s, %(now)s)))
    AND holder_id <> ALL (%(without)s::uuid[])

-- name: group_visits
-- Those of a service to which somebody comes, by start.
SELECT
    id::text, provider_id::text, room_id::text, location_id::text, starts_at, ends_at, overbook, equipment,
    (
        SELECT count(*) FROM appointment
        WHERE appointment.clinic_id = %(clinic_id)s AND appointment.group_visit_id = group_visit.id
            AND status IN ('pending', 'scheduled', 'confirmed', 'checked_in', 'in_progress', 'completed')
            AND NOT (status = 'pending' AND expires_at <= %(now)s)
            AND appointment.id <> ALL (%(without)s::uuid[])
    ) AS patients
FROM group_visit
WHERE clinic_id = %(clinic_id)s AND service_id = %(service_id)s
    AND starts_at >= %(low)s AND starts_at < %(high)s
ORDER BY starts_at, id

-- name: visits_with
-- With whom a patient had a visit before some time, and when the last of each began.
SELECT provider_id::text, max(starts_at)
FROM appointment
WHERE clinic_id = %(clinic_id)s AND patient_id = %(patient_id)s AND starts_at < %(before)s
    AND status IN ('pending', 'scheduled', 'confirmed', 'checked_in', 'in_progress', 'completed')
    AND NOT (status = 'pending' AND expires_at <= %(now)s)
    AND id <> ALL (%(without)s::uuid[])
GROUP BY provider_id
