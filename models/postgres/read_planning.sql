-- name: patients_named
SELECT
    id::text, name,
    ARRAY(
        SELECT provider_id::text FROM patient_blocked_provider AS blocked
        WHERE blocked.clinic_id = patient.clinic_id AND blocked.patient_id = patient.id
    )
FROM patient
WHERE clinic_id = %(clinic_id)s AND id = ANY(%(patient_ids)s::uuid[])
