-- name: visible_clinics
SELECT id::text, config_version
FROM clinic
WHERE %(only)s::uuid IS NULL OR id = %(only)s::uuid

-- name: versions_of_clinics
SELECT id::text, config_version
FROM clinic
WHERE id = ANY (%(ids)s::uuid[])
