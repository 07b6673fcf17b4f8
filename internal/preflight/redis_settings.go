package preflight

import (
	"fmt"
	"strconv"

	"seckill/internal/stream"
)

const (
	// attemptBytes is what an attempt takes in Redis, rounded up: the entry, the unit in
	// flight, the holder, and the answer that is remembered for its request ID. See "Memory
	// in Redis" in docs/en/explanation/gate-and-epochs.md.
	attemptBytes = 400
	// attemptsPerUnit is how many attempts are admitted for a unit of stock, with room for
	// those whose order is cancelled or expires.
	attemptsPerUnit = 2
	// leastAttempts are expected of any sale.
	leastAttempts = 100_000
	// headRoom is how many times the memory of the attempts is wanted.
	headRoom = 2
	mebibyte = 1 << 20
)

// expectedAttempts is how many attempts the sales of the next day may leave in Redis.
func (f *Facts) expectedAttempts() int64 {
	sum := int64(0)
	for _, sale := range f.Sales {
		sum += max(leastAttempts, attemptsPerUnit*sale.Stock)
	}
	return max(leastAttempts, sum)
}

// wantedMemory is what one server should have left, in bytes.
func (f *Facts) wantedMemory() int64 {
	return headRoom * f.expectedAttempts() * attemptBytes / int64(max(1, len(f.Redis)))
}

func redisEviction(f *Facts, s *stream.ServerFacts) Finding {
	policy := s.Info["maxmemory_policy"]
	if policy == "" {
		policy = s.Config["maxmemory-policy"]
	}
	switch policy {
	case "":
		return unseen("maxmemory-policy", firstError(s.InfoErr, s.ConfigErr, errNotSaid))
	case "noeviction":
		return seen("maxmemory-policy=noeviction")
	default:
		return Finding{
			Level: LevelFail, Observed: "maxmemory-policy=" + policy,
			Action: f.Settings.redisCLI(s.Addr, "CONFIG", "SET", "maxmemory-policy", "noeviction"),
		}
	}
}

func redisMemory(f *Facts, s *stream.ServerFacts) Finding {
	used, usedErr := strconv.ParseInt(s.Info["used_memory"], 10, 64)
	limit, limitErr := strconv.ParseInt(s.Info["maxmemory"], 10, 64)
	if usedErr != nil || limitErr != nil {
		return unseen("the memory of Redis", firstError(s.InfoErr, errNotSaid))
	}
	bound, name := limit, "maxmemory"
	if limit == 0 { // the machine is the bound, if it tells
		bound, _ = strconv.ParseInt(s.Info["total_system_memory"], 10, 64)
		name = "the memory of the machine"
	}
	if bound == 0 {
		return seen("no maxmemory")
	}
	wanted, left := f.wantedMemory(), bound-used
	found := seen(fmt.Sprintf("%d MiB of %s left for %d attempts", left/mebibyte, name, f.expectedAttempts()))
	switch {
	case left >= wanted:
		return found
	case left >= wanted/headRoom || limit == 0:
		found.Level = LevelWarn
	default:
		found.Level = LevelFail
	}
	found.Action = f.Settings.redisCLI(s.Addr, "CONFIG", "SET", "maxmemory", strconv.FormatInt(used+wanted+mebibyte, 10))
	found.Message = fmt.Sprintf("%d MiB are left of %s, where %d attempts want %d MiB: at maxmemory nobody is admitted.",
		left/mebibyte, name, f.expectedAttempts(), wanted/mebibyte)
	return found
}

func redisPersistence(f *Facts, s *stream.ServerFacts) Finding {
	on := s.Info["aof_enabled"] == "1" || s.Config["appendonly"] == "yes"
	known := s.Info["aof_enabled"] != "" || s.Config["appendonly"] != ""
	status := s.Info["aof_last_write_status"]
	switch {
	case !known:
		return unseen("the persistence of Redis", firstError(s.InfoErr, s.ConfigErr, errNotSaid))
	case on && status != "" && status != "ok":
		return Finding{Level: LevelFail, Observed: "aof_last_write_status:" + status, Action: f.Settings.redisCLI(s.Addr, "BGREWRITEAOF")}
	case on:
		return seen("an append-only file")
	}
	found := Finding{
		Level: LevelFail, Observed: "no append-only file",
		Action: f.Settings.redisCLI(s.Addr, "CONFIG", "SET", "appendonly", "yes"),
	}
	if connected(s) > 0 { // as on services that keep the data on replicas alone
		found.Level, found.Observed = LevelWarn, fmt.Sprintf("no append-only file, but %d replicas", connected(s))
	}
	return found
}

// connected is how many replicas are in touch, as far as INFO says.
func connected(s *stream.ServerFacts) int {
	n, _ := strconv.Atoi(s.Info["connected_slaves"])
	return n
}

func redisReplicas(f *Facts, s *stream.ServerFacts) Finding {
	wanted, wantedErr := strconv.Atoi(s.Config["min-replicas-to-write"])
	mend := f.Settings.redisCLI(s.Addr, "CONFIG", "SET", "min-replicas-to-write", "0")
	n := connected(s)
	switch {
	case stream.AwayCode(s.WriteErr) == "NOREPLICAS":
		return Finding{Level: LevelFail, Observed: fmt.Sprintf("%d replicas, fewer than min-replicas-to-write", n), Action: mend}
	case s.InfoErr != nil:
		return unseen("the replicas of Redis", s.InfoErr)
	case wantedErr != nil && n > 0:
		return unseen("min-replicas-to-write", firstError(s.ConfigErr, errNotSaid))
	case n < wanted:
		return Finding{Level: LevelFail, Observed: fmt.Sprintf("%d replicas, min-replicas-to-write is %d", n, wanted), Action: mend}
	case n == 0:
		return Finding{
			Level: LevelWarn, Observed: "no replica", Action: "redis-cli -h REPLICA REPLICAOF HOST PORT",
			Message: "Redis has no replica: when its machine is lost the sale stands still until it is back.",
		}
	default:
		return seen(fmt.Sprintf("%d replicas, min-replicas-to-write is %d", n, wanted))
	}
}

func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}
