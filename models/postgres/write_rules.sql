-- name: take_clinic
-- Nobody books meanwhile, and nobody else changes the setup.
SELECT pg_advisory_xact_lock(%(clinic_lock)s::bigint)

-- name: write_weights
UPDATE clinic SET
    weight_preference = %(preference)s, weight_gap = %(gap)s, weight_room = %(room)s,
    weight_overbook = %(overbook)s, weight_fairness = %(fairness)s,
    config_version = config_version + 1, updated_at = %(now)s
WHERE id = %(clinic_id)s

-- name: write_service
UPDATE service SET
    buffer_before_minutes = %(buffer_before_minutes)s, buffer_after_minutes = %(buffer_after_minutes)s,
    slot_step_minutes = %(slot_step_minutes)s, room_types = %(room_types)s, room_features = %(room_features)s,
    equipment = %(equipment)s::jsonb, min_notice_minutes = %(min_notice_minutes)s,
    max_future_days = %(max_future_days)s, max_per_day = %(max_per_day)s,
    min_gap_minutes = %(min_gap_minutes)s, seats = %(seats)s, blackout_dates = %(blackout_dates)s::date[],
    allowed_provider_ids = %(allowed_provider_ids)s::uuid[], version = version + 1, updated_at = %(now)s
WHERE clinic_id = %(clinic_id)s AND id = %(id)s

-- name: write_provider
UPDATE provider SET max_visits_per_day = %(max_visits_per_day)s, version = version + 1, updated_at = %(now)s
WHERE clinic_id = %(clinic_id)s AND id = %(id)s

-- name: drop_overbooking
DELETE FROM overbooking_rule WHERE clinic_id = %(clinic_id)s AND id = ANY(%(ids)s::uuid[])

-- name: write_overbooking
INSERT INTO overbooking_rule (
    clinic_id, id, provider_id, service_id, weekdays, start_minute, end_minute, lanes, max_per_day,
    created_at, updated_at
) VALUES (
    %(clinic_id)s, %(id)s, %(provider_id)s, %(service_id)s, %(weekdays)s, %(start)s, %(end)s, %(lanes)s,
    %(max_per_day)s, %(now)s, %(now)s
)
ON CONFLICT (clinic_id, id) DO UPDATE SET
    provider_id = excluded.provider_id, service_id = excluded.service_id, weekdays = excluded.weekdays,
    start_minute = excluded.start_minute, end_minute = excluded.end_minute, lanes = excluded.lanes,
    max_per_day = excluded.max_per_day, version = overbooking_rule.version + 1, updated_at = excluded.updated_at
