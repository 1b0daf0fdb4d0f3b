-- name: appointments_of_clinic
SELECT
    id::text, external_id, patient_id::text, provider_id::text, service_id::text, room_id::text,
    starts_at, ends_at, expires_at, status, overbook
FROM appointment
WHERE clinic_id = %(clinic_id)s
ORDER BY starts_at, id

-- name: equipment_of_appointments
SELECT appointment_id::text, equipment_id::text, units
FROM appointment_equipment
WHERE clinic_id = %(clinic_id)s
