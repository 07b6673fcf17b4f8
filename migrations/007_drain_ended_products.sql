-- +goose Up
--
-- What has become of products that have ended. While a product is not here, its stream is
-- read and its gate is looked at; one that is here costs a look now and then.

-- drained_at is when the product was found with nothing on its way: no entry in its stream
-- that is not settled, nothing in flight at its gate, no move that the gate does not know.
-- The row goes when an entry comes after all. retired_at is when the keys of the product
-- were removed from Redis; from then on nobody looks any more.
CREATE TABLE IF NOT EXISTS seckill_drained_products (
    product_id bigint      PRIMARY KEY,
    drained_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz
);
