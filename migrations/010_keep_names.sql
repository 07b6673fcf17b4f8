-- +goose Up
--
-- What makes it noticed when this database is older than what it has told others: put
-- back from a copy, or taken over by a standby that lagged.

-- Each move names the one before it by that one's token, a random number, and the product
-- the last one. After a loss numbers are handed out again; tokens are not.
ALTER TABLE seckill_products ADD COLUMN IF NOT EXISTS move_token bigint NOT NULL DEFAULT 0;
ALTER TABLE seckill_moves
    ADD COLUMN IF NOT EXISTS token       bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS after_token bigint NOT NULL DEFAULT 0;

-- Fails unless the given entries of a product are stored, as logs or as dead letters: a
-- consumer names those that it has acknowledged last, in the transaction of the next.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_require_stored(product bigint, entries text[]) RETURNS void LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET search_path FROM CURRENT AS $$
DECLARE
    missing text;
BEGIN
    SELECT e INTO missing FROM unnest(entries) AS e
     WHERE NOT EXISTS (SELECT 1 FROM seckill_logs l WHERE l.product_id = product AND l.stream_id = e)
       AND NOT EXISTS (SELECT 1 FROM seckill_dead_letters d WHERE d.product_id = product AND d.stream_id = e)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % of product % has been stored and is not there any more', missing, product
            USING ERRCODE = 'SK002';
    END IF;
END $$;
-- +goose StatementEnd

-- The ID of an order: the milliseconds since 2025, and 12 bits of the sequence. A sequence
-- alone runs backwards when the database is put back, and somebody may hold an ID, and pay
-- for it, of an order that is not here any more. It stays below 2^53, which JavaScript
-- holds exactly, until 2094. date_part is a double, which is exact here and five times as
-- fast as the numeric of extract.
ALTER TABLE seckill_orders ALTER COLUMN id SET DEFAULT
    (((date_part('epoch', clock_timestamp()) * 1000)::bigint - 1735689600000) << 12)
    | (nextval('seckill_orders_id_seq') & 4095);
