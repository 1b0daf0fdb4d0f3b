-- name: config_version
SELECT config_version, external_id FROM clinic WHERE id = %(clinic_id)s

-- name: resource_numbers
SELECT kind, resource.id::text, resource_no, counter
FROM (
    SELECT id FROM provider WHERE clinic_id = %(clinic_id)s
    UNION ALL SELECT id FROM room WHERE clinic_id = %(clinic_id)s
    UNION ALL SELECT id FROM equipment WHERE clinic_id = %(clinic_id)s
    UNION ALL SELECT id FROM resource WHERE clinic_id = %(clinic_id)s AND kind = 4
) AS named
JOIN resource ON resource.clinic_id = %(clinic_id)s AND resource.id = named.id
