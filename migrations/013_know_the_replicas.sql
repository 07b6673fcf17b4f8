-- +goose Up
--
-- The replicas of the service, as each says of itself every few seconds, for whoever
-- checks before a sale. A replica that is stopped takes its row away; one that has died
-- leaves it, and another one cleans up.
CREATE TABLE IF NOT EXISTS seckill_replicas (
    run             text COLLATE "C" PRIMARY KEY,  -- of one process, from its start to its end
    name            text        NOT NULL,          -- Consumer.Instance; '' = none
    host            text        NOT NULL,          -- of the machine, or the pod
    version         text        NOT NULL,
    config_hash     text        NOT NULL,          -- alike on replicas whose configuration is
    since           timestamptz NOT NULL,          -- when the process has started
    seen_at         timestamptz NOT NULL,          -- when it has said so last, by PostgreSQL's clock
    clock_offset_ms bigint      NOT NULL,          -- by how much its clock was ahead of PostgreSQL's then
    failing         text        NOT NULL,          -- what keeps it from being ready; '' = it is ready
    max_conns       integer     NOT NULL,          -- Postgres.MaxConns
    open_files      bigint      NOT NULL           -- descriptors that it may have; 0 = no bound is known
);
