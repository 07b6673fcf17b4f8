package chart

import (
	"strings"
	"testing"
)

// refusals are values, over the least ones, that the chart refuses, with a part of what it says.
var refusals = map[string]struct{ values, want string }{
	"no version":           {`image: {tag: ""}`, "image.tag: must name a version"},
	"the latest version":   {`image: {tag: latest}`, "image.tag: latest is no version"},
	"no Secret":            {`secret: {name: ""}`, "secret.name: must name a Secret that has access-secret and postgres"},
	"no key of the secret": {`secret: {keys: {postgres: ""}}`, "secret.keys.postgres: must name a key"},
	"no Redis":             {`config: {Redis: {Addr: ""}}`, "config.Redis.Addr: must be set"},
	"a secret in the file": {`config: {Auth: {AccessSecret: "0123456789abcdef0123456789abcdef"}}`, "config.Auth.AccessSecret: is a secret"},
	"a data source":        {`config: {Postgres: {DataSource: "postgres://u:p@h/d"}}`, "config.Postgres.DataSource: is a secret"},
	"a password":           {`config: {Redis: {Password: x}}`, "config.Redis.Password: is a secret"},
	"migrations twice":     {`config: {Postgres: {Migrate: false}}`, "config.Postgres.Migrate: is set by migration.by"},

	"replicas of one name":           {`config: {Consumer: {Instance: ""}}`, "config.Consumer.Instance: 3 replicas can run at once"},
	"replicas of one constant name":  {`config: {Consumer: {Instance: a}}`, "put ${POD_NAME} into it"},
	"one replica, and one in change": {`{replicas: 1, config: {Consumer: {Instance: a}}}`, "config.Consumer.Instance: 2 replicas"},

	"too many connections":                    {`replicas: 5`, "config.Postgres.MaxConns: 6 replicas (strategy.maxSurge included) × 16 and 25 others are 121 connections, and postgres.maxConnections is 100"},
	"too many connections of each":            {`config: {Postgres: {MaxConns: 26}}`, "3 replicas (strategy.maxSurge included) × 26 and 25 others are 103"},
	"too many connections at the scaled most": {`keda: {enabled: true, maxReplicas: 4, attempts: {perSecond: 0}}`, "5 replicas (strategy.maxSurge included) × 16 and 25 others are 105"},

	"a short grace period":             {`terminationGracePeriodSeconds: 25`, "terminationGracePeriodSeconds: 25 is not longer than the 25 s that a stop may take"},
	"a grace period for a short drain": {`config: {Shutdown: {Drain: 15s}}`, "terminationGracePeriodSeconds: 30 is not longer than the 32 s"},
	"a grace period for a short read":  {`config: {Consumer: {Block: 1m}}`, "30 is not longer than the 80 s"},
	"a grace period for a short wait":  {`config: {Shutdown: {WaitTime: 1m30s}}`, "30 is not longer than the 90 s"},
	"a drain that nobody notices":      {`config: {Shutdown: {Drain: 2s}}`, "config.Shutdown.Drain: 2 s is not longer than the 2 s in which the readiness probe"},
	"no way to replace":                {`strategy: {maxSurge: 0, maxUnavailable: 0}`, "strategy: maxSurge and maxUnavailable are both 0"},
	"nobody left":                      {`strategy: {maxUnavailable: 2}`, "strategy.maxUnavailable: 2 of 2 replicas would leave none"},

	"a door without a host":     {`ingress: {bff: {enabled: true}}`, "ingress.bff.host: must be set"},
	"both doors in one":         {`ingress: {bff: {enabled: true, host: a}, admin: {enabled: true, host: a}}`, "ingress.admin.host: is that of ingress.bff"},
	"metrics that nobody sees":  {`{config: {DevServer: {Host: 127.0.0.1}}, monitoring: {serviceMonitor: {enabled: true}}}`, "config.DevServer.Host: Prometheus cannot reach"},
	"a check without a token":   {`preflight: {enabled: true}`, "preflight.token.secret: must name"},
	"a single scaled replica":   {`keda: {enabled: true, minReplicas: 1}`, "keda.minReplicas: must be 2 or more"},
	"less than the least":       {`keda: {enabled: true, minReplicas: 3, maxReplicas: 2}`, "keda.maxReplicas: 2 is less than keda.minReplicas, 3"},
	"a sale of too many":        {`keda: {enabled: true, sales: [{start: "0 0 1 1 *", end: "0 1 1 1 *", replicas: 9}]}`, "keda.sales[0].replicas: 9 is not between"},
	"a share of nothing":        {`{keda: {enabled: true}, resources: {requests: {cpu: null}}}`, "resources.requests.cpu: must be set"},
	"a query to nobody":         {`keda: {enabled: true}`, "keda.attempts.prometheus: must be the address of Prometheus"},
	"no reason for a replica":   {`keda: {enabled: true, cpuPercent: 0, attempts: {perSecond: 0}}`, "keda: has no trigger"},
	"an unknown value":          {`replica: 3`, "'replica' not allowed"},
	"an unknown section's key":  {`config: {Consumer: {Cuont: 1}}`, "'Cuont' not allowed"},
	"a bad duration":            {`config: {Shutdown: {Drain: "5"}}`, "/config/Shutdown/Drain"},
	"a private stack":           {`config: {DevStack: {}}`, "'DevStack' not allowed"},
	"a product that is none":    {`config: {Products: [0]}`, "/config/Products/0"},
	"a way to migrate":          {`migration: {by: magic}`, "/migration/by"},
	"a connection per replica":  {`config: {Postgres: {MaxConns: 1}}`, "/config/Postgres/MaxConns"},
	"a mask that is no network": {`networkPolicy: {postgresPorts: [0]}`, "/networkPolicy/postgresPorts/0"},
}

func TestUnsafeValuesAreRefused(t *testing.T) {
	for name, c := range refusals {
		t.Run(name, func(t *testing.T) {
			_, err := Render(root, release, valuesOf(t, c.values))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v\nwant %q", c.values, err, c.want)
			}
		})
	}
}

func TestAllThatIsWrongIsSaidAtOnce(t *testing.T) {
	_, err := Render(root, release, parse(t, `replicas: 20`))
	for _, want := range []string{"image.tag", "secret.name", "config.Redis.Addr", "config.Postgres.MaxConns"} {
		if err == nil || !strings.Contains(err.Error(), "\n- "+want+": ") {
			t.Errorf("%v\nwant a line for %s", err, want)
		}
	}
}

// TestWhatIsJustSafeIsRendered is the other side of what is refused.
func TestWhatIsJustSafeIsRendered(t *testing.T) {
	for name, values := range map[string]string{
		"all connections":       `{replicas: 3, postgres: {maxConnections: 89}}`,
		"a name with something": `config: {Consumer: {Instance: "a-${POD_NAME}"}}`,
		"one replica, one name": `{replicas: 1, strategy: {maxSurge: 0, maxUnavailable: 1}, keda: {enabled: false}, config: {Consumer: {Instance: a}}}`,
		"a grace period":        `{terminationGracePeriodSeconds: 33, config: {Shutdown: {Drain: 15s}}}`,
		"a long wait":           `{terminationGracePeriodSeconds: 91, config: {Shutdown: {WaitTime: 1m30s}}}`,
		"a drain":               `config: {Shutdown: {Drain: 2s500ms}}`,
		"a section left out":    `config: {Shutdown: null, Consumer: {Block: null}}`,
	} {
		t.Run(name, func(t *testing.T) { decode(t, mustRender(t, values)) })
	}
}
