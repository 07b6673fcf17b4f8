-- Brings the sequences up to their tables, after a logical replication, a blue/green
-- switch or whatever else has copied rows without them:
--
--     psql -v ON_ERROR_STOP=1 -d DATABASE -f migrations/maintenance/set_sequences.sql
--
-- A sequence never goes back, and nobody may write meanwhile.
BEGIN;
LOCK TABLE seckill_logs, seckill_orders, seckill_dead_letters, seckill_audit IN SHARE ROW EXCLUSIVE MODE;
DO $$
DECLARE
    numbered record;
    greatest_id bigint;
    reached bigint;
BEGIN
    FOR numbered IN
        SELECT c.oid::regclass AS relation, a.attname AS name, pg_get_serial_sequence(c.oid::regclass::text, a.attname)::regclass AS sequence
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relname LIKE 'seckill\_%' AND c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)
           AND pg_get_serial_sequence(c.oid::regclass::text, a.attname) IS NOT NULL
    LOOP
        EXECUTE format('SELECT coalesce(max(%I), 0) FROM %s', numbered.name, numbered.relation) INTO greatest_id;
        EXECUTE format('SELECT last_value FROM %s', numbered.sequence) INTO reached;
        PERFORM setval(numbered.sequence, greatest(greatest_id, reached, 1));
    END LOOP;
END $$;
COMMIT;
