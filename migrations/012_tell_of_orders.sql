-- +goose Up
--
-- The feed of order events: each product tells, numbered, what became of its orders, for
-- whoever carries them on. Triggers write it, so that no change of an order is left out, be
-- it ours, that of a replica of the version before, or of a hand in psql.
--
-- Numbers are counted under the lock of the product's row, which lasts until the commit: they
-- become visible in their order, and whoever sees one sees all before it.

-- events is the last number that was given out, events_server what seckill_server was then.
-- Who has not come as far as events_reset has to begin anew: something was changed that no
-- event tells. events_trimmed is the last number that was removed for its age.
ALTER TABLE seckill_products
    ADD COLUMN IF NOT EXISTS events         bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS events_server  text   NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS events_reset   bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS events_trimmed bigint NOT NULL DEFAULT 0;

-- One row for all orders of a product that one statement has brought into the same status,
-- mostly a whole batch: the events first to number, one for each of orders. All else that an
-- event tells stands in the order, where it never changes but with the order's last event.
CREATE TABLE IF NOT EXISTS seckill_order_events (
    product_id bigint      NOT NULL,
    number     bigint      NOT NULL CHECK (number > 0),
    first      bigint      NOT NULL,
    type       text        NOT NULL, -- CREATED, CONFIRMED, PAID, CANCELLED or EXPIRED
    at         timestamptz NOT NULL, -- updated_at of the orders
    orders     bigint[]    NOT NULL, -- their IDs
    PRIMARY KEY (product_id, number),
    CHECK (first = number - cardinality(orders) + 1)
);
-- The orders of a batch of 1,000 stand in the row itself; to keep them elsewhere costs winners 1 %.
ALTER TABLE seckill_order_events SET (toast_tuple_target = 8160);
ALTER TABLE seckill_order_events ALTER COLUMN orders SET STORAGE EXTERNAL;

-- Where numbers go on after last, above every one that an earlier state of this database, which
-- has been lost, can have given out: the microseconds since 2025, as epochs have them. No
-- product has a million events in a second.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_events_from(last bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT greatest(last, ((date_part('epoch', clock_timestamp()) - 1735689600) * 1000000)::bigint)
$$;
-- +goose StatementEnd

-- Writes the events of some orders of a product. When the database was started again, when
-- another one took over, and after a restore, commits may be missing whose numbers somebody
-- has read: a new stretch of numbers begins. Orders without their product come from a restore
-- of the data alone, which brings the events as well.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_tell_orders(product bigint, status text, at timestamptz, orders bigint[], server text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    n    bigint := cardinality(orders);
    last bigint;
BEGIN
    UPDATE seckill_products p
       SET events = n + CASE WHEN p.events_server = server THEN p.events ELSE seckill_events_from(p.events) END,
           events_server = server
     WHERE p.product_id = product RETURNING p.events INTO last;
    IF FOUND THEN
        INSERT INTO seckill_order_events
        VALUES (product, last, last - n + 1, CASE status WHEN 'PENDING_PAYMENT' THEN 'CREATED' ELSE status END, at, orders);
    END IF;
END $$;
-- +goose StatementEnd

-- Has whoever follows the orders of a product begin anew.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_reset_events(product bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE seckill_products p SET events = seckill_events_from(p.events + 1), events_server = seckill_server()
     WHERE p.product_id = product;
    UPDATE seckill_products p SET events_reset = p.events WHERE p.product_id = product;
END $$;
-- +goose StatementEnd

-- Tells of the orders of one statement, in the order of their IDs, and of products in the order
-- of theirs, so that two statements do not wait for each other. It has the rights of the
-- tables' owner: the role of the version before has none on the feed.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_orders_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    server text := seckill_server();
    change record;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM seckill_reset_events(p.product_id) FROM seckill_products p WHERE p.events > 0 ORDER BY p.product_id;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM seckill_reset_events(d.product_id) FROM (SELECT DISTINCT product_id FROM was ORDER BY product_id) AS d;
    ELSIF TG_OP = 'INSERT' THEN
        FOR change IN
            SELECT product_id, status, updated_at, array_agg(id ORDER BY id) AS orders FROM added
             GROUP BY product_id, status, updated_at ORDER BY product_id, updated_at, status
        LOOP
            PERFORM seckill_tell_orders(change.product_id, change.status, change.updated_at, change.orders, server);
        END LOOP;
    ELSE
        FOR change IN
            SELECT n.product_id, n.status, n.updated_at, array_agg(n.id ORDER BY n.id) AS orders, n.status = o.status AS same
              FROM added n JOIN was o ON o.id = n.id
             WHERE n IS DISTINCT FROM o
             GROUP BY n.product_id, n.status, n.updated_at, n.status = o.status
             ORDER BY n.product_id, same DESC, n.updated_at, n.status
        LOOP
            IF change.same THEN
                PERFORM seckill_reset_events(change.product_id);
            ELSE
                PERFORM seckill_tell_orders(change.product_id, change.status, change.updated_at, change.orders, server);
            END IF;
        END LOOP;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- Each function finds the tables by itself, as in 005. The triggers, while nobody writes: of
-- orders that were there before them no event tells.
-- +goose StatementBegin
DO $$
DECLARE
    missing record;
    begun   boolean := false;
    place   text := (SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = 'seckill_orders'::regclass);
    fn      text;
BEGIN
    FOREACH fn IN ARRAY ARRAY['seckill_tell_orders(bigint, text, timestamptz, bigint[], text)',
                              'seckill_reset_events(bigint)', 'seckill_orders_told()'] LOOP
        EXECUTE format('ALTER FUNCTION %s.%s SET search_path = %s, pg_temp', place, fn, place);
    END LOOP;
    LOCK TABLE seckill_orders IN SHARE ROW EXCLUSIVE MODE;
    FOR missing IN
        SELECT * FROM (VALUES
            ('seckill_orders_told', 'INSERT ON %s REFERENCING NEW TABLE AS added'),
            ('seckill_orders_told_of_changes', 'UPDATE ON %s REFERENCING OLD TABLE AS was NEW TABLE AS added'),
            ('seckill_orders_told_of_deletions', 'DELETE ON %s REFERENCING OLD TABLE AS was'),
            ('seckill_orders_told_of_emptying', 'TRUNCATE ON %s')
        ) AS t(name, condition)
        WHERE NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = 'seckill_orders'::regclass AND tgname = t.name)
    LOOP
        begun := true;
        EXECUTE format('CREATE TRIGGER %I AFTER ' || missing.condition || ' FOR EACH STATEMENT EXECUTE FUNCTION seckill_orders_told()',
                       missing.name, 'seckill_orders'::regclass);
    END LOOP;
    IF begun THEN
        PERFORM seckill_reset_events(p.product_id) FROM seckill_products p
          WHERE EXISTS (SELECT 1 FROM seckill_orders o WHERE o.product_id = p.product_id) ORDER BY p.product_id;
    END IF;
END $$;
-- +goose StatementEnd
