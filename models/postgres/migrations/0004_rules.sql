-- Fairness between providers as a part of the score, who may give a service, and where a site lies.

ALTER TABLE clinic ADD COLUMN weight_fairness smallint NOT NULL DEFAULT 0;

ALTER TABLE service ADD COLUMN allowed_provider_ids uuid[]; -- null: whoever offers it

ALTER TABLE location
    ADD COLUMN latitude double precision, -- degrees, north and east positive; both or neither
    ADD COLUMN longitude double precision;
