-- What: tables and columns that the account may read, with the types that the server itself prints (modifier included,
-- a domain as the type below it), place in the primary key, and comments.
-- Grain: one row per column. Sources: pg_class, pg_attribute, pg_index.
-- Usage: $1 text[] of schema names, $2 text[] of regular expressions over the lower-case table name.
SELECT
    n.nspname AS schema_name,
    c.relname AS table_name,
    c.relkind::text AS kind,
    a.attname AS column_name,
    a.attnotnull AS not_null,
    format_type(
        CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE a.atttypid END,
        CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END
    ) AS column_type,
    array_position(i.indkey::smallint[], a.attnum) AS key_position,
    col_description(c.oid, a.attnum) AS column_comment,
    obj_description(c.oid, 'pg_class') AS table_comment
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON c.relnamespace = n.oid
INNER JOIN pg_catalog.pg_attribute AS a ON c.oid = a.attrelid
INNER JOIN pg_catalog.pg_type AS t ON a.atttypid = t.oid
LEFT JOIN pg_catalog.pg_index AS i ON c.oid = i.indrelid AND i.indisprimary
WHERE
    n.nspname = any($1::text[])
    AND lower(c.relname) ~ any($2::text[])
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND NOT c.relispartition
    AND a.attnum > 0
    AND NOT a.attisdropped
    AND has_schema_privilege(n.oid, 'USAGE')
    AND has_table_privilege(c.oid, 'SELECT')
ORDER BY n.nspname, c.relname, a.attnum
