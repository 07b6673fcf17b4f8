-- +goose Up
--
-- More live orders than stock are refused by the database itself, whoever writes them: it
-- counts the live orders of each product. Counted are statements, not rows, so that a batch
-- costs one update of the row that its settlement holds anyway.
--
-- Run again, this file counts anew: after orders were written with the triggers off.

-- A product knows the orders that were there before it: a restore of the data alone brings
-- orders first.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_product_counts_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.live_orders := (SELECT count(*) FROM seckill_orders o
                         WHERE o.product_id = NEW.product_id AND o.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED'));
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- Counts the orders of one statement, products in the order of their IDs, so that two
-- statements do not wait for each other. Whoever else adds orders of the product waits for
-- its row. What takes orders away is never refused, whatever the count is.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_orders_within_stock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids    bigint[];
    more   bigint[];
    now_is record;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE seckill_products SET live_orders = 0 WHERE live_orders <> 0;
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(c.product_id ORDER BY c.product_id), array_agg(c.n ORDER BY c.product_id) INTO ids, more
          FROM (SELECT product_id, count(*) AS n FROM added
                 WHERE status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED') GROUP BY product_id) AS c;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(c.product_id ORDER BY c.product_id), array_agg(c.n ORDER BY c.product_id) INTO ids, more
          FROM (SELECT product_id, -count(*) AS n FROM was
                 WHERE status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED') GROUP BY product_id) AS c;
    ELSE
        SELECT array_agg(c.product_id ORDER BY c.product_id), array_agg(c.n ORDER BY c.product_id) INTO ids, more
          FROM (SELECT product_id, sum(live) AS n FROM (
                    SELECT product_id, -1 AS live FROM was WHERE status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED')
                    UNION ALL
                    SELECT product_id, 1 FROM added WHERE status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED')) AS o
                 GROUP BY product_id HAVING sum(live) <> 0) AS c;
    END IF;
    FOR i IN 1 .. coalesce(array_length(ids, 1), 0) LOOP
        UPDATE seckill_products SET live_orders = greatest(live_orders + more[i], 0)
         WHERE product_id = ids[i] RETURNING live_orders, stock_total INTO now_is;
        IF FOUND AND more[i] > 0 AND now_is.live_orders > now_is.stock_total THEN
            RAISE EXCEPTION 'product % would have % live orders with a stock of %',
                ids[i], now_is.live_orders, now_is.stock_total
                USING ERRCODE = 'check_violation', TABLE = 'seckill_orders',
                      CONSTRAINT = 'seckill_orders_within_stock';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_product_keeps_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'product % has % live orders: its stock cannot become %',
        NEW.product_id, NEW.live_orders, coalesce(NEW.stock_total::text, 'none')
        USING ERRCODE = 'check_violation', TABLE = 'seckill_products',
              CONSTRAINT = 'seckill_product_keeps_stock';
END $$;
-- +goose StatementEnd

-- The column, its triggers and the count in one statement, while nobody writes: what is
-- settled meanwhile, by replicas of the version before, waits, and is counted.
-- +goose StatementBegin
DO $$
DECLARE
    missing record;
    place text := (SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = 'seckill_orders'::regclass);
    fn    text;
BEGIN
    ALTER TABLE seckill_products ADD COLUMN IF NOT EXISTS live_orders bigint NOT NULL DEFAULT 0;
    LOCK TABLE seckill_orders IN SHARE ROW EXCLUSIVE MODE;
    FOR missing IN
        SELECT * FROM (VALUES
            ('seckill_orders', 'seckill_orders_within_stock',
             'AFTER INSERT ON %s REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION seckill_orders_within_stock()'),
            ('seckill_orders', 'seckill_orders_live_changed',
             'AFTER UPDATE ON %s REFERENCING OLD TABLE AS was NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION seckill_orders_within_stock()'),
            ('seckill_orders', 'seckill_orders_live_deleted',
             'AFTER DELETE ON %s REFERENCING OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION seckill_orders_within_stock()'),
            ('seckill_orders', 'seckill_orders_live_emptied',
             'AFTER TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION seckill_orders_within_stock()'),
            ('seckill_products', 'seckill_product_counts_orders',
             'BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION seckill_product_counts_orders()'),
            ('seckill_products', 'seckill_product_keeps_stock',
             'BEFORE UPDATE ON %s FOR EACH ROW WHEN (
                  OLD.stock_total IS DISTINCT FROM NEW.stock_total AND OLD.stock_total > coalesce(NEW.stock_total, -1)
                  AND NEW.live_orders > coalesce(NEW.stock_total, 0)) EXECUTE FUNCTION seckill_product_keeps_stock()')
        ) AS t(relation, name, definition)
        WHERE NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = t.relation::regclass AND tgname = t.name)
    LOOP
        EXECUTE format('CREATE TRIGGER %I ' || missing.definition, missing.name, missing.relation::regclass);
    END LOOP;
    -- As in 005: each function finds the tables by itself.
    FOREACH fn IN ARRAY ARRAY['seckill_orders_within_stock', 'seckill_product_counts_orders', 'seckill_product_keeps_stock'] LOOP
        EXECUTE format('ALTER FUNCTION %s.%I() SET search_path = %s, pg_temp', place, fn, place);
    END LOOP;
    UPDATE seckill_products p SET live_orders = counted.live
      FROM (SELECT q.product_id, (SELECT count(*) FROM seckill_orders o
                                   WHERE o.product_id = q.product_id
                                     AND o.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED')) AS live
              FROM seckill_products q WHERE q.stock_total IS NOT NULL) AS counted
     WHERE p.product_id = counted.product_id AND p.live_orders <> counted.live;
END $$;
-- +goose StatementEnd
