package preflight

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"seckill/model"
)

const (
	// silentAfter is from when on a replica that says nothing does not live any more: three
	// heartbeats.
	silentAfter = 3 * beatInterval
	// deadFor is for how long a replica that went without a goodbye is spoken of.
	deadFor = 10 * time.Minute
	// clockSpread is the most that clocks may differ by.
	clockSpread = 500 * time.Millisecond
	// leastFiles and goodFiles are how many descriptors a replica should have: one for each
	// user who waits on it, and as many again.
	leastFiles = 4_096
	goodFiles  = 16_384
)

// serviceChecks are the checks of area service.
var serviceChecks = []Check{{
	Code: "SERVICE_REPLICAS", Area: AreaService, Level: LevelFail,
	// What /readyz looks at as well is told there.
	DependsOn: append([]string{"REDIS_SCRIPTS", "POSTGRES_TRIGGERS"}, stored...),
	Name:      "Every replica is ready", Expected: "a heartbeat of each within 15 s, and nothing that fails on /readyz",
	Impact: "part of the requests fails, or part of the streams is read by nobody",
	Action: `curl -sS "http://REPLICA:8888/readyz"`,
	Run:    serviceReplicas,
}, {
	Code: "SERVICE_NAMES", Area: AreaService, Level: LevelFail, DependsOn: stored,
	Name: "Names of replicas are unique", Expected: "a Consumer.Instance of its own on each",
	Impact: "two replicas are one consumer to Redis: entries of one that dies are taken over late or twice",
	Action: `sed -i 's/Instance: .*/Instance: ${HOSTNAME}/' etc/seckill.yaml`,
	Run:    serviceNames,
}, {
	Code: "SERVICE_VERSIONS", Area: AreaService, Level: LevelWarn, DependsOn: stored,
	Name: "Replicas are of one version", Expected: "the same version on each",
	Impact: "what one replica knows another may not",
	Action: "end the rollout before the sale",
	Run:    serviceVersions,
}, {
	Code: "SERVICE_CONFIGURATION", Area: AreaService, Level: LevelWarn, DependsOn: stored,
	Name: "Replicas are configured alike", Expected: "the same configuration on each, names and addresses aside",
	Impact: "a token, a limit or a retention holds on one replica and not on another",
	Action: "give each replica the same file and secret, and restart it",
	Run:    serviceConfiguration,
}, {
	Code: "SERVICE_CLOCKS", Area: AreaService, Level: LevelFail, DependsOn: []string{"REDIS_ANSWERS", "POSTGRES_ANSWERS"},
	Name: "Clocks agree", Expected: "Redis, PostgreSQL and every replica within " + clockSpread.String(),
	Impact: "the sale begins and ends at another time than users see, and orders expire early or late",
	Action: "chronyc makestep",
	Run:    serviceClocks,
}, {
	Code: "SERVICE_SECRET", Area: AreaService, Level: LevelFail,
	Name: "The secret is not that of development", Expected: "an Auth.AccessSecret of your own",
	Impact: "whoever knows the secret is an operator",
	Action: "export SECKILL_ACCESS_SECRET=$(openssl rand -hex 32)",
	Run:    serviceSecret,
}, {
	Code: "SERVICE_FILES", Area: AreaService, Level: LevelFail, DependsOn: stored,
	Name: "Replicas may open enough files", Expected: fmt.Sprintf("ulimit -n of %d or more on each", goodFiles),
	Impact: "users who wait are refused, and then everybody",
	Action: "ulimit -n 65536",
	Run:    serviceFiles,
}}

// stored is what most of them depend on.
var stored = []string{"POSTGRES_WRITABLE", "POSTGRES_MIGRATIONS", "POSTGRES_SCHEMA"}

// live are the replicas that have been heard of lately.
func (f *Facts) live() []model.Replica {
	var live []model.Replica
	for _, r := range f.Replicas {
		if r.Silent <= silentAfter {
			live = append(live, r)
		}
	}
	return live
}

// dead are the replicas that went without a goodbye of late, and did not come back.
func (f *Facts) dead() []model.Replica {
	var dead []model.Replica
	for _, r := range f.Replicas {
		back := slices.ContainsFunc(f.Replicas, func(other model.Replica) bool {
			return other.Name == r.Name && other.Silent < r.Silent && other.Since.After(r.Since)
		})
		if r.Silent > silentAfter && r.Silent <= deadFor && !back {
			dead = append(dead, r)
		}
	}
	return dead
}

// nameOf is how a replica is spoken of.
func nameOf(r model.Replica) string {
	if r.Name == "" {
		return "a replica without a name on " + r.Host
	}
	return "replica " + r.Name
}

func serviceReplicas(f *Facts) Finding {
	if f.ReplicasErr != nil {
		return unseen("the heartbeats of replicas", f.ReplicasErr)
	}
	for _, r := range f.dead() {
		return Finding{
			Level: LevelFail, Observed: nameOf(r) + " has been silent for " + r.Silent.Round(time.Second).String(),
			Action: f.psql("DELETE FROM seckill_replicas WHERE run = " + literal(r.Run)),
			Message: "Of " + nameOf(r) + " nothing is heard, and it has not said goodbye: start it again, or take it off the list " +
				"if it is not coming back.",
		}
	}
	live := f.live()
	for _, r := range live {
		if r.Failing != "" {
			return Finding{
				Level: LevelFail, Observed: nameOf(r) + " is not ready: " + r.Failing,
				Action: "curl -sS " + inShell("http://"+net.JoinHostPort(r.Host, strconv.Itoa(f.Settings.Port))+"/readyz"),
			}
		}
	}
	if len(live) == 0 {
		return Finding{Level: LevelWarn, Observed: "no heartbeat, not even of the replica that you ask", Action: "sleep 5"}
	}
	return seen(fmt.Sprintf("%d replicas, all ready", len(live)))
}

func serviceNames(f *Facts) Finding {
	if f.ReplicasErr != nil {
		return unseen("the heartbeats of replicas", f.ReplicasErr)
	}
	seenNames := map[string]bool{}
	for _, r := range f.live() {
		if seenNames[r.Name] {
			return Finding{
				Level: LevelFail, Observed: fmt.Sprintf("two replicas of the name %q", r.Name),
				Message: fmt.Sprintf("Two replicas have the Consumer.Instance %q, of which one may have been killed within the last %s: "+
					"give each a name of its own and restart it.", r.Name, silentAfter),
			}
		}
		seenNames[r.Name] = true
	}
	return seen(fmt.Sprintf("%d names", len(seenNames)))
}

// alike looks at what should be the same on all live replicas.
func (f *Facts) alike(of func(model.Replica) string) Finding {
	if f.ReplicasErr != nil {
		return unseen("the heartbeats of replicas", f.ReplicasErr)
	}
	var values []string
	for _, r := range f.live() {
		if value := of(r); !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	found := seen(strings.Join(values, ", "))
	if len(values) == 0 {
		found.Observed = "no heartbeat"
	}
	if len(values) > 1 {
		found.Level = LevelWarn
	}
	return found
}

func serviceVersions(f *Facts) Finding {
	return f.alike(func(r model.Replica) string { return r.Version })
}

func serviceConfiguration(f *Facts) Finding {
	return f.alike(func(r model.Replica) string { return r.ConfigHash })
}

// clock is how far somebody's clock is from ours.
type clock struct {
	whose string
	ahead time.Duration
}

func serviceClocks(f *Facts) Finding {
	clocks := []clock{{"this replica", 0}, {"PostgreSQL", f.Postgres.Clock}}
	for i := range f.Redis {
		clocks = append(clocks, clock{"Redis at " + f.Redis[i].Addr, f.Redis[i].Clock})
	}
	for _, r := range f.live() {
		if r.Run != f.Settings.Run {
			clocks = append(clocks, clock{nameOf(r), f.Postgres.Clock + r.ClockOffset})
		}
	}
	byTime := func(a, b clock) int { return int(a.ahead - b.ahead) }
	first, last := slices.MinFunc(clocks, byTime), slices.MaxFunc(clocks, byTime)
	spread := last.ahead - first.ahead
	if spread <= clockSpread {
		return seen(fmt.Sprintf("%d clocks within %s", len(clocks), spread.Round(time.Millisecond)))
	}
	return Finding{
		Level: LevelFail, Observed: fmt.Sprintf("the clock of %s is %s ahead of that of %s", last.whose, spread.Round(time.Millisecond), first.whose),
	}
}

func serviceSecret(f *Facts) Finding {
	if f.Settings.DevelopmentSecret {
		return Finding{Level: LevelFail, Observed: "a secret that the service has made for development"}
	}
	return seen("a secret of your own")
}

func serviceFiles(f *Facts) Finding {
	if f.ReplicasErr != nil {
		return unseen("the heartbeats of replicas", f.ReplicasErr)
	}
	worst := Finding{Observed: "enough on each"}
	for _, r := range f.live() {
		if r.OpenFiles == 0 || r.OpenFiles >= goodFiles {
			continue
		}
		found := Finding{Level: LevelWarn, Observed: fmt.Sprintf("%s may open %d files", nameOf(r), r.OpenFiles)}
		if r.OpenFiles < leastFiles {
			found.Level = LevelFail
		}
		if worse(found.Level, worst.Level) {
			worst = found
		}
	}
	return worst
}
