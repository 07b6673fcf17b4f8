-- +goose Up
--
-- What the tables' own constraints cannot say about orders, said by triggers, so
-- that no code, ours or a hand in psql, can get past it: a live order stands for a
-- known product with stock, within the user's limit, and an order that has ended
-- never lives again.

-- Gives an order written without a slot the user's lowest free one. Our own code
-- names the slot itself and never comes here.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_order_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT min(free.slot) INTO NEW.slot
      FROM generate_series(1, 1 + (
               SELECT count(*) FROM seckill_orders o
                WHERE o.product_id = NEW.product_id AND o.user_id = NEW.user_id
                  AND o.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED'))) AS free(slot)
     WHERE NOT EXISTS (
               SELECT 1 FROM seckill_orders o
                WHERE o.product_id = NEW.product_id AND o.user_id = NEW.user_id AND o.slot = free.slot
                  AND o.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED'));
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- Checks the orders of one statement against their products, once per statement:
-- a check per row would cost a batch a tenth of its speed. A slot within the limit,
-- and unique, is enough as long as the limit was never higher; after it was, a user
-- may hold slots above it, and the live orders are counted.
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

-- Remembers that the limit of a product was higher, or none.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_product_limit_lowered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.limit_lowered := true;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_order_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'order % cannot change from % to %, nor change its product, user, entry or slot',
        OLD.id, OLD.status, NEW.status
        USING ERRCODE = 'check_violation', TABLE = 'seckill_orders',
              CONSTRAINT = 'seckill_order_immutable';
END $$;
-- +goose StatementEnd

-- CREATE OR REPLACE TRIGGER needs PostgreSQL 14, and dropping a trigger that
-- stands would lock a table in use: each is created only where it is missing.
-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_trigger
                    WHERE tgrelid = 'seckill_orders'::regclass AND tgname = 'seckill_order_slot') THEN
        CREATE TRIGGER seckill_order_slot BEFORE INSERT ON seckill_orders
            FOR EACH ROW WHEN (NEW.slot IS NULL) EXECUTE FUNCTION seckill_order_slot();
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_trigger
                    WHERE tgrelid = 'seckill_orders'::regclass AND tgname = 'seckill_orders_within_limit') THEN
        CREATE TRIGGER seckill_orders_within_limit AFTER INSERT ON seckill_orders
            REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION seckill_orders_within_limit();
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_trigger
                    WHERE tgrelid = 'seckill_products'::regclass AND tgname = 'seckill_product_limit_lowered') THEN
        CREATE TRIGGER seckill_product_limit_lowered BEFORE UPDATE ON seckill_products
            FOR EACH ROW WHEN (NEW.per_user_limit > 0
                               AND (OLD.per_user_limit = 0 OR NEW.per_user_limit < OLD.per_user_limit))
            EXECUTE FUNCTION seckill_product_limit_lowered();
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_trigger
                    WHERE tgrelid = 'seckill_orders'::regclass AND tgname = 'seckill_order_immutable') THEN
        CREATE TRIGGER seckill_order_immutable BEFORE UPDATE ON seckill_orders
            FOR EACH ROW WHEN (
                OLD.product_id <> NEW.product_id OR OLD.user_id <> NEW.user_id
                OR OLD.stream_id <> NEW.stream_id OR OLD.slot <> NEW.slot
                OR (OLD.status IN ('CANCELLED', 'EXPIRED') AND NEW.status <> OLD.status)
                OR (OLD.status = 'PAID' AND NEW.status <> 'PAID')
                OR (OLD.status = 'CONFIRMED' AND NEW.status NOT IN ('CONFIRMED', 'CANCELLED')))
            EXECUTE FUNCTION seckill_order_immutable();
    END IF;
END $$;
-- +goose StatementEnd
