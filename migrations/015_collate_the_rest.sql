-- +goose Up
--
-- The texts that are looked up besides the keys of entries (005) are compared byte by byte
-- as well: with an index that an upgrade of the operating system has put out of order a
-- payment is found no more by its reference, and one that nobody wants is written down
-- twice. (The status of logs and dead letters stays: whatever the language, its three words
-- are sorted alike.)
--
-- As in 005: a table of more than 32 MB is left to maintenance/collate_keys.sql, and so is
-- a column that a view looks at.
-- +goose StatementBegin
DO $$
DECLARE
    key record;
BEGIN
    FOR key IN
        SELECT a.attrelid::regclass AS relation, string_agg(format('ALTER COLUMN %I TYPE text COLLATE "C"', a.attname), ', ') AS changes
          FROM (VALUES ('seckill_orders', 'payment_ref'), ('seckill_audit', 'actor'), ('seckill_audit', 'target'),
                       ('seckill_dead_letters', 'reason')) AS t(name, column_name)
          JOIN pg_attribute a ON a.attrelid = t.name::regclass AND a.attname = t.column_name
         WHERE a.attcollation <> 'pg_catalog."C"'::regcollation
         GROUP BY a.attrelid ORDER BY a.attrelid
    LOOP
        CONTINUE WHEN pg_relation_size(key.relation) > 32 * 1024 * 1024;
        BEGIN
            EXECUTE format('ALTER TABLE %s %s', key.relation, key.changes);
        EXCEPTION WHEN feature_not_supported THEN
            RAISE WARNING 'texts of % keep the collation of the database: %', key.relation, SQLERRM;
        END;
    END LOOP;
END $$;
-- +goose StatementEnd
