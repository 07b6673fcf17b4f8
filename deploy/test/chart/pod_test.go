package chart

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v4/pkg/chart/v2/lint"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
)

func TestTheChartIsLinted(t *testing.T) {
	for name, over := range cases {
		t.Run(name, func(t *testing.T) {
			for _, m := range lint.RunAll(root+"/"+Folder, valuesOf(t, over), release.Namespace).Messages {
				if !strings.Contains(m.Error(), "icon is recommended") {
					t.Errorf("%s", m)
				}
			}
		})
	}
}

// TestEveryCaseIsWhatItSays decodes all strictly, and looks at what holds for every object.
func TestEveryCaseIsWhatItSays(t *testing.T) {
	for name, over := range cases {
		t.Run(name, func(t *testing.T) {
			for name, object := range decode(t, mustRender(t, over)) {
				if len(object.GetName()) > 63 || object.GetNamespace() != "" {
					t.Errorf("%s is in the namespace %q, or its name is long", name, object.GetNamespace())
				}
				labels := object.GetLabels()
				for _, label := range []string{"name", "instance", "component", "managed-by"} {
					if labels["app.kubernetes.io/"+label] == "" {
						t.Errorf("%s has no label %s: %v", name, label, labels)
					}
				}
			}
		})
	}
}

func TestWhatIsMadeWithoutAWord(t *testing.T) {
	got := slices.Sorted(maps.Keys(decode(t, mustRender(t))))
	want := []string{
		"ConfigMap seckill", "Deployment seckill", "NetworkPolicy seckill", "PodDisruptionBudget seckill",
		"Service seckill", "Service seckill-metrics", "ServiceAccount seckill",
	}
	if !slices.Equal(got, want) {
		t.Errorf("made is %q, want %q", got, want)
	}
}

func TestAReleaseOfAnotherNameNamesAllByIt(t *testing.T) {
	made, err := Render(root, Release{Name: "flash", Namespace: "shop"}, valuesOf(t, cases["everything"]))
	if err != nil {
		t.Fatal(err)
	}
	for name := range decode(t, made) {
		if !strings.Contains(name, " flash-seckill") {
			t.Errorf("%s is not named by its release", name)
		}
	}
}

// pods are the pods of everything, by what makes them.
func pods(t *testing.T, all objects) map[string]corev1.PodSpec {
	t.Helper()
	return map[string]corev1.PodSpec{
		"the service":   deployment(t, all).Spec.Template.Spec,
		"the migration": get[*batchv1.Job](t, all, "Job seckill-migration").Spec.Template.Spec,
		"the preflight": get[*batchv1.CronJob](t, all, "CronJob seckill-preflight").Spec.JobTemplate.Spec.Template.Spec,
	}
}

// TestPodsMayDoNothing is what Kubernetes calls the restricted standard, and more.
func TestPodsMayDoNothing(t *testing.T) {
	for name, pod := range pods(t, decode(t, mustRender(t, cases["everything"]))) {
		if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken || pod.EnableServiceLinks == nil || *pod.EnableServiceLinks {
			t.Errorf("%s gets the token of its account, or the environment of other services", name)
		}
		s := pod.SecurityContext
		if s == nil || !*s.RunAsNonRoot || *s.RunAsUser != 65532 || *s.RunAsGroup != 65532 || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
			t.Errorf("%s runs as %+v", name, s)
		}
		if pod.HostNetwork || pod.HostPID || pod.HostIPC {
			t.Errorf("%s has a part of its host", name)
		}
		for _, c := range pod.Containers {
			s := c.SecurityContext
			if s == nil || *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) || s.Capabilities.Add != nil {
				t.Errorf("%s of %s may do %+v", c.Name, name, s)
			}
			if c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() || c.Resources.Limits.Memory().IsZero() {
				t.Errorf("%s of %s says not what it needs: %+v", c.Name, name, c.Resources)
			}
			for _, m := range c.VolumeMounts {
				if !m.ReadOnly {
					t.Errorf("%s of %s may write to %s", c.Name, name, m.MountPath)
				}
			}
		}
	}
}

func TestReplicasAreSpread(t *testing.T) {
	d := deployment(t, decode(t, mustRender(t)))
	var keys []string
	for _, c := range d.Spec.Template.Spec.TopologySpreadConstraints {
		keys = append(keys, c.TopologyKey)
		if c.MaxSkew != 1 || c.WhenUnsatisfiable != corev1.ScheduleAnyway || !selects(c.LabelSelector.MatchLabels, d.Spec.Template.Labels) {
			t.Errorf("the constraint is %+v", c)
		}
	}
	if want := []string{"kubernetes.io/hostname", "topology.kubernetes.io/zone"}; !slices.Equal(keys, want) {
		t.Errorf("they are spread over %v", keys)
	}
}

// selects reports whether a selector selects what has these labels.
func selects(selector, labels map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return len(selector) > 0
}

// TestSelectorsSelectTheServiceAlone is against a Service that sends requests to a Job.
func TestSelectorsSelectTheServiceAlone(t *testing.T) {
	all := decode(t, mustRender(t, cases["everything"]))
	labels := map[string]map[string]string{
		"service":   deployment(t, all).Spec.Template.Labels,
		"migration": get[*batchv1.Job](t, all, "Job seckill-migration").Spec.Template.Labels,
		"preflight": get[*batchv1.CronJob](t, all, "CronJob seckill-preflight").Spec.JobTemplate.Spec.Template.Labels,
	}
	policy := func(name string) map[string]string {
		return get[*networkingv1.NetworkPolicy](t, all, "NetworkPolicy "+name).Spec.PodSelector.MatchLabels
	}
	for name, c := range map[string]struct {
		selector map[string]string
		of       string
	}{
		"Deployment":                      {deployment(t, all).Spec.Selector.MatchLabels, "service"},
		"Service seckill":                 {get[*corev1.Service](t, all, "Service seckill").Spec.Selector, "service"},
		"Service seckill-metrics":         {get[*corev1.Service](t, all, "Service seckill-metrics").Spec.Selector, "service"},
		"PodDisruptionBudget":             {get[*policyv1.PodDisruptionBudget](t, all, "PodDisruptionBudget seckill").Spec.Selector.MatchLabels, "service"},
		"NetworkPolicy seckill":           {policy("seckill"), "service"},
		"NetworkPolicy seckill-migration": {policy("seckill-migration"), "migration"},
		"NetworkPolicy seckill-preflight": {policy("seckill-preflight"), "preflight"},
	} {
		for of, labels := range labels {
			if got := selects(c.selector, labels); got != (of == c.of) {
				t.Errorf("%s selects pods of %s: %v", name, of, got)
			}
		}
	}
}

// TestProbesAskWhatTheServiceAnswers: that the routes are there is for the tests of the service.
func TestProbesAskWhatTheServiceAnswers(t *testing.T) {
	for name, scheme := range map[string]corev1.URIScheme{"the least": "HTTP", "TLS of its own": "HTTPS"} {
		c := deployment(t, decode(t, mustRender(t, cases[name]))).Spec.Template.Spec.Containers[0]
		for path, probe := range map[string]*corev1.Probe{"/healthz": c.LivenessProbe, "/readyz?exclude=postgres": c.ReadinessProbe} {
			if get := probe.HTTPGet; get.Path != path || get.Port.StrVal != "http" || get.Scheme != scheme {
				t.Errorf("%s: the probe asks %+v, want %s over %s", name, get, path, scheme)
			}
		}
		if start := c.StartupProbe; start.HTTPGet.Path != "/healthz" || start.HTTPGet.Scheme != scheme {
			t.Errorf("%s: the first probe asks %+v", name, start)
		}
	}
}

// TestAStopHasItsTime compares what kubelet waits with what the service needs.
func TestAStopHasItsTime(t *testing.T) {
	for name, over := range cases {
		all := decode(t, mustRender(t, over))
		pod, c := deployment(t, all).Spec.Template.Spec, loadConfig(t, all)
		if grace := time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second; grace <= c.RestConf.Shutdown.WaitTime {
			t.Errorf("%s: it is killed after %s, before its WaitTime of %s", name, grace, c.RestConf.Shutdown.WaitTime)
		}
		probe := pod.Containers[0].ReadinessProbe
		if notice := time.Duration(probe.PeriodSeconds*probe.FailureThreshold) * time.Second; c.Shutdown.Drain <= notice {
			t.Errorf("%s: a drain of %s ends before its stop is noticed, after %s", name, c.Shutdown.Drain, notice)
		}
	}
}

func TestTheHookMigratesWithoutTheService(t *testing.T) {
	all := decode(t, mustRender(t, cases["everything"]))
	job := get[*batchv1.Job](t, all, "Job seckill-migration")
	if job.Annotations["helm.sh/hook"] != "pre-install,pre-upgrade" {
		t.Errorf("annotations %v", job.Annotations)
	}
	c := job.Spec.Template.Spec.Containers[0]
	if want := []string{"/seckill", "ctl", "migrate", "up"}; !slices.Equal(c.Command, want) {
		t.Errorf("it runs %q, want %q", c.Command, want)
	}
	if len(c.Env) != 1 || c.Env[0].Name != "SECKILL_DATA_SOURCE" || c.Env[0].ValueFrom.SecretKeyRef.Key != "migrate" {
		t.Errorf("its environment is %+v", c.Env)
	}
	if loadConfig(t, all).Postgres.Migrate {
		t.Error("replicas migrate as well")
	}
	for over, want := range map[string]bool{"migration: {by: start}": true, "migration: {by: none}": false} {
		all := decode(t, mustRender(t, over))
		if _, found := all["Job seckill-migration"]; found || loadConfig(t, all).Postgres.Migrate != want {
			t.Errorf("%s: there is a Job %v, and replicas migrate: %v", over, found, !want)
		}
	}
}

func TestThePreflightAsksTheService(t *testing.T) {
	all := decode(t, mustRender(t, cases["everything"]))
	var asked [][]string
	for _, c := range get[*batchv1.CronJob](t, all, "CronJob seckill-preflight").Spec.JobTemplate.Spec.Template.Spec.Containers {
		asked = append(asked, c.Command)
		if want := "http://seckill:" + strconv.Itoa(loadConfig(t, all).Port); c.Env[0].Name != "SECKILL_ADDR" || c.Env[0].Value != want {
			t.Errorf("it asks %+v, want %s", c.Env[0], want)
		}
		if token := c.Env[1]; token.Name != "SECKILL_TOKEN" || token.ValueFrom.SecretKeyRef.Name != "viewer" {
			t.Errorf("its token is %+v", token)
		}
	}
	want := [][]string{{"/seckill", "ctl", "preflight", "1001", "--strict"}, {"/seckill", "ctl", "preflight", "9223372036854775807", "--strict"}}
	if !reflect.DeepEqual(asked, want) {
		t.Errorf("it runs %q, want %q", asked, want)
	}
	all = decode(t, mustRender(t, cases["TLS of its own"]))
	c := get[*batchv1.CronJob](t, all, "CronJob seckill-preflight").Spec.JobTemplate.Spec.Template.Spec.Containers[0]
	if !slices.Equal(c.Command, []string{"/seckill", "ctl", "preflight"}) || c.Env[0].Value != "https://seckill:8888" {
		t.Errorf("without products it runs %q on %s", c.Command, c.Env[0].Value)
	}
}

// TestAnotherConfigurationReplacesThePods: a file of a ConfigMap is read at start only.
func TestAnotherConfigurationReplacesThePods(t *testing.T) {
	sum := func(over string) string {
		return deployment(t, decode(t, mustRender(t, over))).Spec.Template.Annotations["checksum/config"]
	}
	if sum("") == sum("config: {Consumer: {Count: 1000}}") || sum("") != sum("replicas: 1") {
		t.Error("the pods are not replaced by what the configuration says")
	}
}

// asJSON is a value for comparison and for messages.
func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
