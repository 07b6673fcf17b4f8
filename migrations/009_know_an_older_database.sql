-- +goose Up
--
-- What makes it noticed when this database is older than what it has told others: put
-- back from a copy, or taken over by a standby that lagged.

-- Each move names the one before it by that one's token, a random number, and the product
-- the last one. After a loss numbers are handed out again; tokens are not. 0 is not known:
-- an older version of the service wrote it.
ALTER TABLE seckill_products ADD COLUMN IF NOT EXISTS move_token bigint NOT NULL DEFAULT 0;
ALTER TABLE seckill_moves
    ADD COLUMN IF NOT EXISTS token       bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS after_token bigint NOT NULL DEFAULT 0;

-- Names the state that the tables go on from: another one after the server was started
-- again, after another server took over, and after the tables were filled from a copy.
-- (VACUUM FULL gives them another name as well, which costs one look.)
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_server() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint
           || '/' || coalesce(pg_relation_filenode('seckill_products'), 0)
           || '/' || coalesce(pg_relation_filenode('seckill_orders'), 0)
           || '/' || coalesce(pg_relation_filenode('seckill_logs'), 0)
$$;
-- +goose StatementEnd

-- Fails unless the given entries of a product are stored, as logs or as dead letters, and
-- the tables are the ones that the caller knows: a consumer names what it has acknowledged
-- last, in the transaction of the next batch. The plan is made once, for the index.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_require_stored(product bigint, entries text[], server text) RETURNS void LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    entry text;
BEGIN
    IF server <> '' AND server <> seckill_server() THEN
        RAISE EXCEPTION 'another database, or one that was started again, answers for product %', product
            USING ERRCODE = 'SK002';
    END IF;
    FOREACH entry IN ARRAY coalesce(entries, '{}') LOOP
        PERFORM 1 FROM seckill_logs l WHERE l.product_id = product AND l.stream_id = entry;
        IF NOT FOUND THEN
            PERFORM 1 FROM seckill_dead_letters d WHERE d.product_id = product AND d.stream_id = entry;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'entry % of product % has been stored and is not there any more', entry, product
                    USING ERRCODE = 'SK002';
            END IF;
        END IF;
    END LOOP;
END $$;
-- +goose StatementEnd

-- Both find the tables by themselves, as in 005.
-- +goose StatementBegin
DO $$
DECLARE
    place text := (SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = 'seckill_orders'::regclass);
BEGIN
    EXECUTE format('ALTER FUNCTION seckill_server() SET search_path = %s, pg_temp', place);
    EXECUTE format('ALTER FUNCTION seckill_require_stored(bigint, text[], text) SET search_path = %s, pg_temp', place);
END $$;
-- +goose StatementEnd

-- The IDs of orders and dead letters, which others know them by: the milliseconds since
-- 2025, and 12 bits of the sequence. A sequence alone runs backwards when the database is
-- put back, and somebody may hold an ID, and pay for it, of an order that is not here any
-- more. They stay below 2^53, which JavaScript holds exactly, until 2094. date_part is a
-- double, which is exact here and five times as fast as the numeric of extract.
ALTER TABLE seckill_orders ALTER COLUMN id SET DEFAULT
    (((date_part('epoch', clock_timestamp()) * 1000)::bigint - 1735689600000) << 12)
    | (nextval('seckill_orders_id_seq') & 4095);
ALTER TABLE seckill_dead_letters ALTER COLUMN id SET DEFAULT
    (((date_part('epoch', clock_timestamp()) * 1000)::bigint - 1735689600000) << 12)
    | (nextval('seckill_dead_letters_id_seq') & 4095);

-- Money that came for an order that is not here: once for each reference, as in 006.
CREATE UNIQUE INDEX IF NOT EXISTS seckill_audit_unknown_payment_key
    ON seckill_audit ((target || ' ' || (detail ->> 'paymentRef')))
 WHERE action = 'order.unknown_payment';
