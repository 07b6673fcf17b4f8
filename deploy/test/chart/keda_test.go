package chart

import (
	"maps"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// scaledObject is what the chart uses of KEDA's v1alpha1.ScaledObject, whose module would bring
// the clients of every cloud.
type scaledObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec struct {
		ScaleTargetRef struct {
			Name string `json:"name"`
		} `json:"scaleTargetRef"`
		PollingInterval int32 `json:"pollingInterval"`
		MinReplicaCount int32 `json:"minReplicaCount"`
		MaxReplicaCount int32 `json:"maxReplicaCount"`
		Advanced        struct {
			HorizontalPodAutoscalerConfig struct {
				Behavior struct {
					ScaleDown struct {
						StabilizationWindowSeconds int32 `json:"stabilizationWindowSeconds"`
						Policies                   []struct {
							Type          string `json:"type"`
							Value         int32  `json:"value"`
							PeriodSeconds int32  `json:"periodSeconds"`
						} `json:"policies"`
					} `json:"scaleDown"`
				} `json:"behavior"`
			} `json:"horizontalPodAutoscalerConfig"`
		} `json:"advanced"`
		Triggers []trigger `json:"triggers"`
	} `json:"spec"`
}

// trigger is KEDA's ScaleTriggers. All of its metadata is text.
type trigger struct {
	Type              string            `json:"type"`
	MetricType        string            `json:"metricType"`
	Metadata          map[string]string `json:"metadata"`
	AuthenticationRef struct {
		Name string `json:"name"`
	} `json:"authenticationRef"`
}

// redisTriggers is what KEDA's triggers of Redis Streams know.
var redisTriggers = []string{
	"stream", "consumerGroup", "lagCount", "databaseIndex", "enableTLS", "username", "passwordFromEnv",
}

// triggerKeys is what KEDA's triggers know of what the chart gives them.
var triggerKeys = map[string][]string{
	"cron":                   {"timezone", "start", "end", "desiredReplicas"},
	"cpu":                    {"containerName", "value"},
	"prometheus":             {"serverAddress", "query", "threshold"},
	"redis-streams":          append([]string{"address"}, redisTriggers...),
	"redis-cluster-streams":  append([]string{"addresses"}, redisTriggers...),
	"redis-sentinel-streams": append([]string{"addresses", "sentinelMaster", "sentinelUsername", "sentinelPasswordFromEnv"}, redisTriggers...),
}

func TestKEDAScalesTheDeployment(t *testing.T) {
	all := decode(t, mustRender(t, cases["everything"]))
	s, d := get[*scaledObject](t, all, "ScaledObject seckill"), deployment(t, all)
	if s.Spec.ScaleTargetRef.Name != d.Name || d.Spec.Replicas != nil {
		t.Errorf("it scales %q, and the Deployment wants %v by itself", s.Spec.ScaleTargetRef.Name, d.Spec.Replicas)
	}
	if s.Spec.MinReplicaCount != 2 || s.Spec.MaxReplicaCount != 6 {
		t.Errorf("%d to %d replicas", s.Spec.MinReplicaCount, s.Spec.MaxReplicaCount)
	}
	if window := s.Spec.Advanced.HorizontalPodAutoscalerConfig.Behavior.ScaleDown.StabilizationWindowSeconds; window != 3600 {
		t.Errorf("replicas go after %d s, in the middle of a sale", window)
	}
	var types []string
	for _, one := range s.Spec.Triggers {
		types = append(types, one.Type)
		for key, value := range one.Metadata {
			if !slices.Contains(triggerKeys[one.Type], key) || value == "" || strings.Contains(value, "e+") {
				t.Errorf("trigger %s has %s: %q", one.Type, key, value)
			}
			if variable, found := strings.CutSuffix(key, "FromEnv"); found && !slices.Contains(variables(d), value) {
				t.Errorf("the %s is in %s, which the container has not", variable, value)
			}
		}
	}
	if want := []string{"cron", "cpu", "prometheus", "redis-sentinel-streams"}; !slices.Equal(types, want) {
		t.Errorf("triggers %v, want %v", types, want)
	}
}

// TestLagIsAskedOfTheRedisThatTheServiceHas compares the trigger with the service's configuration.
func TestLagIsAskedOfTheRedisThatTheServiceHas(t *testing.T) {
	for name, c := range map[string]struct {
		config string
		want   map[string]string
	}{
		"one server": {`{Redis: {Addr: "r:1", DB: 3, Username: u, TLS: {Enabled: true}}, Consumer: {Group: shop}}`, map[string]string{
			"type": "redis-streams", "address": "r:1", "databaseIndex": "3", "username": "u", "enableTLS": "true", "consumerGroup": "shop"}},
		"a cluster": {`{Redis: {Addr: "a:1,b:1"}}`, map[string]string{
			"type": "redis-cluster-streams", "addresses": "a:1,b:1", "databaseIndex": "0", "enableTLS": "false", "consumerGroup": "g1"}},
		"a cluster behind one address": {`{Redis: {Addr: "a:1", Mode: cluster}}`, map[string]string{
			"type": "redis-cluster-streams", "addresses": "a:1"}},
		"Sentinels": {`{Redis: {Addr: "a:1,b:1", Mode: sentinel, MasterName: m}}`, map[string]string{
			"type": "redis-sentinel-streams", "addresses": "a:1,b:1", "sentinelMaster": "m"}},
	} {
		t.Run(name, func(t *testing.T) {
			all := decode(t, mustRender(t, "config: "+c.config, `keda: {enabled: true, cpuPercent: 0, attempts: {perSecond: 0}, recordOnly: {products: [1000001]}}`))
			triggers := get[*scaledObject](t, all, "ScaledObject seckill").Spec.Triggers
			if len(triggers) != 1 {
				t.Fatalf("triggers %+v", triggers)
			}
			got := maps.Clone(triggers[0].Metadata)
			got["type"] = triggers[0].Type
			c.want["stream"], c.want["lagCount"] = "stream:seckill:1000001", "10000"
			for key, want := range c.want {
				if got[key] != want {
					t.Errorf("%s is %q, want %q", key, got[key], want)
				}
			}
		})
	}
}

func TestAttemptsAreCountedOfTheJobThatIsScraped(t *testing.T) {
	all := decode(t, mustRender(t, cases["everything"]))
	job := scrapedJob(t, all)
	for _, one := range get[*scaledObject](t, all, "ScaledObject seckill").Spec.Triggers {
		if one.Type == "prometheus" && one.Metadata["query"] != `sum(rate(seckill_attempts_total{job="`+job+`"}[30s]))` {
			t.Errorf("the query %s is not of the job %s", one.Metadata["query"], job)
		}
	}
}
