-- name: read_claims_of_clinics
-- Packed as in read_calendar.sql. Unit ids are unique over all clinics, so they name the resource by themselves.
SELECT string_agg(int8send(unit_id) || timestamptz_send(starts_at) || timestamptz_send(ends_at), ''::bytea)
FROM unnest(%(clinic_ids)s::text::uuid[], %(resource_nos)s::text::bigint[]) AS asked (clinic_id, resource_no)
JOIN claim ON claim.clinic_id = asked.clinic_id AND (claim.unit_id >> 10) = asked.resource_no
WHERE starts_at < %(high)s
    AND starts_at > %(low)s::timestamptz - interval '60 hours'
    AND ends_at > %(low)s
    AND holder_id <> ALL (ARRAY(
        SELECT run_out
        FROM unnest(%(distinct_clinic_ids)s::text::uuid[]) AS concerned (clinic_id),
            holders_run_out(concerned.clinic_id, %(now)s) AS run_out
    ))
