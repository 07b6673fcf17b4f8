-- +goose Up
--
-- What the lists of operators are read from.

-- The orders of a product, newest first.
CREATE INDEX IF NOT EXISTS seckill_orders_product_idx ON seckill_orders (product_id, id);

-- The orders that were paid with a reference.
CREATE INDEX IF NOT EXISTS seckill_orders_payment_idx
    ON seckill_orders (payment_ref, id) WHERE payment_ref IS NOT NULL;

-- What was done to one product, order or letter, and what one person did.
CREATE INDEX IF NOT EXISTS seckill_audit_target_idx ON seckill_audit (target, id);
CREATE INDEX IF NOT EXISTS seckill_audit_actor_idx ON seckill_audit (actor, id);
