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
    'What is counted, such as services/ID/day: visits of a day, gaps, seats, visits on top of others.';
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
