-- What is booked, and the guarantee that nothing is booked twice.

CREATE TABLE appointment (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    service_id uuid NOT NULL,
    room_id uuid,
    location_id uuid,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    expires_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    status text NOT NULL CHECK (status IN (
        'pending', 'scheduled', 'confirmed', 'checked_in', 'in_progress',
        'completed', 'canceled', 'no_show', 'expired'
    )),
    overbook boolean NOT NULL DEFAULT false,
    notes text,
    external_id text,
    PRIMARY KEY (clinic_id, id),
    FOREIGN KEY (clinic_id, patient_id) REFERENCES patient (clinic_id, id),
    FOREIGN KEY (clinic_id, provider_id) REFERENCES provider (clinic_id, id),
    FOREIGN KEY (clinic_id, service_id) REFERENCES service (clinic_id, id),
    FOREIGN KEY (clinic_id, room_id) REFERENCES room (clinic_id, id),
    FOREIGN KEY (clinic_id, location_id) REFERENCES location (clinic_id, id),
    CONSTRAINT appointment_lasts_at_most_a_day
        CHECK (starts_at < ends_at AND ends_at - starts_at <= interval '24 hours')
);
CREATE INDEX appointment_by_start ON appointment (clinic_id, starts_at, id);
CREATE INDEX appointment_of_provider ON appointment (clinic_id, provider_id, starts_at, id);
CREATE INDEX appointment_of_patient ON appointment (clinic_id, patient_id, starts_at, id);
-- The last expiry so far is part of every version of a calendar: see read_calendar.sql.
CREATE INDEX appointment_by_expiry ON appointment (clinic_id, expires_at)
    WHERE status IN ('pending', 'expired');
CREATE INDEX appointment_on_hold ON appointment (clinic_id, expires_at) WHERE status = 'pending';

CREATE TABLE appointment_equipment (
    clinic_id uuid NOT NULL,
    appointment_id uuid NOT NULL,
    equipment_id uuid NOT NULL,
    units smallint NOT NULL CHECK (units BETWEEN 1 AND 1023),
    PRIMARY KEY (clinic_id, appointment_id, equipment_id),
    FOREIGN KEY (clinic_id, appointment_id) REFERENCES appointment (clinic_id, id) ON DELETE CASCADE,
    FOREIGN KEY (clinic_id, equipment_id) REFERENCES equipment (clinic_id, id)
);

CREATE TABLE claim (
    clinic_id uuid NOT NULL,
    appointment_id uuid NOT NULL,
    unit_id bigint NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, appointment_id, unit_id),
    FOREIGN KEY (clinic_id, appointment_id) REFERENCES appointment (clinic_id, id) ON DELETE CASCADE,
    -- A visit of a day, 12 hours of buffer on either side, 12 hours of turnaround: reads rely on it.
    CONSTRAINT claim_lasts_at_most_60_hours
        CHECK (starts_at < ends_at AND ends_at - starts_at <= interval '60 hours'),
    -- Unit ids are unique over all clinics. The spelling for Citus is beside this one in constraints.py.
    CONSTRAINT units_are_never_held_twice
        EXCLUDE USING gist (int8range(unit_id, unit_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&)
        DEFERRABLE INITIALLY IMMEDIATE
);
COMMENT ON TABLE claim IS
    'Each unit of each resource that an appointment holds, and for how long. '
    'unit_id = resource_no * 1024 + unit, so unit_id >> 10 is the resource.';
CREATE INDEX claim_of_resource ON claim (clinic_id, (unit_id >> 10), starts_at, ends_at);

-- Appointments end, they do not vanish.
GRANT SELECT, INSERT, UPDATE ON appointment TO slotwright_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON appointment_equipment, claim TO slotwright_app;
