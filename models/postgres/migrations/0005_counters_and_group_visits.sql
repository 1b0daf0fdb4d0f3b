-- What is counted becomes a resource, and patients of a group share what their visit holds.

ALTER TABLE resource DROP CONSTRAINT resource_kind_check;
ALTER TABLE resource ADD CONSTRAINT resource_kind_check CHECK (kind BETWEEN 0 AND 4);
ALTER TABLE resource ADD COLUMN counter text;
ALTER TABLE resource ADD CONSTRAINT counters_have_names CHECK ((kind = 4) = (counter IS NOT NULL));
ALTER TABLE resource ADD CONSTRAINT counter_is_unique UNIQUE (clinic_id, counter);
COMMENT ON TABLE resource IS
    'Whatever can be held: one narrow row per patient (kind 0), provider (1), room (2), equipment pool (3) '
    'and counter (4). Rows are locked in the order of (kind, resource_no), by everybody, always.';
COMMENT ON COLUMN resource.counter IS
    'What is counted, such as service-days/ID: visits of a day, gaps, seats, visits on top of others.';
CREATE INDEX counter_of_clinic ON resource (clinic_id) WHERE kind = 4;

CREATE TABLE group_visit (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    provider_id uuid NOT NULL,
    service_id uuid NOT NULL,
    room_id uuid,
    location_id uuid,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    overbook boolean NOT NULL DEFAULT false,
    equipment jsonb NOT NULL, -- [{"id", "units"}]
    created_at timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, id),
    FOREIGN KEY (clinic_id, provider_id) REFERENCES provider (clinic_id, id),
    FOREIGN KEY (clinic_id, service_id) REFERENCES service (clinic_id, id),
    FOREIGN KEY (clinic_id, room_id) REFERENCES room (clinic_id, id),
    FOREIGN KEY (clinic_id, location_id) REFERENCES location (clinic_id, id),
    CONSTRAINT group_visit_is_shared UNIQUE (clinic_id, id, provider_id, service_id, starts_at, ends_at),
    CONSTRAINT group_visit_has_one_room UNIQUE (clinic_id, id, room_id)
);
COMMENT ON TABLE group_visit IS
    'A visit that several patients share. It holds provider, room and equipment as long as one of them comes.';
CREATE INDEX group_visit_of_service ON group_visit (clinic_id, service_id, starts_at);

ALTER TABLE appointment ADD COLUMN group_visit_id uuid;
-- Whoever takes part shares provider, service, time and room: moving the group visit moves all of them.
ALTER TABLE appointment ADD CONSTRAINT group_visit_is_shared_whole
    FOREIGN KEY (clinic_id, group_visit_id, provider_id, service_id, starts_at, ends_at)
    REFERENCES group_visit (clinic_id, id, provider_id, service_id, starts_at, ends_at) ON UPDATE CASCADE;
ALTER TABLE appointment ADD CONSTRAINT group_visit_is_in_one_room
    FOREIGN KEY (clinic_id, group_visit_id, room_id)
    REFERENCES group_visit (clinic_id, id, room_id) ON UPDATE CASCADE;
CREATE INDEX appointment_of_group_visit ON appointment (clinic_id, group_visit_id)
    WHERE group_visit_id IS NOT NULL;

ALTER TABLE claim DROP CONSTRAINT claim_pkey;
ALTER TABLE claim ALTER COLUMN appointment_id DROP NOT NULL;
ALTER TABLE claim ADD COLUMN group_visit_id uuid;
ALTER TABLE claim ADD COLUMN holder_id uuid NOT NULL
    GENERATED ALWAYS AS (coalesce(appointment_id, group_visit_id)) STORED;
ALTER TABLE claim ADD CONSTRAINT claim_pkey PRIMARY KEY (clinic_id, holder_id, unit_id);
ALTER TABLE claim ADD CONSTRAINT claim_has_one_holder CHECK (num_nonnulls(appointment_id, group_visit_id) = 1);
ALTER TABLE claim ADD CONSTRAINT claim_clinic_id_group_visit_id_fkey
    FOREIGN KEY (clinic_id, group_visit_id) REFERENCES group_visit (clinic_id, id);
COMMENT ON TABLE claim IS
    'Each unit of each resource that an appointment or a group visit holds, and for how long. '
    'unit_id = resource_no * 1024 + unit, so unit_id >> 10 is the resource.';

CREATE FUNCTION holders_run_out(of_clinic uuid, by_then timestamptz) RETURNS SETOF uuid
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT id FROM appointment
    WHERE clinic_id = of_clinic AND status = 'pending' AND expires_at <= by_then
    UNION ALL
    SELECT DISTINCT gone.group_visit_id FROM appointment AS gone
    WHERE gone.clinic_id = of_clinic AND gone.status = 'pending' AND gone.expires_at <= by_then
        AND gone.group_visit_id IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM appointment AS there
            WHERE there.clinic_id = gone.clinic_id AND there.group_visit_id = gone.group_visit_id
                AND there.status IN (
                    'pending', 'scheduled', 'confirmed', 'checked_in', 'in_progress', 'completed'
                )
                AND NOT (there.status = 'pending' AND there.expires_at <= by_then)
        );
END;
COMMENT ON FUNCTION holders_run_out IS
    'Holds that nobody confirmed in time, and group visits to which nobody comes but such: their claims do not count.';

GRANT SELECT, INSERT, UPDATE ON group_visit TO slotwright_app;
GRANT EXECUTE ON FUNCTION holders_run_out TO slotwright_app;

-- What was booked before it was counted is counted from now on; the program computes the same in models/claims.py.

INSERT INTO resource (clinic_id, id, kind, counter)
SELECT clinic_id, gen_random_uuid(), 4, counter
FROM (
    SELECT clinic_id, format('service-days/%s', id) AS counter FROM service WHERE max_per_day IS NOT NULL
    UNION ALL
    SELECT clinic_id, format('provider-days/%s', id) FROM provider WHERE max_visits_per_day IS NOT NULL
    UNION ALL
    SELECT clinic_id, format('gaps/%s/%s', provider.id, service.id)
    FROM provider JOIN service USING (clinic_id) WHERE min_gap_minutes > 0
    UNION ALL
    SELECT clinic_id, format('seats/%s/%s', provider.id, service.id)
    FROM provider JOIN service USING (clinic_id) WHERE seats > 1
    UNION
    SELECT clinic_id, format('regular/%s', provider_id) FROM overbooking_rule WHERE provider_id IS NOT NULL
    UNION
    SELECT clinic_id, format('regular/%s', provider_service.provider_id)
    FROM overbooking_rule JOIN provider_service USING (clinic_id, service_id)
    UNION
    SELECT clinic_id, format('overbooking/%s/%s', id, provider_id)
    FROM overbooking_rule WHERE provider_id IS NOT NULL AND max_per_day IS NOT NULL
    UNION
    SELECT clinic_id, format('overbooking/%s/%s', overbooking_rule.id, provider_service.provider_id)
    FROM overbooking_rule JOIN provider_service USING (clinic_id, service_id)
    WHERE overbooking_rule.max_per_day IS NOT NULL
) AS counted;

CREATE TEMPORARY TABLE booked ON COMMIT DROP AS
SELECT
    appointment.*, seats, min_gap_minutes, timezone, gen_random_uuid() AS new_group_id,
    date_trunc('day', appointment.starts_at AT TIME ZONE timezone) AS day
FROM appointment
JOIN clinic ON clinic.id = appointment.clinic_id
JOIN service ON service.clinic_id = appointment.clinic_id AND service.id = appointment.service_id
WHERE status IN ('pending', 'scheduled', 'confirmed', 'checked_in', 'in_progress', 'completed');

INSERT INTO group_visit (
    clinic_id, id, provider_id, service_id, room_id, location_id, starts_at, ends_at, overbook, equipment, created_at
)
SELECT
    clinic_id, new_group_id, provider_id, service_id, room_id, location_id, starts_at, ends_at, overbook,
    coalesce(
        (
            SELECT jsonb_agg(jsonb_build_object('id', equipment_id, 'units', units))
            FROM appointment_equipment AS used
            WHERE used.clinic_id = booked.clinic_id AND used.appointment_id = booked.id
        ),
        '[]'
    ),
    created_at
FROM booked
WHERE seats > 1;

UPDATE appointment SET group_visit_id = new_group_id
FROM booked
WHERE appointment.clinic_id = booked.clinic_id AND appointment.id = booked.id AND seats > 1;

UPDATE claim SET appointment_id = NULL, group_visit_id = new_group_id
FROM booked, resource
WHERE claim.clinic_id = booked.clinic_id AND claim.appointment_id = booked.id AND seats > 1
    AND resource.clinic_id = claim.clinic_id AND resource_no = unit_id >> 10 AND kind IN (1, 2, 3);

INSERT INTO claim (clinic_id, appointment_id, unit_id, starts_at, ends_at)
SELECT
    clinic_id, booked.id,
    resource_no * 1024 + (row_number() OVER (PARTITION BY resource_no, day ORDER BY booked.starts_at, booked.id) - 1),
    day AT TIME ZONE timezone, (day + interval '1 day') AT TIME ZONE timezone
FROM booked JOIN resource USING (clinic_id)
WHERE counter IN (format('service-days/%s', service_id), format('provider-days/%s', provider_id));

-- Visits may have come closer than a gap that was not judged yet, so that each takes another unit.
INSERT INTO claim (clinic_id, appointment_id, group_visit_id, unit_id, starts_at, ends_at)
SELECT
    clinic_id, CASE WHEN seats = 1 THEN booked.id END, CASE WHEN seats > 1 THEN new_group_id END,
    resource_no * 1024 + (row_number() OVER (PARTITION BY resource_no ORDER BY starts_at, booked.id) - 1) % 1024,
    starts_at, ends_at + min_gap_minutes * interval '1 minute'
FROM booked JOIN resource USING (clinic_id)
WHERE counter = format('gaps/%s/%s', provider_id, service_id);

INSERT INTO claim (clinic_id, appointment_id, unit_id, starts_at, ends_at)
SELECT clinic_id, booked.id, resource_no * 1024, starts_at, ends_at
FROM booked JOIN resource USING (clinic_id)
WHERE counter = format('seats/%s/%s', provider_id, service_id);

INSERT INTO claim (clinic_id, appointment_id, group_visit_id, unit_id, starts_at, ends_at)
SELECT
    clinic_id, claim.appointment_id, claim.group_visit_id, regular.resource_no * 1024,
    claim.starts_at, claim.ends_at
FROM booked
JOIN resource AS person USING (clinic_id)
JOIN resource AS regular USING (clinic_id)
JOIN claim USING (clinic_id)
WHERE person.id = booked.provider_id AND regular.counter = format('regular/%s', provider_id)
    AND NOT booked.overbook
    AND claim.holder_id = CASE WHEN seats > 1 THEN new_group_id ELSE booked.id END
    AND claim.unit_id >> 10 = person.resource_no;
