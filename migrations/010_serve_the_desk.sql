-- +goose Up
--
-- What the lists of operators are read from.

-- The orders of a product, newest first. By product_id alone the planner, with statistics of
-- an empty table, would take this index for the order of one entry, and read all of a product.
CREATE INDEX IF NOT EXISTS seckill_orders_product_idx ON seckill_orders ((product_id + 0), id);

-- The orders that were paid with a reference.
CREATE INDEX IF NOT EXISTS seckill_orders_payment_idx
    ON seckill_orders (payment_ref, id) WHERE payment_ref IS NOT NULL;

-- What was done to one product, order or letter, and what one person did.
CREATE INDEX IF NOT EXISTS seckill_audit_target_idx ON seckill_audit (target, id);
CREATE INDEX IF NOT EXISTS seckill_audit_actor_idx ON seckill_audit (actor, id);
