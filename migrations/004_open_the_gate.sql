-- +goose Up
--
-- What PostgreSQL keeps for the gate in Redis, which admits attempts before they are
-- settled: which state of the gate is in force, and how everything that is decided
-- here reaches it exactly once.

-- gate_epoch counts how often the gate's state has been made anew from this database;
-- an entry that the gate wrote names the epoch under which it took its unit. moves is
-- the number of the product's last move (below), counted under the lock of this row.
ALTER TABLE seckill_products
    ADD COLUMN IF NOT EXISTS gate_epoch bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS moves      bigint NOT NULL DEFAULT 0;

-- The outbox: what the gate has still to be told, written in the transaction that
-- decided it. Numbers of one product follow each other without a gap, so the gate,
-- which remembers the last one that it applied, applies each once and in order. A row
-- goes when the gate has it.
CREATE TABLE IF NOT EXISTS seckill_moves (
    product_id bigint      NOT NULL,
    number     bigint      NOT NULL CHECK (number > 0),
    units      bigint      NOT NULL,              -- to be added to what the gate has left
    taken      bigint[]    NOT NULL DEFAULT '{}', -- users who hold one unit more
    freed      bigint[]    NOT NULL DEFAULT '{}', -- users who hold one unit less
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product_id, number)
);

-- Long arrays are neither compressed nor read again but once.
ALTER TABLE seckill_moves ALTER COLUMN taken SET STORAGE EXTERNAL, ALTER COLUMN freed SET STORAGE EXTERNAL;

-- The entries of older epochs whose units the gate of the present epoch counts as
-- taken. An entry of an older epoch that is not here has no unit: the gate has lost it.
CREATE TABLE IF NOT EXISTS seckill_carried_entries (
    product_id bigint NOT NULL,
    stream_id  text   NOT NULL,
    PRIMARY KEY (product_id, stream_id)
);
