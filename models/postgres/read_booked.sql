-- name: read_booked
-- Everything of a clinic that holds something near a stretch of time: a visit of a day, 12 hours of buffer on
-- either side and 12 hours of turnaround reach that far.
SELECT
    id::text, patient_id::text, provider_id::text, service_id::text, room_id::text,
    starts_at, ends_at, expires_at, status, overbook,
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
WHERE clinic_id = %(clinic_id)s
    AND starts_at < %(high)s::timestamptz + interval '12 hours'
    AND starts_at > %(low)s::timestamptz - interval '60 hours'
    AND ends_at > %(low)s::timestamptz - interval '24 hours'
    AND status IN ('pending', 'scheduled', 'confirmed', 'checked_in', 'in_progress', 'completed')
    AND NOT (status = 'pending' AND expires_at <= %(now)s)
    AND id <> ALL (%(without)s::uuid[])
ORDER BY starts_at, id
