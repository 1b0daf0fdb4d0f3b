-- name: drop_claims
DELETE FROM claim USING unnest(%(holder_ids)s::uuid[], %(unit_ids)s::bigint[]) AS gone (holder_id, unit_id)
WHERE claim.clinic_id = %(clinic_id)s
    AND claim.holder_id = gone.holder_id AND claim.unit_id = gone.unit_id

-- name: add_claims
INSERT INTO claim (clinic_id, appointment_id, group_visit_id, unit_id, starts_at, ends_at)
SELECT
    %(clinic_id)s,
    CASE WHEN NOT held.shared THEN held.holder_id END,
    CASE WHEN held.shared THEN held.holder_id END,
    held.unit_id, held.starts_at, held.ends_at
FROM unnest(
    %(holder_ids)s::uuid[], %(shared)s::boolean[], %(unit_ids)s::bigint[],
    %(held_from)s::timestamptz[], %(held_until)s::timestamptz[]
) AS held (holder_id, shared, unit_id, starts_at, ends_at)
ORDER BY held.unit_id
