-- name: appointments
-- Every read of appointments: what is asked for, the order and the lock are put in and added by the program.
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
