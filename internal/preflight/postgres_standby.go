package preflight

import (
	"errors"
	"fmt"

	"seckill/model"
)

func postgresStandby(f *Facts) Finding {
	s := &f.Standby
	look := psqlAt(s.Host, s.Port, s.Database)
	warns := func(observed, action string) Finding {
		return Finding{Level: LevelWarn, Observed: observed, Action: action}
	}
	switch {
	case !s.Wanted:
		return seen("no Postgres.ReadSource")
	case s.Err == nil:
		return seen("it has replayed what is committed")
	case s.Paused:
		return warns(fmt.Sprintf("its replay is paused, %d MiB behind", s.Behind/mebibyte), look+` -c "SELECT pg_wal_replay_resume()"`)
	case errors.Is(s.Err, model.ErrStandbyBehind):
		return warns(fmt.Sprintf("it is %d MiB behind", s.Behind/mebibyte), f.psql("SELECT application_name, state, replay_lsn, replay_lag FROM pg_stat_replication"))
	case errors.Is(s.Err, model.ErrUnknownStandby):
		return warns("it follows another primary, or nobody", look+` -c "SELECT status, sender_host, sender_port, latest_end_lsn FROM pg_stat_wal_receiver"`)
	case errors.Is(s.Err, model.ErrNoStandby), errors.Is(s.Err, model.ErrForeignStandby):
		found := warns(s.Err.Error(), look+` -c "SELECT pg_is_in_recovery(), system_identifier FROM pg_control_system()"`)
		found.Message = "At Postgres.ReadSource there is no standby of this database: " + s.Err.Error() + "."
		return found
	default:
		return warns("no answer: "+reasonOf(s.Err), "systemctl start postgresql")
	}
}
