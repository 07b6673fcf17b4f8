-- +goose Up
--
-- A replica that consumes says so every second or more often, so that the replicas which
-- live can divide the products among them. NULL = it takes no part: it is starting or
-- ending, is not able to consume, or is of a version that knows nothing of it.
ALTER TABLE seckill_replicas ADD COLUMN IF NOT EXISTS consumes_at timestamptz;
