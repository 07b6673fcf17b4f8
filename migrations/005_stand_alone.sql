-- +goose Up
--
-- Makes what 001 to 004 have created independent of who uses it and where: of the
-- search_path of the session, of the order in which a restore brings the rows, and of
-- the collation of the database.

-- Checks the orders of one statement, as in 002. A restore of the data alone brings the
-- tables in the order of their names, orders before products: as long as there is no
-- product at all an order is taken as it comes, and checked when its product comes.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_orders_within_limit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT n.product_id, n.user_id, n.slot, p.per_user_limit INTO bad
      FROM added n LEFT JOIN seckill_products p ON p.product_id = n.product_id
     WHERE p.stock_total IS NULL
        OR (p.per_user_limit > 0 AND n.slot > p.per_user_limit
            AND n.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED'))
     LIMIT 1;
    IF FOUND AND bad.per_user_limit IS NULL THEN
        IF NOT EXISTS (SELECT 1 FROM seckill_products) THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION 'order for product % that does not exist', bad.product_id
            USING ERRCODE = 'foreign_key_violation', TABLE = 'seckill_orders';
    ELSIF FOUND THEN
        RAISE EXCEPTION 'order of user % over the limit of product % (slot %, limit %), or product without stock',
            bad.user_id, bad.product_id, bad.slot, bad.per_user_limit
            USING ERRCODE = 'check_violation', TABLE = 'seckill_orders',
                  CONSTRAINT = 'seckill_orders_within_limit';
    END IF;
    SELECT n.product_id, n.user_id, p.per_user_limit INTO bad
      FROM added n JOIN seckill_products p ON p.product_id = n.product_id
     WHERE p.limit_lowered AND p.per_user_limit > 0
       AND n.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED')
       AND (SELECT count(*) FROM seckill_orders o
             WHERE o.product_id = n.product_id AND o.user_id = n.user_id
               AND o.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED')) > p.per_user_limit
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'order of user % over the limit of product % (limit %)',
            bad.user_id, bad.product_id, bad.per_user_limit
            USING ERRCODE = 'check_violation', TABLE = 'seckill_orders',
                  CONSTRAINT = 'seckill_orders_within_limit';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- Checks the orders that were there before their product. After its limit was lowered
-- users may hold more than it says, so it is not asked then.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_product_bears_orders() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    live bigint;
    highest bigint;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM seckill_orders o WHERE o.product_id = NEW.product_id) THEN
        RETURN NULL;
    END IF;
    SELECT count(*), max(o.slot) INTO live, highest FROM seckill_orders o
     WHERE o.product_id = NEW.product_id AND o.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED');
    IF NEW.stock_total IS NULL OR live > NEW.stock_total - NEW.stock_left
       OR (NEW.per_user_limit > 0 AND NOT NEW.limit_lowered AND highest > NEW.per_user_limit) THEN
        RAISE EXCEPTION 'product % (stock %, left %, limit %) cannot have the % live orders that are there',
            NEW.product_id, NEW.stock_total, NEW.stock_left, NEW.per_user_limit, live
            USING ERRCODE = 'check_violation', TABLE = 'seckill_products',
                  CONSTRAINT = 'seckill_product_bears_orders';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_trigger
                    WHERE tgrelid = 'seckill_products'::regclass AND tgname = 'seckill_product_bears_orders') THEN
        CREATE TRIGGER seckill_product_bears_orders AFTER INSERT ON seckill_products
            FOR EACH ROW EXECUTE FUNCTION seckill_product_bears_orders();
    END IF;
END $$;
-- +goose StatementEnd

-- What the service has recorded of its migrations is not recorded twice: a restore of
-- the data alone brings the records of the database that it comes from.
-- +goose StatementBegin
DO $$
BEGIN
    IF to_regclass('seckill_migrations') IS NULL THEN
        RETURN; -- no service has been here; it runs this file again
    END IF;
    CREATE OR REPLACE FUNCTION seckill_migration_once() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        IF EXISTS (SELECT 1 FROM seckill_migrations m WHERE m.version_id = NEW.version_id AND m.is_applied) THEN
            RETURN NULL;
        END IF;
        RETURN NEW;
    END $body$;
    IF NOT EXISTS (SELECT 1 FROM pg_trigger
                    WHERE tgrelid = 'seckill_migrations'::regclass AND tgname = 'seckill_migration_once') THEN
        CREATE TRIGGER seckill_migration_once BEFORE INSERT ON seckill_migrations
            FOR EACH ROW EXECUTE FUNCTION seckill_migration_once();
    END IF;
END $$;
-- +goose StatementEnd

-- Each function finds the tables by itself, whatever the search_path of the session is:
-- pg_restore sets none, and a hand in psql may have any. It names the schema in which
-- the tables are. Run this file again after the schema was renamed.
-- +goose StatementBegin
DO $$
DECLARE
    place text := (SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = 'seckill_orders'::regclass);
    fn    regprocedure;
BEGIN
    FOR fn IN
        SELECT DISTINCT t.tgfoid::regprocedure FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
         WHERE t.tgrelid IN ('seckill_orders'::regclass, 'seckill_products'::regclass, to_regclass('seckill_migrations')) AND p.proname LIKE 'seckill\_%'
        UNION SELECT to_regprocedure('seckill_require_record_only(bigint)')
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %s, pg_temp', fn, place);
    END LOOP;
END $$;
-- +goose StatementEnd

-- The keys are compared byte by byte, not as the database's language sorts: an operating
-- system that sorts otherwise after an upgrade makes an index of such a column wrong, and
-- on these rests that an entry counts once. The indexes are built anew for it while
-- nobody can use the table. So a large table is left as it is here; it is changed beside
-- the sale by maintenance/collate_keys.sql. One that a view looks at is left too: the
-- view would have to go first. A trigger whose condition names the column is made anew.
-- +goose StatementBegin
DO $$
DECLARE
    key       record;
    condition record;
    triggers  text[];
    command   text;
BEGIN
    FOR key IN
        SELECT t.name::regclass AS relation, a.attname AS name
          FROM unnest(ARRAY['seckill_carried_entries', 'seckill_dead_letters', 'seckill_orders', 'seckill_logs'])
               WITH ORDINALITY AS t(name, n)
          JOIN pg_attribute a ON a.attrelid = t.name::regclass AND a.attname IN ('stream_id', 'fingerprint')
         WHERE a.attcollation <> 'pg_catalog."C"'::regcollation
         ORDER BY t.n, a.attname
    LOOP
        CONTINUE WHEN pg_relation_size(key.relation) > 32 * 1024 * 1024;
        -- Orders first: the order of a log is looked up by the log's own stream_id, which
        -- must not bring along a collation that the index of the orders does not have.
        CONTINUE WHEN key.relation = 'seckill_logs'::regclass AND EXISTS (
            SELECT 1 FROM pg_attribute WHERE attrelid = 'seckill_orders'::regclass
               AND attname = 'stream_id' AND attcollation <> 'pg_catalog."C"'::regcollation);
        BEGIN
            triggers := '{}';
            FOR condition IN
                SELECT tgname, pg_get_triggerdef(oid) AS definition FROM pg_trigger
                 WHERE tgrelid = key.relation AND tgname LIKE 'seckill\_%' AND tgqual IS NOT NULL
            LOOP
                triggers := triggers || condition.definition;
                EXECUTE format('DROP TRIGGER %I ON %s', condition.tgname, key.relation);
            END LOOP;
            EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE text COLLATE "C"', key.relation, key.name);
            FOREACH command IN ARRAY triggers LOOP
                EXECUTE command;
            END LOOP;
        EXCEPTION WHEN feature_not_supported THEN
            RAISE WARNING 'column % of % keeps the collation of the database: %', key.name, key.relation, SQLERRM;
        END;
    END LOOP;
END $$;
-- +goose StatementEnd
