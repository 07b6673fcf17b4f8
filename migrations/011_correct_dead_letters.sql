-- +goose Up
--
-- What operators correct dead letters with.

-- The letters of a product and its groups; those of an entry; the oldest that are open.
CREATE INDEX IF NOT EXISTS seckill_dead_letters_product_idx ON seckill_dead_letters (product_id, id);
CREATE INDEX IF NOT EXISTS seckill_dead_letters_group_idx ON seckill_dead_letters (product_id, reason, status, id);
CREATE INDEX IF NOT EXISTS seckill_dead_letters_stream_idx ON seckill_dead_letters (stream_id);
CREATE INDEX IF NOT EXISTS seckill_dead_letters_oldest_idx ON seckill_dead_letters (id) WHERE status = 'OPEN';

-- Letters whose entries go to the stream again, under an ID of their own, since another
-- user's entry is stored under theirs. A row is written in the transaction of the replay;
-- stream_id is the new ID, null until the entry is in the stream.
CREATE TABLE IF NOT EXISTS seckill_resent_letters (
    letter_id  bigint      PRIMARY KEY,
    product_id bigint      NOT NULL,
    fields     jsonb       NOT NULL, -- as those of seckill_dead_letters
    stream_id  text        COLLATE "C",
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS seckill_resent_letters_due_idx
    ON seckill_resent_letters (product_id, letter_id) WHERE stream_id IS NULL;
