package test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"seckill/internal/servertest"
)

// watcher is a Prometheus with the rules as they are shipped.
type watcher struct {
	t   *testing.T
	url string
}

// watch starts a Prometheus that scrapes the replicas of each job.
func watch(t *testing.T, jobs map[string][]*replica) *watcher {
	t.Helper()
	folder, port := t.TempDir(), servertest.FreePort(t)
	rules, err := filepath.Abs(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	var config strings.Builder
	fmt.Fprintf(&config, "global: {scrape_interval: 5s, scrape_timeout: 4s, evaluation_interval: 5s}\nrule_files: [%q]\nscrape_configs:\n", rules)
	for job, replicas := range jobs {
		var targets []string
		for _, r := range replicas {
			targets = append(targets, fmt.Sprintf("%q", r.target()))
		}
		fmt.Fprintf(&config, "  - job_name: %s\n    static_configs: [{targets: [%s]}]\n", job, strings.Join(targets, ", "))
	}
	file := filepath.Join(folder, "prometheus.yaml")
	if err := os.WriteFile(file, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	output := &servertest.Output{}
	command := exec.Command(program(t, "prometheus"), "--config.file="+file, "--storage.tsdb.path="+filepath.Join(folder, "data"),
		fmt.Sprintf("--web.listen-address=127.0.0.1:%d", port), "--log.level=warn")
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Logf("output of Prometheus:\n%s", output)
		}
	})
	w := &watcher{t: t, url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	servertest.Eventually(t, "Prometheus is ready", func() bool { return fetch(t, w.url+"/-/ready") != "" })
	return w
}

// get asks Prometheus and decodes what it answers with.
func (w *watcher) get(path string, query url.Values, data any) {
	w.t.Helper()
	answer := struct {
		Data any `json:"data"`
	}{data}
	text := fetch(w.t, w.url+path+"?"+query.Encode())
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		w.t.Fatalf("%s?%s: %v: %.200s", path, query.Encode(), err, text)
	}
}

// value returns the value of a query, "" when it has none.
func (w *watcher) value(query string) string {
	w.t.Helper()
	var data struct {
		Result []struct {
			Value [2]any `json:"value"`
		} `json:"result"`
	}
	w.get("/api/v1/query", url.Values{"query": {query}}, &data)
	if len(data.Result) == 0 {
		return ""
	}
	return fmt.Sprint(data.Result[0].Value[1])
}

// alert is one that Prometheus has active.
type alert struct {
	State       string            `json:"state"` // pending or firing
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// active are alerts that are pending or firing, by their names.
type active map[string]alert

// alerts returns the active alerts of each job; those without one are of job "". An alert of
// several series counts as firing if it does for one of them.
func (w *watcher) alerts() map[string]active {
	w.t.Helper()
	var data struct {
		Alerts []alert `json:"alerts"`
	}
	w.get("/api/v1/alerts", nil, &data)
	all := map[string]active{}
	for _, a := range data.Alerts {
		job, name := a.Labels["job"], a.Labels["alertname"]
		if all[job] == nil {
			all[job] = active{}
		}
		if all[job][name].State != firing {
			all[job][name] = a
		}
	}
	return all
}

// The states of an alert; one that is not active has none.
const (
	pending = "pending"
	firing  = "firing"
)
