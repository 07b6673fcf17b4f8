-- +goose Up
--
-- When an operator deleted a product that has ended: it is gone from every list and from
-- the background roles, its rows stay, and its ID is never given to another product.
ALTER TABLE seckill_products ADD COLUMN IF NOT EXISTS deleted_at timestamptz;

-- Money that came for an order which does not take it has to be given back by somebody:
-- one row for each reference, however often the payment is reported, and by however many
-- callers at once. (One expression, because goctl takes each column of a unique index for
-- a key of its own.)
CREATE UNIQUE INDEX IF NOT EXISTS seckill_audit_refused_payment_key
    ON seckill_audit ((target || ' ' || (detail ->> 'paymentRef')))
 WHERE action IN ('order.late_payment', 'order.second_payment', 'order.needless_payment');
