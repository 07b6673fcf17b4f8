package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"seckill/deploy/test/chart"
	"seckill/internal/auth"
)

// jobContainer is what a Job runs.
type jobContainer struct {
	Command []string `yaml:"command"`
	Env     []struct {
		Name string `yaml:"name"`
	} `yaml:"env"`
}

// chartJobs are the first containers of the chart's Jobs, by the kind of what makes them.
func chartJobs(t *testing.T) map[string]jobContainer {
	t.Helper()
	made, err := chart.Render(root, chart.Release{Name: "seckill", Namespace: "default"}, map[string]any{
		"image": map[string]any{"tag": "v1"}, "secret": map[string]any{"name": "seckill"}, "migration": map[string]any{"by": "hook"},
		"config":    map[string]any{"Redis": map[string]any{"Addr": "redis:6379"}},
		"preflight": map[string]any{"enabled": true, "token": map[string]any{"secret": "viewer"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	type pod struct {
		Spec struct {
			Containers []jobContainer `yaml:"containers"`
		} `yaml:"spec"`
	}
	var job struct {
		Spec struct {
			Template pod `yaml:"template"`
		} `yaml:"spec"`
	}
	var cron struct {
		Spec struct {
			JobTemplate struct {
				Spec struct {
					Template pod `yaml:"template"`
				} `yaml:"spec"`
			} `yaml:"jobTemplate"`
		} `yaml:"spec"`
	}
	for file, into := range map[string]any{"migration.yaml": &job, "preflight.yaml": &cron} {
		if err := yaml.Unmarshal([]byte(chart.Documents(made[file])[0]), into); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]jobContainer{
		"migration": job.Spec.Template.Spec.Containers[0], "preflight": cron.Spec.JobTemplate.Spec.Template.Spec.Containers[0],
	}
}

// TestTheImageHasTheCommandsOfTheChart runs what the Jobs of the chart run, with the variables
// that they have and no others.
func TestTheImageHasTheCommandsOfTheChart(t *testing.T) {
	last, s := lastStage(t), newSite(t)
	c, _ := newContainer(t, s, imageOf(t, last), last.config)
	s.exec("DROP TABLE IF EXISTS seckill_migrations") // every file may be applied again
	values := map[string]string{"SECKILL_DATA_SOURCE": s.url}
	if said, err := c.job(chartJobs(t)["migration"], values); err != nil || !strings.Contains(said, "001_create_seckill_logs.sql") {
		t.Errorf("the migration: %v: %s", err, said)
	}

	r := s.start("a", ways{})
	token, err := auth.IssueToken(secret, "preflight", "viewer", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	values = map[string]string{"SECKILL_ADDR": fmt.Sprintf("http://127.0.0.1:%d", r.port), "SECKILL_TOKEN": token}
	said, err := c.job(chartJobs(t)["preflight"], values)
	if refused := strings.HasSuffix(said, "\nNO-GO\n"); !refused && !strings.HasSuffix(said, "\nGO\n") || refused != (err != nil) {
		t.Errorf("the pre-flight: %v: %s", err, said)
	}
}

// job runs what a Job does in the image, with the values of its variables alone.
func (c *container) job(what jobContainer, values map[string]string) (string, error) {
	part := *c
	part.env = nil
	for _, e := range what.Env {
		part.env = append(part.env, e.Name+"="+values[e.Name])
	}
	command, output := part.command(what.Command...)
	err := command.Run()
	return output.String(), err
}
