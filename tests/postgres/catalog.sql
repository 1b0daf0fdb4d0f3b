-- Everything of schema slotwright that a program could notice, as (kind, name, definition). Column numbers
-- are left out: a column added later stands last, and nothing of ours depends on the order.

-- name: catalog
WITH relation AS (
    SELECT * FROM pg_class WHERE relnamespace = 'slotwright'::regnamespace
)
SELECT 'relation' AS kind, relname::text AS name,
    concat_ws(' ', relkind, relpersistence, relrowsecurity, relforcerowsecurity, reloptions,
        pg_get_partkeydef(oid), pg_get_expr(relpartbound, oid), obj_description(oid, 'pg_class')) AS definition
FROM relation WHERE relkind <> 'i'
UNION ALL
SELECT 'column', relname || '.' || attname,
    concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, attstorage,
        attcollation::regcollation, pg_get_expr(adbin, adrelid), col_description(relation.oid, attnum))
FROM relation
JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped AND relkind <> 'i'
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
UNION ALL
SELECT 'view', relname, pg_get_viewdef(oid) FROM relation WHERE relkind IN ('v', 'm')
UNION ALL
SELECT 'index', relname, pg_get_indexdef(oid) FROM relation WHERE relkind IN ('i', 'I')
UNION ALL
SELECT 'constraint', coalesce(relname || '.', '') || conname,
    concat_ws(' ', pg_get_constraintdef(con.oid), convalidated)
FROM pg_constraint AS con LEFT JOIN relation ON relation.oid = conrelid
WHERE connamespace = 'slotwright'::regnamespace
UNION ALL
SELECT 'trigger', relname || '.' || tgname, concat_ws(' ', pg_get_triggerdef(trig.oid), tgenabled)
FROM pg_trigger AS trig JOIN relation ON relation.oid = tgrelid WHERE NOT tgisinternal
UNION ALL
SELECT 'policy', relname || '.' || polname,
    concat_ws(' ', polcmd, polpermissive, polroles::regrole[], pg_get_expr(polqual, polrelid),
        pg_get_expr(polwithcheck, polrelid))
FROM pg_policy JOIN relation ON relation.oid = polrelid
UNION ALL
SELECT 'function', proc.oid::regprocedure::text, pg_get_functiondef(proc.oid)
FROM pg_proc AS proc WHERE pronamespace = 'slotwright'::regnamespace AND prokind <> 'a'
UNION ALL
SELECT 'type', typname::text,
    concat_ws(' ', typtype, format_type(typbasetype, typtypmod), typdefault, typnotnull,
        ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = typ.oid ORDER BY enumsortorder),
        (SELECT rngsubtype::regtype FROM pg_range WHERE rngtypid = typ.oid))
FROM pg_type AS typ WHERE typnamespace = 'slotwright'::regnamespace AND typelem = 0 AND typrelid = 0
UNION ALL
SELECT 'sequence', relname,
    concat_ws(' ', format_type(seqtypid, NULL), seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle)
FROM pg_sequence JOIN relation ON relation.oid = seqrelid
UNION ALL
SELECT 'grant', concat_ws(' ', object, grantee::regrole), string_agg(privilege_type, ' ' ORDER BY privilege_type)
FROM (
    SELECT 'schema' AS object, nspacl AS acl FROM pg_namespace WHERE nspname = 'slotwright'
    UNION ALL SELECT relname, relacl FROM relation
    UNION ALL
    SELECT relname || '.' || attname, attacl FROM relation JOIN pg_attribute ON attrelid = relation.oid
    UNION ALL
    SELECT proc.oid::regprocedure::text, proacl FROM pg_proc AS proc
    WHERE pronamespace = 'slotwright'::regnamespace
) AS granted, aclexplode(acl)
GROUP BY object, grantee
ORDER BY kind, name
