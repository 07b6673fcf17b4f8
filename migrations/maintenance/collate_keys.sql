-- Gives the key columns of large tables the collation "C", beside a sale; small tables
-- have it since 005. For psql, and safe to run again after it was interrupted:
--
--     psql -v ON_ERROR_STOP=1 -d DATABASE -f migrations/maintenance/collate_keys.sql
--
-- Each unique index is built a second time without a lock that anybody would wait for;
-- then, within a moment, it takes the place of the first one, and the column becomes what
-- the index is already, so that nothing has to be built or rewritten under the lock. It
-- fails when the lock is not to be had, or when a view looks at the column.
--
-- The audit and the reasons of dead letters come last: their indexes are built anew while
-- nobody can write there, some seconds for a million rows. What a sale writes there waits.
\set ON_ERROR_STOP on
SET statement_timeout = 0;
SET lock_timeout = 0;

-- What an interrupted run has left.
DROP INDEX CONCURRENTLY IF EXISTS seckill_logs_collated;
DROP INDEX CONCURRENTLY IF EXISTS seckill_orders_collated;
DROP INDEX CONCURRENTLY IF EXISTS seckill_dead_letters_collated;
DROP INDEX CONCURRENTLY IF EXISTS seckill_orders_payment_collated;

-- Orders before logs: see 005.
SELECT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = 'seckill_orders'::regclass
                  AND attname IN ('stream_id', 'fingerprint') AND attcollation <> 'pg_catalog."C"'::regcollation) AS orders_wanted \gset
\if :orders_wanted
    CREATE UNIQUE INDEX CONCURRENTLY seckill_orders_collated ON seckill_orders (product_id, stream_id COLLATE "C");
    BEGIN;
    SET LOCAL lock_timeout = '1s';
    SELECT pg_get_triggerdef(oid) AS immutable FROM pg_trigger
     WHERE tgrelid = 'seckill_orders'::regclass AND tgname = 'seckill_order_immutable' \gset
    DROP TRIGGER seckill_order_immutable ON seckill_orders;
    DROP INDEX seckill_orders_product_stream_key;
    ALTER INDEX seckill_orders_collated RENAME TO seckill_orders_product_stream_key;
    ALTER TABLE seckill_orders ALTER COLUMN stream_id TYPE text COLLATE "C";
    :immutable ;
    COMMIT;
\endif

SELECT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = 'seckill_logs'::regclass
                  AND attname IN ('stream_id', 'fingerprint') AND attcollation <> 'pg_catalog."C"'::regcollation) AS logs_wanted \gset
\if :logs_wanted
    CREATE UNIQUE INDEX CONCURRENTLY seckill_logs_collated ON seckill_logs (product_id, stream_id COLLATE "C");
    BEGIN;
    SET LOCAL lock_timeout = '1s';
    DROP INDEX seckill_logs_product_stream_key;
    ALTER INDEX seckill_logs_collated RENAME TO seckill_logs_product_stream_key;
    ALTER TABLE seckill_logs ALTER COLUMN stream_id TYPE text COLLATE "C";
    COMMIT;
\endif

SELECT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = 'seckill_dead_letters'::regclass
                  AND attname IN ('stream_id', 'fingerprint') AND attcollation <> 'pg_catalog."C"'::regcollation) AS dead_letters_wanted \gset
\if :dead_letters_wanted
    CREATE UNIQUE INDEX CONCURRENTLY seckill_dead_letters_collated ON seckill_dead_letters (product_id, stream_id COLLATE "C", fingerprint COLLATE "C");
    BEGIN;
    SET LOCAL lock_timeout = '1s';
    DROP INDEX seckill_dead_letters_entry_key;
    ALTER INDEX seckill_dead_letters_collated RENAME TO seckill_dead_letters_entry_key;
    ALTER TABLE seckill_dead_letters ALTER COLUMN stream_id TYPE text COLLATE "C", ALTER COLUMN fingerprint TYPE text COLLATE "C";
    COMMIT;
\endif

SELECT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = 'seckill_orders'::regclass
                  AND attname = 'payment_ref' AND attcollation <> 'pg_catalog."C"'::regcollation) AS payments_wanted \gset
\if :payments_wanted
    CREATE INDEX CONCURRENTLY seckill_orders_payment_collated ON seckill_orders (payment_ref COLLATE "C", id) WHERE payment_ref IS NOT NULL;
    BEGIN;
    SET LOCAL lock_timeout = '1s';
    DROP INDEX seckill_orders_payment_idx;
    ALTER INDEX seckill_orders_payment_collated RENAME TO seckill_orders_payment_idx;
    ALTER TABLE seckill_orders ALTER COLUMN payment_ref TYPE text COLLATE "C";
    COMMIT;
\endif

SELECT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = 'seckill_dead_letters'::regclass
                  AND attname = 'reason' AND attcollation <> 'pg_catalog."C"'::regcollation) AS reasons_wanted \gset
\if :reasons_wanted
    BEGIN;
    SET LOCAL lock_timeout = '1s';
    ALTER TABLE seckill_dead_letters ALTER COLUMN reason TYPE text COLLATE "C";
    COMMIT;
\endif

SELECT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = 'seckill_audit'::regclass
                  AND attname IN ('actor', 'target') AND attcollation <> 'pg_catalog."C"'::regcollation) AS audit_wanted \gset
\if :audit_wanted
    BEGIN;
    SET LOCAL lock_timeout = '1s';
    ALTER TABLE seckill_audit ALTER COLUMN actor TYPE text COLLATE "C", ALTER COLUMN target TYPE text COLLATE "C";
    COMMIT;
\endif
