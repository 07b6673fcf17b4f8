package model

import (
	"context"
	"database/sql"
	"errors"
)

// StandbyFacts is how the standby stands that is to be read from, for whoever checks before
// a sale.
type StandbyFacts struct {
	Wanted   bool  // there is one to be read from; nothing else is known without
	Err      error // why it cannot be read from
	Host     string
	Port     uint16
	Database string
	Paused   bool  // somebody has paused its replay
	Behind   int64 // bytes of the log that it has not replayed
}

// Facts tells how the standby stands. It writes nothing.
func (s *ReadSource) Facts(ctx context.Context) StandbyFacts {
	if s.standby == nil {
		return StandbyFacts{}
	}
	config := s.standby.Config().ConnConfig
	f := StandbyFacts{Wanted: true, Host: config.Host, Port: config.Port, Database: config.Database, Err: s.Check(ctx)}
	if !errors.Is(f.Err, ErrStandbyBehind) {
		return f
	}
	now, err := s.position(ctx)
	if err != nil {
		return f
	}
	var replayed sql.NullInt64
	err = s.standby.QueryRow(ctx, `
SELECT pg_is_wal_replay_paused(), pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint`).Scan(&f.Paused, &replayed)
	if err == nil && replayed.Valid {
		f.Behind = max(0, now.lsn-replayed.Int64)
	}
	return f
}
