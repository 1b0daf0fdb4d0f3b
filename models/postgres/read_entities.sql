-- name: clinics
SELECT id::text, position, external_id, 1, created_at, updated_at,
    name, timezone, grid_minutes, weight_preference, weight_gap, weight_room, weight_overbook, weight_fairness
FROM clinic
WHERE position > %(after)s AND (%(id)s::uuid IS NULL OR id = %(id)s::uuid)
ORDER BY position
LIMIT %(limit)s::bigint

-- name: locations
SELECT id::text, position, external_id, version, created_at, updated_at,
    name, timezone, latitude, longitude
FROM location
WHERE clinic_id = %(clinic_id)s AND position > %(after)s AND (%(id)s::uuid IS NULL OR id = %(id)s::uuid)
ORDER BY position
LIMIT %(limit)s::bigint

-- name: providers
SELECT id::text, position, external_id, version, created_at, updated_at,
    name, specialty, max_visits_per_day, preferences,
    ARRAY(
        SELECT location_id::text FROM provider_location AS works
        WHERE works.clinic_id = provider.clinic_id AND works.provider_id = provider.id
        ORDER BY works.position
    ),
    ARRAY(
        SELECT service_id::text FROM provider_service AS offers
        WHERE offers.clinic_id = provider.clinic_id AND offers.provider_id = provider.id
        ORDER BY offers.position
    )
FROM provider
WHERE clinic_id = %(clinic_id)s AND position > %(after)s AND (%(id)s::uuid IS NULL OR id = %(id)s::uuid)
ORDER BY position
LIMIT %(limit)s::bigint

-- name: rooms
SELECT id::text, position, external_id, version, created_at, updated_at,
    location_id::text, name, type, features, capacity, turnaround_minutes
FROM room
WHERE clinic_id = %(clinic_id)s AND position > %(after)s AND (%(id)s::uuid IS NULL OR id = %(id)s::uuid)
ORDER BY position
LIMIT %(limit)s::bigint

-- name: equipment
SELECT id::text, position, external_id, version, created_at, updated_at,
    location_id::text, type, name, quantity
FROM equipment
WHERE clinic_id = %(clinic_id)s AND position > %(after)s AND (%(id)s::uuid IS NULL OR id = %(id)s::uuid)
ORDER BY position
LIMIT %(limit)s::bigint

-- name: services
SELECT id::text, position, external_id, version, created_at, updated_at,
    name, duration_minutes, buffer_before_minutes, buffer_after_minutes, slot_step_minutes, modality,
    room_types, room_features, equipment, min_notice_minutes, max_future_days, max_per_day,
    min_gap_minutes, seats, blackout_dates, allowed_provider_ids::text[]
FROM service
WHERE clinic_id = %(clinic_id)s AND position > %(after)s AND (%(id)s::uuid IS NULL OR id = %(id)s::uuid)
ORDER BY position
LIMIT %(limit)s::bigint

-- name: availability
SELECT hours.id::text, hours.position, NULL::text, hours.version, hours.created_at, hours.updated_at,
    resource.kind, hours.resource_id::text, rrule, start_minute, end_minute, effective_from, effective_to
FROM availability AS hours
JOIN resource ON resource.clinic_id = hours.clinic_id AND resource.id = hours.resource_id
WHERE hours.clinic_id = %(clinic_id)s AND hours.position > %(after)s
    AND (%(id)s::uuid IS NULL OR hours.id = %(id)s::uuid)
ORDER BY hours.position
LIMIT %(limit)s::bigint

-- name: exceptions
SELECT e.id::text, e.position, NULL::text, e.version, e.created_at, e.updated_at,
    resource.kind, coalesce(e.resource_id, e.location_id)::text, starts_at, ends_at, e.kind, reason
FROM hours_exception AS e
LEFT JOIN resource ON resource.clinic_id = e.clinic_id AND resource.id = e.resource_id
WHERE e.clinic_id = %(clinic_id)s AND e.position > %(after)s
    AND (%(id)s::uuid IS NULL OR e.id = %(id)s::uuid)
ORDER BY e.position
LIMIT %(limit)s::bigint

-- name: overbooking
SELECT id::text, position, external_id, version, created_at, updated_at,
    provider_id::text, service_id::text, weekdays, start_minute, end_minute, lanes, max_per_day
FROM overbooking_rule
WHERE clinic_id = %(clinic_id)s AND position > %(after)s AND (%(id)s::uuid IS NULL OR id = %(id)s::uuid)
ORDER BY position
LIMIT %(limit)s::bigint

-- name: patients
SELECT id::text, position, external_id, version, created_at, updated_at,
    name, date_of_birth, contact,
    ARRAY(
        SELECT provider_id::text FROM patient_blocked_provider AS blocked
        WHERE blocked.clinic_id = patient.clinic_id AND blocked.patient_id = patient.id
    )
FROM patient
WHERE clinic_id = %(clinic_id)s AND position > %(after)s
ORDER BY position
LIMIT %(limit)s::bigint

-- name: patient_of_id
SELECT id::text, position, external_id, version, created_at, updated_at,
    name, date_of_birth, contact,
    ARRAY(
        SELECT provider_id::text FROM patient_blocked_provider AS blocked
        WHERE blocked.clinic_id = patient.clinic_id AND blocked.patient_id = patient.id
    )
FROM patient
WHERE clinic_id = %(clinic_id)s AND id = %(id)s
