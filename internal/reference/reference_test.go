package reference

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seckill/internal/ctl"
)

const root = "../.."

func api(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPagesAreFresh(t *testing.T) {
	data, err := collect(root, api(t), ctl.Tree())
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range languages {
		for _, name := range pageNames {
			want, err := render(language, name, data)
			if err != nil {
				t.Fatal(err)
			}
			page := filepath.Join(root, "docs", language, "reference", name+".md")
			if got, err := os.ReadFile(page); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is not what make gen makes: %v", page, err)
			}
		}
	}
}

func TestKeysHaveDefaultsAndMeanings(t *testing.T) {
	sections, err := Sections(filepath.Join(root, "internal", "config"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, section := range sections {
		for _, key := range section.Keys {
			found[key.Path] = key.Default
			if key.Meaning == "" || key.Default == "" || strings.Contains(key.Meaning, "..") {
				t.Errorf("%s: default %q, meaning %q", key.Path, key.Default, key.Meaning)
			}
		}
	}
	for path, preset := range map[string]string{
		"Redis.Addr": "required", "Redis.MasterName": "none", "Redis.TLS.Enabled": "false", "Redis.Mode": "none",
		"Postgres.MaxConns": "16", "Consumer.Retention": "168h", "Shutdown.Drain": "5s", "IdleTimeout": "120s", "DevStack.Dir": "../.dev",
	} {
		if found[path] != preset {
			t.Errorf("default of %s = %q, want %q", path, found[path], preset)
		}
	}
}

func TestCodesHaveStatusesAndMeanings(t *testing.T) {
	codes, err := Codes(filepath.Join(root, "internal", "seckill", "error.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, code := range codes {
		found[code.Name] = code.Status
	}
	for name, status := range map[string]int{"SOLD_OUT": 409, "NOT_LOADED": 503, "INTERNAL": 500, "RATE_LIMITED": 429, "RESULT_NOT_FOUND": 404} {
		if found[name] != status {
			t.Errorf("status of %s = %d, want %d", name, found[name], status)
		}
	}
	path := filepath.Join(t.TempDir(), "error.go")
	if err := os.WriteFile(path, []byte("package x\nconst A Code = \"A\""), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Codes(path); err == nil {
		t.Error("a code without a meaning is taken")
	}
}

func TestMetricsAreRead(t *testing.T) {
	all, err := Metrics()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	for _, m := range all {
		kinds[m.Name+"{"+m.Labels+"}"] = m.Kind
		if m.Meaning == "" {
			t.Errorf("%s has no meaning", m.Name)
		}
	}
	for name, kind := range map[string]string{
		"seckill_entries_total{product,outcome}": "counter", "seckill_entry_seconds{}": "histogram",
		"seckill_stock{product,place}": "gauge", "seckill_redis_up{}": "gauge",
	} {
		if kinds[name] != kind {
			t.Errorf("%s is a %q, want a %s", name, kinds[name], kind)
		}
	}
}

func TestChecksAreListedByArea(t *testing.T) {
	var areas []string
	for _, area := range preflightTables() {
		areas = append(areas, area.Area)
		if !strings.Contains(area.Table, "| `"+strings.ToUpper(area.Area)+"_") {
			t.Errorf("no check of %s in\n%s", area.Area, area.Table)
		}
	}
	if got := strings.Join(areas, " "); got != "redis postgres service product" {
		t.Errorf("areas: %s", got)
	}
}

func TestRoutesHaveTheirRolesAndErrors(t *testing.T) {
	tags, err := Tags(api(t))
	if err != nil {
		t.Fatal(err)
	}
	table := routeTable(tags)
	for _, row := range []string{
		"| `POST /api/v1/orders/:orderId/pay` | bff, operator | ",
		"| `GET /admin/v1/streams` | viewer, operator | ",
		"| `GET /healthz` | open to all | ",
		"| `PRODUCT_NOT_FOUND`, `SOLD_OUT`, `LIMIT_REACHED`, `NOT_STARTED`, `ENDED`, `PAUSED`, `RATE_LIMITED`, `NOT_LOADED`, `OVERLOADED` |",
	} {
		if !strings.Contains(table, row) {
			t.Errorf("no %s in\n%s", row, table)
		}
	}
}
