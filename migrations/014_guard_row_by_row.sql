-- +goose Up
--
-- What 002, 008 and 012 say of orders, without transition tables, which databases that spread
-- their rows over several servers do not have: each row that a statement touches is noted, and
-- at the end of the statement what is noted is counted, compared with limit and stock, and
-- told. Not row by row: a statement of a thousand orders changes its product once.
--
-- The triggers keep the names that replicas of the version before look for.

-- Notes an order that was written, changed or deleted, until the end of the statement: in a
-- setting of the transaction, a line for each product, kind of change and time, with the
-- orders' IDs at its end. Lines do not grow without bound: to add to a long text copies it.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_order_noted() RETURNS trigger LANGUAGE plpgsql SET datestyle = 'ISO, YMD' AS $$
DECLARE
    noted  text := coalesce(current_setting('seckill.noted', true), '');
    live   int  := 0;
    change text; -- product, what to do, live orders more, slot, status, time
    id     bigint;
BEGIN
    IF TG_OP <> 'DELETE' THEN
        id := NEW.id;
        live := (NEW.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED'))::int;
    END IF;
    IF TG_OP = 'INSERT' THEN
        change := concat_ws(E'\t', NEW.product_id, 'begin', live, NEW.slot * live, NEW.status, NEW.updated_at);
    ELSIF TG_OP = 'UPDATE' AND OLD.status <> NEW.status THEN
        live := live - (OLD.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED'))::int;
        change := concat_ws(E'\t', NEW.product_id, 'tell', live, 0, NEW.status, NEW.updated_at);
    ELSIF TG_OP = 'UPDATE' THEN
        change := concat_ws(E'\t', NEW.product_id, 'reset', 0, 0, NEW.status, '-infinity');
    ELSE
        id := OLD.id;
        live := -(OLD.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED'))::int;
        change := concat_ws(E'\t', OLD.product_id, 'reset', live, 0, OLD.status, '-infinity');
    END IF;
    IF starts_with(noted, change || E'\t') THEN
        noted := change || E'\t' || id || ',' || substr(noted, length(change) + 2);
    ELSE
        noted := change || E'\t' || id || E'\n' || noted;
    END IF;
    PERFORM set_config('seckill.noted', noted, true);
    IF length(noted) > 8000 THEN
        PERFORM seckill_count_noted();
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- Counts orders of one product that have changed alike, and tells of them. Whoever else
-- changes orders of the product waits for its row. What takes orders away is never refused,
-- whatever the count is.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_count_orders(product bigint, what text, live bigint, highest bigint, status text, at timestamptz,
                                                orders bigint[], server text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    p   seckill_products%ROWTYPE;
    bad bigint;
BEGIN
    IF live <> 0 THEN
        UPDATE seckill_products SET live_orders = greatest(live_orders + live, 0) WHERE product_id = product RETURNING * INTO p;
    ELSE
        SELECT * INTO p FROM seckill_products WHERE product_id = product;
    END IF;
    IF what = 'begin' THEN
        IF p.product_id IS NULL THEN
            -- A restore of the data alone brings the products last: see 005.
            IF NOT EXISTS (SELECT 1 FROM seckill_products) THEN
                RETURN;
            END IF;
            RAISE EXCEPTION 'order for product % that does not exist', product
                USING ERRCODE = 'foreign_key_violation', TABLE = 'seckill_orders';
        END IF;
        IF p.stock_total IS NULL OR p.per_user_limit > 0 AND highest > p.per_user_limit THEN
            SELECT o.user_id INTO bad FROM seckill_orders o WHERE o.id = ANY (orders) AND (p.stock_total IS NULL OR o.slot = highest) LIMIT 1;
            RAISE EXCEPTION 'order of user % over the limit of product % (slot %, limit %), or product without stock',
                bad, product, highest, p.per_user_limit
                USING ERRCODE = 'check_violation', TABLE = 'seckill_orders', CONSTRAINT = 'seckill_orders_within_limit';
        END IF;
        -- A slot within the limit, and unique, is enough as long as the limit was never higher.
        IF p.limit_lowered AND p.per_user_limit > 0 AND live > 0 THEN
            SELECT n.user_id INTO bad FROM seckill_orders n
             WHERE n.id = ANY (orders) AND n.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED')
               AND (SELECT count(*) FROM seckill_orders o
                     WHERE o.product_id = n.product_id AND o.user_id = n.user_id
                       AND o.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED')) > p.per_user_limit
             LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'order of user % over the limit of product % (limit %)', bad, product, p.per_user_limit
                    USING ERRCODE = 'check_violation', TABLE = 'seckill_orders', CONSTRAINT = 'seckill_orders_within_limit';
            END IF;
        END IF;
    END IF;
    IF live > 0 AND p.live_orders > p.stock_total THEN
        RAISE EXCEPTION 'product % would have % live orders with a stock of %', product, p.live_orders, p.stock_total
            USING ERRCODE = 'check_violation', TABLE = 'seckill_orders', CONSTRAINT = 'seckill_orders_within_stock';
    END IF;
    IF what = 'reset' THEN
        PERFORM seckill_reset_events(product);
    ELSE
        PERFORM seckill_tell_orders(product, status, at, orders, server);
    END IF;
END $$;
-- +goose StatementEnd

-- Counts what is noted, and tells of it: in the order of products, so that two statements do
-- not wait for each other, and of orders. It has the rights of the tables' owner, as it has
-- in 012. Of orders that are announced those are noted whose IDs are not above, as a clock that
-- was put back gives them: so many fewer are read back.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_count_noted() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET datestyle = 'ISO, YMD' SET enable_seqscan = off AS $$
DECLARE
    noted    text     := rtrim(current_setting('seckill.noted', true), E'\n');
    expected bigint[] := string_to_array(nullif(current_setting('seckill.expected', true), ''), ' ');
    server   text;
    change   record;
BEGIN
    PERFORM set_config('seckill.noted', '', true);
    IF noted IS NULL OR noted = '' THEN
        RETURN;
    END IF;
    server := seckill_server();
    FOR change IN
        SELECT f[1]::bigint AS product, f[2] AS what, sum(f[3]::bigint)::bigint AS live, max(f[4]::bigint) AS highest, f[5] AS status, f[6]::timestamptz AS at,
               array_agg(one.id::bigint ORDER BY one.id::bigint) AS orders
          FROM (SELECT string_to_array(line, E'\t') AS f FROM unnest(string_to_array(noted, E'\n')) AS line) AS lines,
               unnest(string_to_array(f[7], ',')) AS one(id)
         GROUP BY f[1], f[2], f[5], f[6] ORDER BY 1, f[2] = 'reset' DESC, 6, 5
    LOOP
        PERFORM seckill_count_orders(change.product, change.what, change.live, change.highest, change.status, change.at, change.orders, server);
        IF change.what = 'begin' AND change.product = expected[1] THEN
            expected[3] := expected[3] - cardinality(change.orders);
        END IF;
    END LOOP;
    PERFORM set_config('seckill.expected', coalesce(array_to_string(expected, ' '), ''), true);
END $$;
-- +goose StatementEnd

-- Announces n orders that the next statement writes of a product whose row the transaction
-- holds: they are not noted one by one, but read back at its end, as those of the product that
-- have greater IDs than any before. What is announced and not written is refused, and what is
-- written and not announced is noted; so to announce what is not true gains nothing.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_expect_orders(product bigint, n bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('seckill.expected', concat_ws(' ', product,
        (((date_part('epoch', clock_timestamp()) * 1000)::bigint - 1735689600000) << 12) - 1, n), true);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_count_expected() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    expected bigint[] := string_to_array(current_setting('seckill.expected', true), ' ');
    product  bigint   := expected[1];
    above    bigint   := expected[2];
    written  bigint   := 0;
    server   text     := seckill_server();
    change   record;
BEGIN
    PERFORM set_config('seckill.expected', '', true);
    FOR change IN
        SELECT n.status, n.updated_at AS at, count(*) AS orders_written, array_agg(n.id) AS orders,
               count(*) FILTER (WHERE n.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED')) AS live,
               coalesce(max(n.slot) FILTER (WHERE n.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED')), 0) AS highest
          FROM (SELECT o.id, o.status, o.updated_at, o.slot FROM seckill_orders o
                 WHERE o.product_id + 0 = product AND o.id > above AND o.xmin = pg_current_xact_id()::xid
                 ORDER BY o.id) AS n
         GROUP BY n.status, n.updated_at ORDER BY n.updated_at, n.status
    LOOP
        PERFORM seckill_count_orders(product, 'begin', change.live, change.highest, change.status, change.at, change.orders, server);
        written := written + change.orders_written;
    END LOOP;
    IF written IS DISTINCT FROM expected[3] THEN
        RAISE EXCEPTION '% orders of product % were announced, and % written', expected[3], product, written
            USING ERRCODE = 'serialization_failure', TABLE = 'seckill_orders';
    END IF;
END $$;
-- +goose StatementEnd

-- At the end of a statement.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_orders_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('seckill.noted', true), '') <> '' THEN
        PERFORM seckill_count_noted();
    END IF;
    IF TG_OP = 'INSERT' AND coalesce(current_setting('seckill.expected', true), '') <> '' THEN
        PERFORM seckill_count_expected();
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- Nothing may be left that was not counted.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_orders_all_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('seckill.noted', true), '') || coalesce(current_setting('seckill.expected', true), '') <> '' THEN
        RAISE EXCEPTION 'orders have been written that nobody counted'
            USING ERRCODE = 'check_violation', TABLE = 'seckill_orders', CONSTRAINT = 'seckill_orders_within_stock';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- What seckill_require_record_only (003) and seckill_require_stored (009) require, in one
-- call: each costs some hundredths of a millisecond a batch.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_require_record_only(product bigint, entries text[], server text) RETURNS void LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    entry text;
BEGIN
    PERFORM 1 FROM seckill_products p WHERE p.product_id = product AND p.stock_total IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'product % is not record-only', product USING ERRCODE = 'SK001';
    END IF;
    -- seckill_server(), without the cost of a call.
    IF server <> '' AND server <> (date_part('epoch', pg_postmaster_start_time()) * 1000000)::bigint
                  || '/' || coalesce(pg_relation_filenode('seckill_products'), 0)
                  || '/' || coalesce(pg_relation_filenode('seckill_orders'), 0)
                  || '/' || coalesce(pg_relation_filenode('seckill_logs'), 0) THEN
        RAISE EXCEPTION 'another database, or one that was started again, answers for product %', product
            USING ERRCODE = 'SK002';
    END IF;
    FOREACH entry IN ARRAY coalesce(entries, '{}') LOOP
        PERFORM 1 FROM seckill_logs l WHERE l.product_id = product AND l.stream_id = entry;
        IF NOT FOUND THEN
            PERFORM seckill_require_stored(product, ARRAY[entry], '');
        END IF;
    END LOOP;
END $$;
-- +goose StatementEnd

-- Each function finds the tables by itself, as in 005; the triggers are exchanged while nobody
-- writes, once.
-- +goose StatementBegin
DO $$
DECLARE
    place text := (SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = 'seckill_orders'::regclass);
    fn    text;
    other record;
BEGIN
    FOREACH fn IN ARRAY ARRAY['seckill_order_noted()', 'seckill_count_noted()', 'seckill_count_expected()', 'seckill_orders_counted()',
                              'seckill_count_orders(bigint, text, bigint, bigint, text, timestamptz, bigint[], text)',
                              'seckill_require_record_only(bigint, text[], text)'] LOOP
        EXECUTE format('ALTER FUNCTION %s.%s SET search_path = %s, pg_temp', place, fn, place);
    END LOOP;
    FOR other IN
        SELECT t.name, t.does, t.definition, g.oid IS NOT NULL AS there FROM (VALUES
            ('seckill_orders_told', 'seckill_order_noted', 'AFTER INSERT ON %s FOR EACH ROW WHEN (NOT (
                NEW.product_id::text = split_part(coalesce(current_setting(''seckill.expected'', true), ''''), '' '', 1)
                AND NEW.id > split_part(current_setting(''seckill.expected'', true), '' '', 2)::bigint))'),
            ('seckill_orders_within_limit', 'seckill_orders_counted', 'AFTER INSERT ON %s FOR EACH STATEMENT'),
            ('seckill_orders_within_stock', 'seckill_orders_all_counted', 'AFTER INSERT ON %s FOR EACH STATEMENT'),
            ('seckill_orders_live_changed', 'seckill_order_noted', 'AFTER UPDATE ON %s FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)'),
            ('seckill_orders_told_of_changes', 'seckill_orders_counted', 'AFTER UPDATE ON %s FOR EACH STATEMENT'),
            ('seckill_orders_live_deleted', 'seckill_order_noted', 'AFTER DELETE ON %s FOR EACH ROW'),
            ('seckill_orders_told_of_deletions', 'seckill_orders_counted', 'AFTER DELETE ON %s FOR EACH STATEMENT')
        ) AS t(name, does, definition)
        LEFT JOIN pg_trigger g ON g.tgrelid = 'seckill_orders'::regclass AND g.tgname = t.name
        WHERE g.oid IS NULL OR g.tgfoid <> to_regproc(t.does)
    LOOP
        IF other.there THEN
            EXECUTE format('DROP TRIGGER %I ON %s', other.name, 'seckill_orders'::regclass);
        END IF;
        EXECUTE format('CREATE TRIGGER %I ' || other.definition || ' EXECUTE FUNCTION %I()', other.name, 'seckill_orders'::regclass, other.does);
    END LOOP;
END $$;
-- +goose StatementEnd
