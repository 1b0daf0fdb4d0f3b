-- name: write_audit
INSERT INTO audit (clinic_id, at, subject, role, action, entity, entity_id, before, after)
VALUES (
    %(clinic_id)s, %(at)s, %(subject)s, %(role)s, %(action)s, %(entity)s, %(entity_id)s,
    %(before)s::jsonb, %(after)s::jsonb
)
