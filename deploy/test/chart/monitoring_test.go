package chart

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// scrapedJob is the label job of what is scraped.
func scrapedJob(t *testing.T, all objects) string {
	t.Helper()
	for _, relabeling := range get[*monitoringv1.ServiceMonitor](t, all, "ServiceMonitor seckill").Spec.Endpoints[0].RelabelConfigs {
		if relabeling.TargetLabel == "job" {
			return *relabeling.Replacement
		}
	}
	t.Fatal("the ServiceMonitor names no job")
	return ""
}

func TestEveryReplicaIsScraped(t *testing.T) {
	for over, job := range map[string]string{"": "seckill", "monitoring: {job: shop}": "shop"} {
		all := decode(t, mustRender(t, over, "monitoring: {serviceMonitor: {enabled: true}}"))
		if got := scrapedJob(t, all); got != job {
			t.Errorf("the job is %s, want %s", got, job)
		}
		spec := get[*monitoringv1.ServiceMonitor](t, all, "ServiceMonitor seckill").Spec
		metrics, api := get[*corev1.Service](t, all, "Service seckill-metrics"), get[*corev1.Service](t, all, "Service seckill")
		if !selects(spec.Selector.MatchLabels, metrics.Labels) || selects(spec.Selector.MatchLabels, api.Labels) {
			t.Errorf("it selects by %v", spec.Selector.MatchLabels)
		}
		if e := spec.Endpoints[0]; e.Port != metrics.Spec.Ports[0].Name || e.Interval != "5s" {
			t.Errorf("the endpoint is %+v", e)
		}
		if metrics.Spec.ClusterIP != corev1.ClusterIPNone {
			t.Error("one address stands for all replicas")
		}
	}
}

// TestTheRulesAreThoseOfPrometheus compares what is rendered with the one source of the rules.
func TestTheRulesAreThoseOfPrometheus(t *testing.T) {
	made := mustRender(t, "monitoring: {prometheusRule: {enabled: true}}")
	text, err := os.ReadFile(root + "/deploy/prometheus/seckill.rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var want any
	if err := yaml.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Spec any `json:"spec"`
	}
	if err := yaml.Unmarshal([]byte(made["prometheusrule.yaml"]), &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Spec, want) {
		t.Error("the rules of the chart are not those of deploy/prometheus: run make gen")
	}
	rule := get[*monitoringv1.PrometheusRule](t, decode(t, made), "PrometheusRule seckill")
	if n := len(rule.Spec.Groups); n == 0 || n != strings.Count(string(text), "\n  - name: ") {
		t.Errorf("it has %d groups", n)
	}
}

// TestADashboardIsCarriedAsItIs puts one into a copy of the chart: its own braces are Grafana's.
func TestADashboardIsCarriedAsItIs(t *testing.T) {
	const text = `{"title": "Sale", "panels": [{"targets": [{"legendFormat": "{{product}}"}]}]}`
	copied := t.TempDir()
	if err := os.CopyFS(filepath.Join(copied, Folder), os.DirFS(filepath.Join(root, Folder))); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(copied, Folder, "files", "dashboards")
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Sale_one.json", "service.json"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made, err := Render(copied, release, valuesOf(t, "monitoring: {dashboards: {enabled: true}}"))
	if err != nil {
		t.Fatal(err)
	}
	all := decode(t, made)
	for name, file := range map[string]string{"seckill-dashboard-sale-one": "Sale_one.json", "seckill-dashboard-service": "service.json"} {
		if got := get[*corev1.ConfigMap](t, all, "ConfigMap "+name).Data[file]; strings.TrimSpace(got) != text {
			t.Errorf("%s holds %q", name, got)
		}
	}
}

func TestEveryDashboardIsAConfigMap(t *testing.T) {
	files, err := filepath.Glob(root + "/deploy/grafana/*.json")
	if err != nil {
		t.Fatal(err)
	}
	all := decode(t, mustRender(t, "monitoring: {dashboards: {enabled: true}}"))
	found := map[string]string{}
	for name, object := range all {
		if c, ok := object.(*corev1.ConfigMap); ok && strings.Contains(name, "-dashboard-") {
			if c.Labels["grafana_dashboard"] != "1" || len(c.Data) != 1 {
				t.Errorf("%s has labels %v and %d files", name, c.Labels, len(c.Data))
			}
			maps.Copy(found, c.Data)
		}
	}
	if len(found) != len(files) {
		t.Errorf("there are %d dashboards in the chart, and %d in deploy/grafana: run make gen", len(found), len(files))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(found[filepath.Base(file)]) != strings.TrimSpace(string(text)) {
			t.Errorf("%s is another one in the chart: run make gen", filepath.Base(file))
		}
	}
}
