package preflight

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"seckill/internal/stream"
)

// leastRedis is the first version that tells of a stream what we need to know.
const leastRedis = 7

// slowRedis is a round trip that is too slow for a sale: it is in the way of every attempt.
const slowRedis = 10 * time.Millisecond

// shortRetention is a Retention in which an outage of a weekend does not fit.
const shortRetention = time.Hour

// redisChecks are the checks of area redis.
var redisChecks = []Check{{
	Code: "REDIS_ANSWERS", Area: AreaRedis, Level: LevelFail,
	Name: "Redis answers", Expected: "an answer within a second",
	Impact: "nobody is admitted", Action: "systemctl start redis-server",
	Run: redisAnswers,
}, {
	Code: "REDIS_LATENCY", Area: AreaRedis, Level: LevelWarn, DependsOn: []string{"REDIS_ANSWERS"},
	Name: "Redis is near", Expected: "a round trip of less than " + slowRedis.String(),
	Impact: "every attempt waits for it", Action: "redis-cli --latency-history",
	Run: eachServer(redisLatency),
}, {
	Code: "REDIS_VERSION", Area: AreaRedis, Level: LevelFail, DependsOn: []string{"REDIS_ANSWERS"},
	Name: "Redis is new enough", Expected: "7.0 or newer",
	Impact: "streams do not tell how far they are read, and scripts do not run",
	Action: "apt-get install --only-upgrade redis-server",
	Run:    eachServer(redisVersion),
}, {
	Code: "REDIS_CLUSTER", Area: AreaRedis, Level: LevelFail, DependsOn: []string{"REDIS_ANSWERS"},
	Name: "The cluster serves every slot", Expected: "cluster_state:ok and 16384 slots served, or no cluster",
	Impact: "the products of the slots that nobody serves admit nobody",
	Action: "yes yes | redis-cli --cluster fix HOST:PORT",
	Run:    eachServer(redisCluster),
}, {
	Code: "REDIS_MASTER", Area: AreaRedis, Level: LevelFail, DependsOn: []string{"REDIS_ANSWERS"},
	Name: "Redis is no replica", Expected: "the role master",
	Impact: "a replica takes no writes, so nobody is admitted", Action: "redis-cli REPLICAOF NO ONE",
	Run: eachServer(redisMaster),
}, {
	Code: "REDIS_INFO", Area: AreaRedis, Level: LevelWarn, DependsOn: []string{"REDIS_ANSWERS"},
	Name: "INFO is allowed", Expected: "an answer to INFO",
	Impact: "a restart and a copy that is put back are noticed later, and some of these checks cannot look",
	Action: "redis-cli ACL SETUSER USER +info",
	Run:    eachServer(redisInfo),
}, {
	Code: "REDIS_EVICTION", Area: AreaRedis, Level: LevelFail, DependsOn: []string{"REDIS_ANSWERS"},
	Name: "Redis evicts nothing", Expected: "noeviction",
	Impact: "the gate or the stream can vanish in the middle of the sale",
	Action: "redis-cli CONFIG SET maxmemory-policy noeviction",
	Run:    eachServer(redisEviction),
}, {
	Code: "REDIS_MEMORY", Area: AreaRedis, Level: LevelFail, DependsOn: []string{"REDIS_ANSWERS"},
	Name: "Redis has memory for the sale", Expected: "room for the attempts that are expected, twice",
	Impact: "at maxmemory nobody is admitted", Action: "redis-cli CONFIG SET maxmemory BYTES",
	Run: eachServer(redisMemory),
}, {
	Code: "REDIS_PERSISTENCE", Area: AreaRedis, Level: LevelFail, DependsOn: []string{"REDIS_ANSWERS"},
	Name: "Redis keeps its data", Expected: "an append-only file, written without an error",
	Impact: "a restart of Redis loses the attempts that are admitted and not yet stored",
	Action: "redis-cli CONFIG SET appendonly yes",
	Run:    eachServer(redisPersistence),
}, {
	Code: "REDIS_REPLICAS", Area: AreaRedis, Level: LevelFail, DependsOn: []string{"REDIS_ANSWERS", "REDIS_MASTER"},
	Name: "Redis has its replicas", Expected: "a replica at least, and as many as min-replicas-to-write asks for",
	Impact: "without one the loss of a machine stops the sale; with fewer than min-replicas-to-write nobody is admitted",
	Action: "redis-cli CONFIG SET min-replicas-to-write 0",
	Run:    eachServer(redisReplicas),
}, {
	Code: "REDIS_WRITES", Area: AreaRedis, Level: LevelFail,
	DependsOn: []string{"REDIS_ANSWERS", "REDIS_CLUSTER", "REDIS_MASTER", "REDIS_REPLICAS", "REDIS_MEMORY", "REDIS_PERSISTENCE"},
	Name:      "Redis takes writes", Expected: "no refusal of a write",
	Impact: "nobody is admitted", Action: "redis-cli CLIENT UNPAUSE",
	Run: eachServer(redisWrites),
}, {
	Code: "REDIS_SCRIPTS", Area: AreaRedis, Level: LevelFail, DependsOn: []string{"REDIS_WRITES"},
	Name: "Redis runs scripts", Expected: "EVAL and EVALSHA allowed",
	Impact: "the gate is a script: nobody is admitted", Action: "redis-cli ACL SETUSER USER +eval +evalsha",
	Run: eachServer(redisScripts),
}, {
	Code: "REDIS_TRIMMING", Area: AreaRedis, Level: LevelWarn, DependsOn: []string{"REDIS_SCRIPTS"},
	Name: "Nobody holds up trimming", Expected: "no other group with entries older than Consumer.Retention",
	Impact: "the stream grows until Redis is full", Action: "redis-cli XGROUP DESTROY STREAM GROUP",
	Run: redisTrimming,
}, {
	Code: "REDIS_RETENTION", Area: AreaRedis, Level: LevelWarn,
	Name: "Streams are trimmed", Expected: "Consumer.Retention of an hour or more",
	Impact: "with 0 the streams grow until Redis is full; with less than an hour an entry can go before anybody has looked at it",
	Action: "set Consumer.Retention to 168h and restart the replicas",
	Run:    redisRetention,
}}

// eachServer looks at each server; the worst finding counts, and names its server where
// there are several.
func eachServer(look func(f *Facts, s *stream.ServerFacts) Finding) func(f *Facts) Finding {
	return func(f *Facts) Finding {
		var worst Finding
		for i := range f.Redis {
			found := look(f, &f.Redis[i])
			if len(f.Redis) > 1 && found.Level != "" {
				found.Observed = f.Redis[i].Addr + ": " + found.Observed
			}
			if i == 0 || worse(found.Level, worst.Level) {
				worst = found
			}
		}
		return worst
	}
}

// worse reports whether a is a worse level than b.
func worse(a, b Level) bool {
	rank := map[Level]int{LevelWarn: 1, LevelFail: 2}
	return rank[a] > rank[b]
}

// redisMending is the command for what a server that does not serve says of itself.
var redisMending = map[string][]string{
	"BUSY":              {"SCRIPT", "KILL"},
	"MISCONF":           {"BGSAVE"},
	"OOM":               {"MEMORY", "DOCTOR"},
	"READONLY":          {"REPLICAOF", "NO", "ONE"},
	"NOREPLICAS":        {"CONFIG", "SET", "min-replicas-to-write", "0"},
	"max number of cli": {"CONFIG", "SET", "maxclients", "20000"},
}

func redisAnswers(f *Facts) Finding {
	for i := range f.Redis {
		s := &f.Redis[i]
		if s.Err == nil {
			continue
		}
		found := Finding{Level: LevelFail, Observed: s.Addr + ": " + stream.Explain(s.Err)}
		if words := redisMending[stream.AwayCode(s.Err)]; words != nil {
			found.Action = f.Settings.redisCLI(s.Addr, words...)
		}
		return found
	}
	return seen(fmt.Sprintf("%d of %[1]d servers answer", len(f.Redis)))
}

func redisLatency(f *Facts, s *stream.ServerFacts) Finding {
	found := seen(s.Latency.Round(10*time.Microsecond).String() + " a round trip")
	if s.Latency > slowRedis {
		found.Level, found.Action = LevelWarn, f.Settings.redisCLI(s.Addr, "--latency-history")
	}
	return found
}

func redisVersion(_ *Facts, s *stream.ServerFacts) Finding {
	version := s.Version
	if version == "" {
		version = s.Info["redis_version"]
	}
	major, _, _ := strings.Cut(version, ".")
	number, err := strconv.Atoi(major)
	switch {
	case err != nil:
		return unseen("the version of Redis", errors.Join(s.InfoErr, errNotSaid))
	case number < leastRedis:
		return Finding{Level: LevelFail, Observed: "version " + version}
	default:
		return seen("version " + version)
	}
}

func redisCluster(f *Facts, s *stream.ServerFacts) Finding {
	switch {
	case s.Mode != stream.ModeCluster:
		return seen("no cluster")
	case s.ClusterErr != nil:
		return unseen("CLUSTER INFO", s.ClusterErr)
	case s.Cluster["cluster_state"] != "ok" || s.Cluster["cluster_slots_ok"] != "16384":
		return Finding{
			Level:    LevelFail,
			Observed: fmt.Sprintf("cluster_state:%s, %s of 16384 slots served", s.Cluster["cluster_state"], s.Cluster["cluster_slots_ok"]),
			// It asks, whatever its option --cluster-yes says.
			Action: "yes yes | " + strings.Join(append(append([]string{"redis-cli"}, f.Settings.redisWay()...), "--cluster", "fix", s.Addr), " "),
		}
	default:
		return seen("cluster_state:ok, 16384 slots served")
	}
}

func redisMaster(f *Facts, s *stream.ServerFacts) Finding {
	role := s.Role
	if role == "" {
		role = strings.Replace(s.Info["role"], "slave", "replica", 1)
	}
	switch role {
	case "":
		return unseen("the role of Redis", errors.Join(s.InfoErr, errNotSaid))
	case "master":
		return seen("role master")
	default:
		return Finding{Level: LevelFail, Observed: "role " + role, Action: f.Settings.redisCLI(s.Addr, "REPLICAOF", "NO", "ONE")}
	}
}

func redisInfo(f *Facts, s *stream.ServerFacts) Finding {
	if s.InfoErr == nil {
		return seen("INFO is answered")
	}
	found := unseen("INFO", s.InfoErr)
	found.Observed, found.Action = "INFO is refused", f.Settings.redisCLI(s.Addr, "ACL", "SETUSER", f.Settings.aclUser(), "+info")
	return found
}

// aclUser is who we are to Redis.
func (s *Settings) aclUser() string {
	if s.RedisUser == "" {
		return "default"
	}
	return s.RedisUser
}

func redisWrites(f *Facts, s *stream.ServerFacts) Finding {
	if s.WriteErr == nil {
		return seen("a write is not refused")
	}
	found := Finding{Level: LevelFail, Observed: "a write is answered: " + stream.Explain(s.WriteErr)}
	switch code := stream.AwayCode(s.WriteErr); {
	case redisMending[code] != nil:
		found.Action = f.Settings.redisCLI(s.Addr, redisMending[code]...)
	case code == "NOPERM":
		found.Action = f.Settings.redisCLI(s.Addr, "ACL", "SETUSER", f.Settings.aclUser(), "+set", "~{seckill}:*", "~{stream:seckill:*}:*")
	default:
		found.Action = f.Settings.redisCLI(s.Addr, "CLIENT", "UNPAUSE")
	}
	return found
}

func redisScripts(f *Facts, s *stream.ServerFacts) Finding {
	if s.ScriptErr == nil {
		return seen("a script runs")
	}
	return Finding{
		Level: LevelFail, Observed: "a script is answered: " + stream.Explain(s.ScriptErr),
		Action: f.Settings.redisCLI(s.Addr, "ACL", "SETUSER", f.Settings.aclUser(), "+eval", "+evalsha"),
	}
}

func redisTrimming(f *Facts) Finding {
	switch {
	case len(f.Holds) > 0:
		h := f.Holds[0]
		return Finding{
			Level:    LevelWarn,
			Observed: fmt.Sprintf("group %s of %s needs %s, of %s", h.Group, h.Stream, h.StreamID, h.Since.UTC().Format(time.RFC3339)),
			Action:   f.Settings.redisCLI(f.redisAddr(), "XGROUP", "DESTROY", h.Stream, h.Group),
			Message:  "Group " + h.Group + " keeps " + h.Stream + " from being trimmed. Have its owner read on, or destroy it if nobody reads with it any more.",
		}
	case firstError(f.HoldsErr, f.SalesErr, f.Postgres.Err) != nil:
		return unseen("every stream", firstError(f.HoldsErr, f.SalesErr, f.Postgres.Err))
	default:
		return seen("no other group holds up trimming")
	}
}

// redisAddr is a server of Redis: of a cluster any, which sends redis-cli on with -c.
func (f *Facts) redisAddr() string {
	if len(f.Redis) == 0 {
		return ""
	}
	return f.Redis[0].Addr
}

func redisRetention(f *Facts) Finding {
	found := seen("Consumer.Retention is " + f.Settings.Retention.String())
	if f.Settings.Retention < shortRetention {
		found.Level = LevelWarn
	}
	return found
}

// errNotSaid is why a fact is not known that a server has not refused.
var errNotSaid = errors.New("it does not say")
