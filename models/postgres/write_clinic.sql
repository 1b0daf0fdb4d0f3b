-- name: clinics
COPY clinic (
    id, external_id, name, timezone, grid_minutes,
    weight_preference, weight_gap, weight_room, weight_overbook, weight_fairness, created_at, updated_at
) FROM STDIN

-- name: resources
COPY resource (clinic_id, id, kind, counter) FROM STDIN

-- name: locations
COPY location (clinic_id, id, external_id, name, timezone, latitude, longitude) FROM STDIN

-- name: services
COPY service (
    clinic_id, id, external_id, name, duration_minutes, buffer_before_minutes, buffer_after_minutes,
    slot_step_minutes, modality, room_types, room_features, equipment, min_notice_minutes,
    max_future_days, max_per_day, min_gap_minutes, seats, blackout_dates, allowed_provider_ids
) FROM STDIN

-- name: providers
COPY provider (
    clinic_id, id, external_id, name, specialty, max_visits_per_day, preferences
) FROM STDIN

-- name: provider_locations
COPY provider_location (clinic_id, provider_id, location_id, position) FROM STDIN

-- name: provider_services
COPY provider_service (clinic_id, provider_id, service_id, position) FROM STDIN

-- name: rooms
COPY room (
    clinic_id, id, external_id, location_id, name, type, features, capacity, turnaround_minutes
) FROM STDIN

-- name: equipment
COPY equipment (clinic_id, id, external_id, location_id, type, name, quantity) FROM STDIN

-- name: availability
COPY availability (
    clinic_id, id, resource_id, rrule, start_minute, end_minute, effective_from, effective_to
) FROM STDIN

-- name: exceptions
COPY hours_exception (
    clinic_id, id, resource_id, location_id, starts_at, ends_at, kind, reason
) FROM STDIN

-- name: overbooking
COPY overbooking_rule (
    clinic_id, id, external_id, provider_id, service_id, weekdays, start_minute, end_minute,
    lanes, max_per_day
) FROM STDIN

-- name: patients
COPY patient (clinic_id, id, external_id, name, date_of_birth, contact) FROM STDIN

-- name: blocked_providers
COPY patient_blocked_provider (clinic_id, patient_id, provider_id) FROM STDIN

-- name: group_visits
COPY group_visit (
    clinic_id, id, provider_id, service_id, room_id, location_id, starts_at, ends_at, overbook, equipment,
    created_at
) FROM STDIN

-- name: appointments
COPY appointment (
    clinic_id, id, external_id, patient_id, provider_id, service_id, room_id, location_id,
    starts_at, ends_at, expires_at, status, overbook, created_at, updated_at, group_visit_id
) FROM STDIN

-- name: appointment_equipment
COPY appointment_equipment (clinic_id, appointment_id, equipment_id, units) FROM STDIN

-- name: claims
COPY claim (clinic_id, appointment_id, group_visit_id, unit_id, starts_at, ends_at) FROM STDIN

-- name: numbers_of_resources
SELECT kind, id::text, resource_no, counter FROM resource WHERE clinic_id = %(clinic_id)s
