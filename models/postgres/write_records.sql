-- name: write_audit
INSERT INTO audit (clinic_id, at, subject, role, action, entity, entity_id, before, after)
VALUES (
    %(clinic_id)s, %(at)s, %(subject)s, %(role)s, %(action)s, %(entity)s, %(entity_id)s,
    %(before)s::jsonb, %(after)s::jsonb
)

-- name: keep_reply
INSERT INTO idempotency_key (
    clinic_id, subject, operation, key, request_hash, status, headers, body, created_at, expires_at
)
VALUES (
    %(clinic_id)s, %(subject)s, %(operation)s, %(key)s, %(request_hash)s, %(reply_status)s,
    %(headers)s::jsonb, %(body)s, %(now)s, %(key_expires_at)s
)
ON CONFLICT (clinic_id, subject, operation, key) DO UPDATE SET
    request_hash = excluded.request_hash, status = excluded.status, headers = excluded.headers,
    body = excluded.body, created_at = excluded.created_at, expires_at = excluded.expires_at
