-- Plans: what was asked, how far it has come, and those who are to be given a new time.

CREATE TABLE scenario (
    clinic_id uuid NOT NULL REFERENCES clinic (id),
    id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('absence', 'what_if')),
    mode text NOT NULL CHECK (mode IN ('repair', 'rebuild')),
    status text NOT NULL CHECK (status IN ('queued', 'solving', 'solved', 'stopped', 'failed', 'committed')),
    request jsonb NOT NULL,
    answers jsonb NOT NULL,
    plan jsonb,
    hint jsonb,
    objective bigint,
    bound bigint,
    seconds double precision NOT NULL DEFAULT 0 CHECK (seconds >= 0),
    failure text,
    time_limit_seconds integer NOT NULL CHECK (time_limit_seconds > 0),
    stop_asked boolean NOT NULL DEFAULT false,
    run integer NOT NULL DEFAULT 0,
    deaths integer NOT NULL DEFAULT 0,
    version integer NOT NULL DEFAULT 1,
    exception_id uuid,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    committed_at timestamptz,
    calendar_seen_at timestamptz,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (clinic_id, id),
    FOREIGN KEY (clinic_id, exception_id) REFERENCES hours_exception (clinic_id, id)
        ON DELETE SET NULL (exception_id),
    CONSTRAINT scenario_fails_for_a_reason CHECK ((status = 'failed') = (failure IS NOT NULL)),
    CONSTRAINT scenario_is_committed_at_a_time CHECK ((status = 'committed') = (committed_at IS NOT NULL))
);
COMMENT ON COLUMN scenario.request IS 'As it was asked, checked: models of the program read it anew for each run.';
COMMENT ON COLUMN scenario.answers IS 'What patients have said to an earlier plan: who cannot come when.';
COMMENT ON COLUMN scenario.hint IS 'An earlier plan, to start from where there is no plan yet.';
COMMENT ON COLUMN scenario.run IS
    'Counts who has taken it up; whoever was taken for dead and comes back writes nothing any more.';
COMMENT ON COLUMN scenario.deaths IS 'Counts those who took it up since it was asked for and were not heard of again.';
COMMENT ON COLUMN scenario.seen_at IS 'When whoever works on it was last heard of, on the clock of the database.';
CREATE INDEX scenario_by_creation ON scenario (clinic_id, created_at, id);
CREATE INDEX scenario_under_way ON scenario (clinic_id, seen_at) WHERE status IN ('queued', 'solving');

CREATE TABLE rescheduling_list (
    clinic_id uuid NOT NULL,
    appointment_id uuid NOT NULL,
    scenario_id uuid NOT NULL,
    added_at timestamptz NOT NULL,
    added_by text NOT NULL,
    taken_off_at timestamptz,
    PRIMARY KEY (clinic_id, appointment_id),
    FOREIGN KEY (clinic_id, appointment_id) REFERENCES appointment (clinic_id, id),
    FOREIGN KEY (clinic_id, scenario_id) REFERENCES scenario (clinic_id, id)
);
COMMENT ON TABLE rescheduling_list IS 'Canceled appointments whose patients are to be given a new time.';
CREATE INDEX rescheduling_list_open ON rescheduling_list (clinic_id, added_at, appointment_id)
    WHERE taken_off_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON scenario TO slotwright_app;
GRANT SELECT, INSERT, UPDATE (taken_off_at) ON rescheduling_list TO slotwright_app;
