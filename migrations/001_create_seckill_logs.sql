-- +goose Up
--
-- The tables of seckill (contract section 3). Forward only and idempotent: this
-- file may be run by `psql -f`, by the service at start, or by both in any order.
-- The comments with a plus sign are for the service's migration library (goose).
-- PostgreSQL 13 or newer.

-- A product on sale. stock_total null means record-only: no stock, no limit, no
-- window; every entry is stored as PROCESSING and resolved by somebody else.
-- limit_lowered is kept by a trigger (002): per_user_limit was higher once.
CREATE TABLE IF NOT EXISTS seckill_products (
    product_id             bigint      PRIMARY KEY CHECK (product_id > 0),
    name                   text        NOT NULL DEFAULT '',
    status                 text        NOT NULL DEFAULT 'ACTIVE'
                                       CHECK (status IN ('ACTIVE', 'PAUSED', 'ENDED')),
    stock_total            bigint      CHECK (stock_total >= 0),
    stock_left             bigint      CHECK (stock_left >= 0),
    per_user_limit         bigint      NOT NULL DEFAULT 1 CHECK (per_user_limit >= 0),
    starts_at              timestamptz,
    ends_at                timestamptz,
    payment_window_seconds bigint      CHECK (payment_window_seconds > 0),
    ended_at               timestamptz,
    limit_lowered          boolean     NOT NULL DEFAULT false,
    created_at             timestamptz NOT NULL DEFAULT now(),
    updated_at             timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT seckill_products_stock_check
        CHECK ((stock_total IS NULL) = (stock_left IS NULL) AND stock_left <= stock_total),
    CONSTRAINT seckill_products_window_check CHECK (starts_at < ends_at)
);

-- One row per stream entry. stream_id alone is not unique: two products' streams
-- can mint the same ID in the same millisecond.
CREATE TABLE IF NOT EXISTS seckill_logs (
    id         bigserial   PRIMARY KEY,
    product_id bigint      NOT NULL,
    user_id    bigint      NOT NULL,
    stream_id  text        NOT NULL,
    status     text        NOT NULL DEFAULT 'PROCESSING'
                           CHECK (status IN ('PROCESSING', 'SUCCESS', 'FAILED')),
    reason     text,
    request_id text,
    event_at   timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX IF NOT EXISTS seckill_logs_product_stream_key
    ON seckill_logs (product_id, stream_id);
-- A user's results, newest first.
CREATE INDEX IF NOT EXISTS seckill_logs_user_idx ON seckill_logs (user_id, id);
-- A product's results by status, newest first; with reason it also answers the
-- summary from the index alone.
CREATE INDEX IF NOT EXISTS seckill_logs_product_status_idx
    ON seckill_logs (product_id, status, id) INCLUDE (reason);
-- Rows come in the order of created_at, so a few pages of BRIN serve its ranges.
CREATE INDEX IF NOT EXISTS seckill_logs_created_brin
    ON seckill_logs USING brin (created_at) WITH (pages_per_range = 32);

-- One row per unit of stock that an entry has won. slot numbers the live orders
-- of one user from 1; the unique index below and the trigger that keeps slot
-- within per_user_limit make more live orders than the limit impossible.
CREATE TABLE IF NOT EXISTS seckill_orders (
    id          bigserial   PRIMARY KEY,
    product_id  bigint      NOT NULL,
    user_id     bigint      NOT NULL,
    stream_id   text        NOT NULL,
    status      text        NOT NULL DEFAULT 'PENDING_PAYMENT'
                            CHECK (status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED', 'CANCELLED', 'EXPIRED')),
    slot        bigint      NOT NULL CHECK (slot > 0),
    expires_at  timestamptz,
    paid_at     timestamptz,
    payment_ref text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX IF NOT EXISTS seckill_orders_product_stream_key
    ON seckill_orders (product_id, stream_id);
CREATE UNIQUE INDEX IF NOT EXISTS seckill_orders_live_key
    ON seckill_orders (product_id, user_id, slot)
    WHERE status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED');
-- What the expirer looks for.
CREATE INDEX IF NOT EXISTS seckill_orders_expires_idx
    ON seckill_orders (expires_at) WHERE status = 'PENDING_PAYMENT';

-- An entry that broke a rule, kept with its fields. A field whose bytes jsonb
-- cannot hold stands as {"base64": "..."}.
CREATE TABLE IF NOT EXISTS seckill_dead_letters (
    id          bigserial   PRIMARY KEY,
    product_id  bigint      NOT NULL,
    stream_id   text        NOT NULL,
    fields      jsonb       NOT NULL DEFAULT '{}',
    reason      text        NOT NULL,
    deliveries  bigint      NOT NULL DEFAULT 1,
    status      text        NOT NULL DEFAULT 'OPEN'
                            CHECK (status IN ('OPEN', 'REPLAYED', 'DISCARDED')),
    fingerprint text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX IF NOT EXISTS seckill_dead_letters_entry_key
    ON seckill_dead_letters (product_id, stream_id, fingerprint);
CREATE INDEX IF NOT EXISTS seckill_dead_letters_open_idx
    ON seckill_dead_letters (product_id, id) WHERE status = 'OPEN';

-- Who changed what through the admin API, and what the service noticed by itself
-- and must not be forgotten (a lost entry).
CREATE TABLE IF NOT EXISTS seckill_audit (
    id         bigserial   PRIMARY KEY,
    actor      text        NOT NULL,
    action     text        NOT NULL,
    target     text        NOT NULL,
    detail     jsonb       NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);
