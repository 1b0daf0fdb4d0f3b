-- name: add_exception
INSERT INTO hours_exception (
    clinic_id, id, resource_id, starts_at, ends_at, kind, reason, created_at, updated_at
)
SELECT
    %(clinic_id)s, %(id)s, resource.id, %(starts_at)s, %(ends_at)s, %(kind)s, %(reason)s, %(now)s, %(now)s
FROM resource
WHERE clinic_id = %(clinic_id)s AND resource.id = %(resource_id)s AND kind = %(resource_kind)s
RETURNING id

-- name: add_resource
INSERT INTO resource (clinic_id, id, kind) VALUES (%(clinic_id)s, %(id)s, %(kind)s)
ON CONFLICT (clinic_id, id) DO NOTHING
RETURNING id

-- name: add_provider
INSERT INTO provider (
    clinic_id, id, name, specialty, max_visits_per_day, preferences, created_at, updated_at
)
VALUES (
    %(clinic_id)s, %(id)s, %(name)s, %(specialty)s, %(max_visits_per_day)s, %(preferences)s::jsonb,
    %(now)s, %(now)s
)

-- name: add_provider_locations
INSERT INTO provider_location (clinic_id, provider_id, location_id, position)
SELECT %(clinic_id)s, %(id)s, one.id, one.position - 1
FROM unnest(%(location_ids)s::uuid[]) WITH ORDINALITY AS one (id, position)

-- name: add_provider_services
INSERT INTO provider_service (clinic_id, provider_id, service_id, position)
SELECT %(clinic_id)s, %(id)s, one.id, one.position - 1
FROM unnest(%(service_ids)s::uuid[]) WITH ORDINALITY AS one (id, position)

-- name: add_equipment
INSERT INTO equipment (clinic_id, id, location_id, type, name, quantity, created_at, updated_at)
VALUES (
    %(clinic_id)s, %(id)s, %(location_id)s, %(type)s, %(name)s, %(quantity)s, %(now)s, %(now)s
)

-- name: drop_hours
DELETE FROM availability WHERE clinic_id = %(clinic_id)s AND resource_id = %(resource_id)s

-- name: add_hours
INSERT INTO availability (
    clinic_id, id, resource_id, rrule, start_minute, end_minute, effective_from, effective_to,
    created_at, updated_at
)
SELECT
    %(clinic_id)s, one.id, %(resource_id)s, one.rrule, one.start_minute, one.end_minute,
    one.effective_from, one.effective_to, %(now)s, %(now)s
FROM unnest(
    %(ids)s::uuid[], %(rrules)s::text[], %(starts)s::smallint[], %(ends)s::smallint[],
    %(firsts)s::date[], %(lasts)s::date[]
) WITH ORDINALITY AS one (id, rrule, start_minute, end_minute, effective_from, effective_to, place)
ORDER BY place

-- name: count_setup
UPDATE clinic SET config_version = config_version + 1, updated_at = %(now)s WHERE id = %(clinic_id)s
