// Command gendeploy copies into the Helm chart what it shows of other folders, as a chart cannot
// read outside of its own, and renders it into deploy/kustomize. It runs in deploy/test; `make
// gen-deploy` calls it.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"seckill/deploy/test/chart"
)

// root is the folder of the repository, seen from where the command runs.
const root = "../.."

// folders are the places that are written.
var (
	files     = filepath.Join(root, filepath.FromSlash(chart.Folder), "files")
	kustomize = filepath.Join(root, "deploy", "kustomize")
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gendeploy:", err)
		os.Exit(1)
	}
}

func run() error {
	if err := copyAll(filepath.Join(root, "deploy", "prometheus", "seckill.rules.yaml"), files); err != nil {
		return err
	}
	if err := copyAll(filepath.Join(root, "deploy", "grafana", "*.json"), filepath.Join(files, "dashboards")); err != nil {
		return err
	}
	for _, p := range parts {
		if err := p.write(); err != nil {
			return fmt.Errorf("deploy/kustomize/%s: %w", p.folder, err)
		}
	}
	return nil
}

// copyAll makes a folder hold the files of a pattern and no others of their kind.
func copyAll(pattern, folder string) error {
	sources, err := filepath.Glob(pattern)
	if err != nil {
		return fmt.Errorf("%s: %w", pattern, err)
	}
	made := map[string]string{}
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		made[filepath.Base(source)] = string(text)
	}
	return replace(folder, "*"+filepath.Ext(pattern), made)
}

// replace makes a folder hold the given files, and no others that match a pattern.
func replace(folder, pattern string, made map[string]string) error {
	old, err := filepath.Glob(filepath.Join(folder, pattern))
	if err != nil {
		return fmt.Errorf("%s: %w", pattern, err)
	}
	for _, name := range old {
		if _, kept := made[filepath.Base(name)]; kept {
			continue
		}
		if err := os.Remove(name); err != nil {
			return fmt.Errorf("remove: %w", err)
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // for everybody
		return fmt.Errorf("make folder: %w", err)
	}
	for name, text := range made {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil { //nolint:gosec // for everybody
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

// part is a folder of deploy/kustomize: the templates of the chart with those of its own values.
type part struct {
	folder string
	// values over those of values.yaml beside the folders.
	values map[string]any
	// templates that it holds; nil = all.
	templates []string
	// head and tail of its kustomization.yaml, around the list of resources.
	head, tail string
}

const (
	kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
	component     = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
	generated     = "# Rendered from deploy/helm/seckill by `make gen`; do not edit.\n"
)

// parts are the base, and what an overlay may add to it.
var parts = []part{
	{folder: "base", head: kustomization},
	{
		folder: "components/monitoring", head: component,
		templates: []string{"servicemonitor.yaml", "prometheusrule.yaml", "dashboards.yaml"},
		values: map[string]any{"monitoring": map[string]any{
			"serviceMonitor": on, "prometheusRule": on, "dashboards": on,
		}},
	},
	{
		folder: "components/keda", head: component,
		templates: []string{"scaledobject.yaml"},
		values: map[string]any{"keda": map[string]any{
			"enabled": true, "attempts": map[string]any{"prometheus": "http://prometheus-operated.monitoring:9090"},
		}},
		tail: "patches: # KEDA says how many\n  - target: {kind: Deployment, name: seckill}\n    patch: |\n      - {op: remove, path: /spec/replicas}\n",
	},
}

// on switches a part of the chart on.
var on = map[string]any{"enabled": true}

// write renders the part into its folder.
func (p part) write() error {
	values, err := readValues(filepath.Join(kustomize, "values.yaml"))
	if err != nil {
		return err
	}
	maps.Copy(values, p.values)
	rendered, err := chart.Render(root, chart.Release{Name: "seckill", Namespace: "default", Service: "Kustomize"}, values)
	if err != nil {
		return err
	}
	made := map[string]string{}
	for name, text := range rendered {
		if filepath.Ext(name) == ".yaml" && (p.templates == nil || slices.Contains(p.templates, name)) {
			made[name] = generated + text
		}
	}
	made["kustomization.yaml"] = generated + p.head + resources(slices.Sorted(maps.Keys(made))) + p.tail
	return replace(filepath.Join(kustomize, filepath.FromSlash(p.folder)), "*.yaml", made)
}

// resources is the list of a kustomization.
func resources(names []string) string {
	return "resources:\n  - " + strings.Join(names, "\n  - ") + "\n"
}

func readValues(file string) (map[string]any, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	values := map[string]any{}
	if err := yaml.Unmarshal(text, &values); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return values, nil
}
