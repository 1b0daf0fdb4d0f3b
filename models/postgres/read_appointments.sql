-- name: appointment_of_id
SELECT
    id::text, clinic_id::text, patient_id::text, provider_id::text, service_id::text, room_id::text,
    location_id::text, starts_at, ends_at, expires_at, created_at, updated_at, version, status, overbook,
    notes, external_id, group_visit_id::text,
    ARRAY(
        SELECT equipment_id::text FROM appointment_equipment AS used
        WHERE used.clinic_id = appointment.clinic_id AND used.appointment_id = appointment.id
        ORDER BY equipment_id
    ),
    ARRAY(
        SELECT units FROM appointment_equipment AS used
        WHERE used.clinic_id = appointment.clinic_id AND used.appointment_id = appointment.id
        ORDER BY equipment_id
    )
FROM appointment
WHERE clinic_id = %(clinic_id)s AND id = %(id)s

-- name: locked_appointment
SELECT
    id::text, clinic_id::text, patient_id::text, provider_id::text, service_id::text, room_id::text,
    location_id::text, starts_at, ends_at, expires_at, created_at, updated_at, version, status, overbook,
    notes, external_id, group_visit_id::text,
    ARRAY(
        SELECT equipment_id::text FROM appointment_equipment AS used
        WHERE used.clinic_id = appointment.clinic_id AND used.appointment_id = appointment.id
        ORDER BY equipment_id
    ),
    ARRAY(
        SELECT units FROM appointment_equipment AS used
        WHERE used.clinic_id = appointment.clinic_id AND used.appointment_id = appointment.id
        ORDER BY equipment_id
    )
FROM appointment
WHERE clinic_id = %(clinic_id)s AND id = %(id)s
FOR UPDATE

-- name: appointments
SELECT
    id::text, clinic_id::text, patient_id::text, provider_id::text, service_id::text, room_id::text,
    location_id::text, starts_at, ends_at, expires_at, created_at, updated_at, version, status, overbook,
    notes, external_id, group_visit_id::text,
    ARRAY(
        SELECT equipment_id::text FROM appointment_equipment AS used
        WHERE used.clinic_id = appointment.clinic_id AND used.appointment_id = appointment.id
        ORDER BY equipment_id
    ),
    ARRAY(
        SELECT units FROM appointment_equipment AS used
        WHERE used.clinic_id = appointment.clinic_id AND used.appointment_id = appointment.id
        ORDER BY equipment_id
    )
FROM appointment
WHERE clinic_id = %(clinic_id)s AND /* what is asked for */ true
ORDER BY starts_at, id
LIMIT %(limit)s
