package chart

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"seckill/internal/config"
)

// secrets are what the Secret of the tests holds, by the variable that each comes in.
var secrets = map[string]string{
	"SECKILL_ACCESS_SECRET":           "0123456789abcdef0123456789abcdef",
	"SECKILL_PREVIOUS_SECRET":         "fedcba9876543210fedcba9876543210",
	"SECKILL_POSTGRES":                "postgres://seckill:p%40ss@postgres:5432/product_db",
	"SECKILL_POSTGRES_MIGRATE":        "postgres://owner:p@postgres:5432/product_db",
	"SECKILL_POSTGRES_READ":           "postgres://seckill:p@standby:5432/product_db",
	"SECKILL_REDIS_PASSWORD":          `a: b # c"$`,
	"SECKILL_REDIS_SENTINEL_PASSWORD": "sentinels",
}

// variables are the names of the environment of the service's container.
func variables(d *appsv1.Deployment) (names []string) {
	for _, e := range d.Spec.Template.Spec.Containers[0].Env {
		names = append(names, e.Name)
	}
	return names
}

// configFile is the configuration that is mounted.
func configFile(t *testing.T, all objects) string {
	t.Helper()
	pod := deployment(t, all).Spec.Template.Spec
	mount := pod.Containers[0].VolumeMounts[0]
	if mount.MountPath != "/etc/seckill/seckill.yaml" || pod.Volumes[0].Name != mount.Name {
		t.Fatalf("the configuration of %+v is mounted at %+v", pod.Volumes[0], mount)
	}
	return get[*corev1.ConfigMap](t, all, "ConfigMap "+pod.Volumes[0].ConfigMap.Name).Data[mount.SubPath]
}

// loadConfig loads the configuration as the service does, in the environment of its container.
func loadConfig(t *testing.T, all objects) config.Config {
	t.Helper()
	for _, name := range variables(deployment(t, all)) {
		value, known := secrets[name]
		if name == "POD_NAME" {
			value, known = "seckill-5d8f-x2x", true
		}
		if !known {
			t.Errorf("the container has a variable %s", name)
		}
		t.Setenv(name, value)
	}
	file := filepath.Join(t.TempDir(), "seckill.yaml")
	if err := os.WriteFile(file, []byte(configFile(t, all)), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTheServiceReadsItsConfiguration loads that of every case, in an environment in which
// nothing else is set.
func TestTheServiceReadsItsConfiguration(t *testing.T) {
	for name, over := range cases {
		t.Run(name, func(t *testing.T) {
			all := decode(t, mustRender(t, over))
			if c := loadConfig(t, all); c.Consumer.Instance != "seckill-5d8f-x2x" {
				t.Errorf("the replica is named %q", c.Consumer.Instance)
			}
		})
	}
}

// TestEveryVariableIsRead compares the environment of the container with what the file refers to.
func TestEveryVariableIsRead(t *testing.T) {
	for name, over := range cases {
		all := decode(t, mustRender(t, over))
		var read []string
		for _, found := range regexp.MustCompile(`\$\{(\w+)`).FindAllStringSubmatch(configFile(t, all), -1) {
			read = append(read, found[1])
		}
		given := variables(deployment(t, all))
		slices.Sort(read)
		slices.Sort(given)
		if !slices.Equal(slices.Compact(read), given) {
			t.Errorf("%s: the file reads %v, and the container has %v", name, read, given)
		}
	}
}

func TestValuesReachTheService(t *testing.T) {
	c := loadConfig(t, decode(t, mustRender(t, cases["everything"])))
	if want := []int64{1001, 9007199254740991, 9223372036854775807}; !slices.Equal(c.Products, want) {
		t.Errorf("Products %v, want %v", c.Products, want)
	}
	if c.Auth.AccessSecret != secrets["SECKILL_ACCESS_SECRET"] || c.Auth.PreviousSecret != secrets["SECKILL_PREVIOUS_SECRET"] || c.Auth.AccessExpire != 3600 {
		t.Errorf("Auth %+v", c.Auth)
	}
	if c.Postgres.DataSource != secrets["SECKILL_POSTGRES"] || c.Postgres.MigrateSource != secrets["SECKILL_POSTGRES_MIGRATE"] ||
		c.Postgres.ReadSource != secrets["SECKILL_POSTGRES_READ"] || c.Postgres.MaxConns != 16 {
		t.Errorf("Postgres %+v", c.Postgres)
	}
	wantRedis := config.Redis{
		Addr: "a:26379, b:26380", Mode: "sentinel", MasterName: "sale", Username: "seckill", Password: secrets["SECKILL_REDIS_PASSWORD"],
		SentinelUsername: "looker", SentinelPassword: "sentinels", DB: 2, ReadTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second,
	}
	if c.Redis != wantRedis {
		t.Errorf("Redis %+v, want %+v", c.Redis, wantRedis)
	}
	if c.Consumer.Count != 1000 || c.Admission.PerUserPerSecond != 20 || c.Console.Enabled || c.Telemetry.Sampler != 0.01 {
		t.Errorf("%+v", c)
	}
}

// TestTheDefaultsAreThoseOfTheService: what values.yaml shows of the configuration is what the
// service has by itself, but for what a pod needs.
func TestTheDefaultsAreThoseOfTheService(t *testing.T) {
	got := loadConfig(t, decode(t, mustRender(t)))
	file := filepath.Join(t.TempDir(), "seckill.yaml")
	text := "Redis: {Addr: 'redis:6379'}\nPostgres: {DataSource: '" + secrets["SECKILL_POSTGRES"] + "'}\nAuth: {AccessSecret: " + secrets["SECKILL_ACCESS_SECRET"] + "}\n" +
		"Consumer: {Instance: seckill-5d8f-x2x}\nDevServer: {Host: 0.0.0.0}\nLog: {Stat: false}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	want, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the chart has\n%+v\nand the service\n%+v", got, want)
	}
}

// schema is a part of values.schema.json.
type schema struct {
	Type                 any               `json:"type"`
	Ref                  string            `json:"$ref"`
	Properties           map[string]schema `json:"properties"`
	AdditionalProperties any               `json:"additionalProperties"`
	Minimum              *int              `json:"minimum"`
	Maximum              *int              `json:"maximum"`
	Definitions          map[string]schema `json:"definitions"`
}

func readSchema(t *testing.T) (s schema) {
	t.Helper()
	text, err := os.ReadFile(root + "/" + Folder + "/values.schema.json")
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// keysOf are the keys of a section of the service's configuration, as its loader names them.
func keysOf(of reflect.Type) map[string]reflect.Type {
	keys := map[string]reflect.Type{}
	for f := range of.Fields() {
		if f.Anonymous {
			maps.Copy(keys, keysOf(f.Type))
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		keys[name] = f.Type
	}
	return keys
}

// TestTheSchemaKnowsTheKeysOfTheService, each and no other, in every section that is ours.
func TestTheSchemaKnowsTheKeysOfTheService(t *testing.T) {
	top, configured := keysOf(reflect.TypeFor[config.Config]()), readSchema(t).Properties["config"]
	ours := map[string]bool{}
	for f := range reflect.TypeFor[config.Config]().Fields() {
		ours[f.Name] = !f.Anonymous && f.Name != "DevStack" // private servers are for development
	}
	for key, section := range configured.Properties {
		of, known := top[key]
		if !known {
			t.Errorf("the schema has config.%s, which the service does not read", key)
			continue
		}
		if ours[key] && of.Kind() == reflect.Struct {
			compareSection(t, key, of, section)
		}
	}
	for key := range ours {
		if _, found := configured.Properties[key]; ours[key] && !found {
			t.Errorf("the service reads %s, and the schema does not know config.%s", key, key)
		}
	}
}

func compareSection(t *testing.T, path string, of reflect.Type, section schema) {
	t.Helper()
	keys := keysOf(of)
	if path == "Shutdown" { // go-zero's section of the same name goes on in it
		keys["WrapUpTime"], keys["WaitTime"] = reflect.TypeFor[time.Duration](), reflect.TypeFor[time.Duration]()
	}
	if got, want := slices.Sorted(maps.Keys(section.Properties)), slices.Sorted(maps.Keys(keys)); !slices.Equal(got, want) {
		t.Errorf("the schema has config.%s with %v, and the service reads %v", path, got, want)
	}
	if section.AdditionalProperties != false {
		t.Errorf("config.%s takes every key", path)
	}
	for key, of := range keys {
		if of.Kind() == reflect.Struct {
			compareSection(t, path+"."+key, of, section.Properties[key])
		}
	}
}

// TestTheSchemaAndTheServiceRefuseAlike tries the ends of every range of the schema on the service.
func TestTheSchemaAndTheServiceRefuseAlike(t *testing.T) {
	s := readSchema(t)
	tried := 0
	for section, keys := range s.Properties["config"].Properties {
		for key, k := range keys.Properties {
			if k.Ref != "" {
				k = s.Definitions[strings.TrimPrefix(k.Ref, "#/definitions/")]
			}
			for _, bound := range []struct {
				at   *int
				step int
			}{{k.Minimum, -1}, {k.Maximum, 1}} {
				if bound.at == nil {
					continue
				}
				tried++
				tryBound(t, section, key, *bound.at, true)
				tryBound(t, section, key, *bound.at+bound.step, false)
			}
		}
	}
	if tried < 10 {
		t.Errorf("the schema has %d ends of ranges", tried)
	}
}

// tryBound tries a number for a key on the service.
func tryBound(t *testing.T, section, key string, n int, allowed bool) {
	t.Helper()
	given := map[string]map[string]any{
		"Redis": {"Addr": "redis:6379"}, "Postgres": {"DataSource": secrets["SECKILL_POSTGRES"]},
		"Auth": {"AccessSecret": secrets["SECKILL_ACCESS_SECRET"]},
	}
	if given[section] == nil {
		given[section] = map[string]any{}
	}
	given[section][key] = n
	text, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "seckill.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(file); (err == nil) != allowed {
		t.Errorf("%s.%s: %d is allowed by the schema: %v, and the service says %v", section, key, n, allowed, err)
	}
}
