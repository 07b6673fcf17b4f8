package chart

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"seckill/internal/config"
)

// build builds a folder of deploy/kustomize, as kubectl apply -k does.
func build(t *testing.T, folder string) map[string]string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, "deploy", "kustomize", folder))
	if err != nil {
		t.Fatal(err)
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := built.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{folder: string(text)}
}

// TestTheBaseIsTheChart compares what kustomize builds with what the chart renders.
func TestTheBaseIsTheChart(t *testing.T) {
	text, err := os.ReadFile(root + "/deploy/kustomize/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	made, err := Render(root, Release{Name: "seckill", Namespace: "default", Service: "Kustomize"}, parse(t, string(text)))
	if err != nil {
		t.Fatal(err)
	}
	got, want := decode(t, build(t, "base")), decode(t, made)
	if got, want := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(got, want) {
		t.Fatalf("the base has %q, and the chart makes %q", got, want)
	}
	for name := range want {
		if got, want := asJSON(t, got[name]), asJSON(t, want[name]); got != want {
			t.Errorf("%s of the base is\n%s\nand of the chart\n%s: run make gen", name, got, want)
		}
	}
}

// TestTheExampleAddsToTheBase builds what somebody begins with.
func TestTheExampleAddsToTheBase(t *testing.T) {
	made := build(t, "example")
	for _, document := range Documents(made["example"]) {
		if strings.Contains(document, "\n  namespace: shop\n") {
			continue
		}
		t.Errorf("an object is in no namespace:\n%s", document)
	}
	all := objects{}
	for _, document := range Documents(made["example"]) {
		name, object, err := decodeOne(document)
		if err != nil {
			t.Errorf("%v\n%s", err, document)
			continue
		}
		all[name] = object
	}
	pod := deployment(t, all)
	if pod.Spec.Replicas != nil {
		t.Errorf("KEDA and the Deployment both say how many: %d", *pod.Spec.Replicas)
	}
	if image := pod.Spec.Template.Spec.Containers[0].Image; image != "registry.example.org/seckill:v1.0.0" {
		t.Errorf("the image is %s", image)
	}
	mounted := pod.Spec.Template.Spec.Volumes[0].ConfigMap.Name
	if !strings.HasPrefix(mounted, "seckill-shop-") {
		t.Errorf("another configuration does not replace the pods: %s is mounted", mounted)
	}
	if _, found := all["ConfigMap "+mounted]; !found || all["ConfigMap seckill"] != nil {
		t.Errorf("there is no ConfigMap %s, or that of the base as well", mounted)
	}
	if first := get[*scaledObject](t, all, "ScaledObject seckill").Spec.Triggers[0]; first.Type != "cron" {
		t.Errorf("the first trigger is %+v", first)
	}
	for _, name := range []string{"ServiceMonitor seckill", "PrometheusRule seckill"} {
		if all[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestTheConfigurationOfTheExampleIsRead by the service, with the variables of the base's container.
func TestTheConfigurationOfTheExampleIsRead(t *testing.T) {
	for _, name := range variables(deployment(t, decode(t, build(t, "base")))) {
		t.Setenv(name, secrets[name])
	}
	c, err := config.Load(root + "/deploy/kustomize/example/seckill.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if c.Postgres.DataSource != secrets["SECKILL_POSTGRES"] || c.DevServer.Host != "0.0.0.0" {
		t.Errorf("%+v", c)
	}
	var replaced *corev1.ConfigMap
	for name, object := range decode(t, build(t, "example")) {
		if strings.HasPrefix(name, "ConfigMap seckill-shop-") {
			replaced, _ = object.(*corev1.ConfigMap)
		}
	}
	text, err := os.ReadFile(root + "/deploy/kustomize/example/seckill.yaml")
	if err != nil || replaced == nil || replaced.Data["seckill.yaml"] != string(text) {
		t.Errorf("the file is not what is mounted: %v", err)
	}
}
