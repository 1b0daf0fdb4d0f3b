-- What is written beside every change, in its own transaction: the answer, the trail, the news.

CREATE TABLE idempotency_key (
    clinic_id uuid NOT NULL,
    subject text NOT NULL,
    operation text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, subject, operation, key)
);
CREATE INDEX idempotency_key_by_expiry ON idempotency_key (clinic_id, expires_at);

CREATE TABLE audit (
    clinic_id uuid NOT NULL,
    seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    subject text NOT NULL,
    role text NOT NULL,
    action text NOT NULL,
    entity text NOT NULL,
    entity_id uuid NOT NULL,
    before jsonb,
    after jsonb,
    PRIMARY KEY (clinic_id, seq)
);
COMMENT ON TABLE audit IS 'Append-only; ids, field names, statuses and times, never personal data.';

CREATE TABLE outbox (
    clinic_id uuid NOT NULL,
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    appointment_id uuid NOT NULL,
    type text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    PRIMARY KEY (clinic_id, id)
);
COMMENT ON TABLE outbox IS 'Ids are not in the order of commits: read what is unsent, never "id > last".';
CREATE INDEX outbox_unsent ON outbox (clinic_id, id) WHERE sent_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_key TO slotwright_app;
GRANT SELECT, INSERT ON audit TO slotwright_app;
GRANT SELECT, INSERT, DELETE, UPDATE (sent_at) ON outbox TO slotwright_app;
