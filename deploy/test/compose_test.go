package test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v3"

	"seckill/internal/config"
)

const composeFile = root + "/deploy/compose.yaml"

// composeEnvironment is what whoever starts it has to give.
var composeEnvironment = types.Mapping{"SECKILL_ACCESS_SECRET": secret, "POSTGRES_PASSWORD": "0123456789abcdef"}

// loadCompose loads the file as Docker Compose does, with all of its profiles.
func loadCompose(t *testing.T, environment types.Mapping) (*types.Project, error) {
	t.Helper()
	file, err := filepath.Abs(composeFile)
	if err != nil {
		t.Fatal(err)
	}
	details := types.ConfigDetails{
		WorkingDir: filepath.Dir(file), ConfigFiles: []types.ConfigFile{{Filename: file}}, Environment: environment,
	}
	return loader.LoadWithContext(t.Context(), details, loader.WithProfiles([]string{"*"}))
}

func mustLoadCompose(t *testing.T) *types.Project {
	t.Helper()
	project, err := loadCompose(t, composeEnvironment)
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestComposeWantsItsSecrets(t *testing.T) {
	for missing := range composeEnvironment {
		environment := maps.Clone(composeEnvironment)
		delete(environment, missing)
		if _, err := loadCompose(t, environment); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}

func TestComposeStartsWhatASaleNeeds(t *testing.T) {
	project := mustLoadCompose(t)
	var always, asked []string
	for name, s := range project.Services {
		if len(s.Profiles) == 0 {
			always = append(always, name)
		} else {
			asked = append(asked, name)
		}
	}
	slices.Sort(always)
	slices.Sort(asked)
	if want := []string{"nginx", "postgres", "redis", "seckill-a", "seckill-b"}; !slices.Equal(always, want) {
		t.Errorf("without a profile it starts %v, want %v", always, want)
	}
	if want := []string{"alertmanager", "grafana", "jaeger", "prometheus"}; !slices.Equal(asked, want) {
		t.Errorf("by profiles it starts %v, want %v", asked, want)
	}
}

func TestNothingOfComposeIsOpenToTheNetwork(t *testing.T) {
	for name, s := range mustLoadCompose(t).Services {
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes %s on %q", name, port.Published, port.HostIP)
			}
		}
		if _, outside := s.Networks["outside"]; outside != (len(s.Ports) > 0) {
			t.Errorf("%s is in %v and publishes %v", name, s.Networks, s.Ports)
		}
	}
}

func TestEveryFileThatComposeMountsIsThere(t *testing.T) {
	for name, s := range mustLoadCompose(t).Services {
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind {
				continue
			}
			if !v.ReadOnly {
				t.Errorf("%s may write into %s", name, v.Source)
			}
			if _, err := os.Stat(v.Source); err != nil {
				t.Errorf("%s mounts %v", name, err)
			}
		}
	}
}

// TestTheServiceOfComposeIsConfigured loads the configuration of the image with the environment
// that each replica gets.
func TestTheServiceOfComposeIsConfigured(t *testing.T) {
	project := mustLoadCompose(t)
	postgres, instances := project.Services["postgres"], map[string]bool{}
	for _, name := range []string{"seckill-a", "seckill-b"} {
		s := project.Services[name]
		c := loadAsImage(t, s)
		instances[c.Consumer.Instance] = true
		password := *postgres.Environment["POSTGRES_PASSWORD"]
		if want := "postgres://seckill:" + password + "@postgres:5432/product_db?sslmode=disable"; c.Postgres.DataSource != want {
			t.Errorf("%s: PostgreSQL is %s, want %s", name, c.Postgres.DataSource, want)
		}
		if c.Redis.Addr != "redis:6379" || c.Host != "0.0.0.0" || c.Port != 8888 || c.DevServer.Host != "0.0.0.0" || c.DevServer.Port != 6060 {
			t.Errorf("%s: Redis is %s, the API %s:%d, metrics %s:%d", name, c.Redis.Addr, c.Host, c.Port, c.DevServer.Host, c.DevServer.Port)
		}
		if s.StopGracePeriod == nil || time.Duration(*s.StopGracePeriod) <= c.RestConf.Shutdown.WaitTime {
			t.Errorf("%s is killed after %v, before its WaitTime of %s", name, s.StopGracePeriod, c.RestConf.Shutdown.WaitTime)
		}
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) {
			t.Errorf("%s may write, or has capabilities", name)
		}
		if want := append([]string{"CMD"}, append(slices.Clone(lastStage(t).config.Entrypoint), "-healthcheck=ready")...); !slices.Equal(s.HealthCheck.Test, want) {
			t.Errorf("the health check of %s is %q, want %q", name, s.HealthCheck.Test, want)
		}
	}
	if len(instances) != 2 || instances[""] {
		t.Errorf("the replicas have the names %v", instances)
	}
}

// loadAsImage loads the configuration in the image as a container of a service would.
func loadAsImage(t *testing.T, s types.ServiceConfig) config.Config {
	t.Helper()
	t.Setenv("HOSTNAME", s.Hostname)
	for key, value := range s.Environment {
		if value != nil {
			t.Setenv(key, *value)
		}
	}
	c, err := config.Load(root + "/deploy/docker/seckill.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheImageIsConfiguredByItsEnvironment(t *testing.T) {
	environment := map[string]string{
		"SECKILL_ACCESS_SECRET": secret, "SECKILL_POSTGRES": "postgres://a:b$c@h/d", "SECKILL_REDIS": "a:1,b:2", "SECKILL_REDIS_MODE": "sentinel",
		"SECKILL_REDIS_MASTER": "sale", "SECKILL_REDIS_USERNAME": "seckill", "SECKILL_REDIS_PASSWORD": "p: #1", "SECKILL_REDIS_TLS": "true",
		"SECKILL_POSTGRES_MAX_CONNS": "40", "SECKILL_LOG_LEVEL": "error", "SECKILL_OTLP": "jaeger:4317", "SECKILL_SAMPLER": "0.25",
	}
	var s types.ServiceConfig
	s.Hostname, s.Environment = "pod-7", types.MappingWithEquals{}
	for key, value := range environment {
		s.Environment[key] = &value
	}
	c := loadAsImage(t, s)
	if c.Consumer.Instance != "pod-7" || c.Redis.Mode != "sentinel" || c.Redis.MasterName != "sale" || c.Redis.Password != "p: #1" || !c.Redis.TLS.Enabled {
		t.Errorf("Instance %q, Redis %+v", c.Consumer.Instance, c.Redis)
	}
	if c.Postgres.DataSource != environment["SECKILL_POSTGRES"] || c.Postgres.MaxConns != 40 || c.Log.Level != "error" {
		t.Errorf("Postgres %+v, Log.Level %q", c.Postgres, c.Log.Level)
	}
	if c.Telemetry.Endpoint != "jaeger:4317" || c.Telemetry.Sampler != 0.25 || c.Telemetry.Batcher != "otlpgrpc" {
		t.Errorf("Telemetry %+v", c.Telemetry)
	}
	if c.DevServer.Host != "127.0.0.1" {
		t.Errorf("without a word /metrics is on %s", c.DevServer.Host)
	}
}

// TestPostgresOfComposeHasConnectionsForBothReplicas counts them, with those of migrations.
func TestPostgresOfComposeHasConnectionsForBothReplicas(t *testing.T) {
	project := mustLoadCompose(t)
	if command := project.Services["postgres"].Command; !slices.Contains(command, "max_connections=100") {
		t.Fatalf("PostgreSQL is started by %q", command)
	}
	const migrations, others, reserved = 2, 20, 3
	if need := 2*(loadAsImage(t, project.Services["seckill-a"]).Postgres.MaxConns+migrations) + others + reserved; need > 100 {
		t.Errorf("%d connections are needed, and there are 100", need)
	}
}

func TestPrometheusOfComposeWatchesBothReplicas(t *testing.T) {
	folder := t.TempDir()
	copyTo(t, root+"/deploy/compose/prometheus.yaml", folder)
	copyTo(t, rulesFile, folder) // beside it, as in the container
	if out, err := exec.CommandContext(t.Context(), program(t, "promtool"), "check", "config", filepath.Join(folder, "prometheus.yaml")).CombinedOutput(); err != nil {
		t.Errorf("promtool: %v: %s", err, out)
	}
	var prometheus struct {
		Scrape []struct {
			Job    string `yaml:"job_name"`
			Static []struct {
				Targets []string `yaml:"targets"`
			} `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	decode(t, root+"/deploy/compose/prometheus.yaml", &prometheus)
	if s := prometheus.Scrape; len(s) != 1 || s[0].Job != "seckill" || !slices.Equal(s[0].Static[0].Targets, []string{"seckill-a:6060", "seckill-b:6060"}) {
		t.Errorf("it scrapes %+v", s)
	}
}

func TestAlertmanagerOfComposeReadsItsFile(t *testing.T) {
	for _, v := range mustLoadCompose(t).Services["alertmanager"].Volumes {
		if v.Type != types.VolumeTypeBind {
			continue
		}
		if out, err := exec.CommandContext(t.Context(), program(t, "amtool"), "check-config", v.Source).CombinedOutput(); err != nil {
			t.Errorf("amtool: %v: %s", err, out)
		}
	}
}

// TestGrafanaOfComposeFindsItsSources compares what is provisioned with the services.
func TestGrafanaOfComposeFindsItsSources(t *testing.T) {
	project := mustLoadCompose(t)
	var provisioned struct {
		Datasources []struct {
			UID  string `yaml:"uid"`
			Type string `yaml:"type"`
			URL  string `yaml:"url"`
		} `yaml:"datasources"`
	}
	decode(t, root+"/deploy/compose/grafana/datasources/seckill.yaml", &provisioned)
	for _, source := range provisioned.Datasources {
		host, _, _ := strings.Cut(strings.TrimPrefix(source.URL, "http://"), ":")
		if _, found := project.Services[host]; !found || source.UID != source.Type {
			t.Errorf("%+v leads to no service, or has another UID than the dashboards know", source)
		}
	}
	var dashboards struct {
		Providers []struct {
			Options struct {
				Path string `yaml:"path"`
			} `yaml:"options"`
		} `yaml:"providers"`
	}
	decode(t, root+"/deploy/compose/grafana/dashboards/seckill.yaml", &dashboards)
	mounted := slices.ContainsFunc(project.Services["grafana"].Volumes, func(v types.ServiceVolumeConfig) bool {
		return v.Target == dashboards.Providers[0].Options.Path && strings.HasSuffix(v.Source, "/deploy/grafana")
	})
	if !mounted {
		t.Errorf("no dashboards are at %+v", dashboards.Providers)
	}
}

// decode reads a file of YAML.
func decode(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// copyTo copies a file into a folder.
func copyTo(t *testing.T, file, folder string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, filepath.Base(file)), text, 0o600); err != nil {
		t.Fatal(err)
	}
}
