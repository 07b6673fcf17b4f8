package docs

import (
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"seckill/internal/config"
	"seckill/internal/reference"
)

// known are the names that documents may use.
type known struct {
	routes  []*regexp.Regexp
	metrics map[string]bool
	keys    map[string]bool
	words   map[string]bool // in UPPER_SNAKE
	sql     map[string]bool // tables, functions, triggers: what stands in migrations
}

// upperSnake is a word with a low line, such as a code or a state.
var upperSnake = regexp.MustCompile(`\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b`)

func readKnown(t *testing.T) *known {
	t.Helper()
	k := &known{metrics: map[string]bool{}, keys: map[string]bool{}, words: map[string]bool{}, sql: map[string]bool{}}
	text, err := os.ReadFile(filepath.Join(root, "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var api struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(text, &api); err != nil {
		t.Fatal(err)
	}
	for path, methods := range api.Paths {
		pattern := regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`)
		method := strings.ToUpper(strings.Join(slices.Collect(maps.Keys(methods)), "|"))
		if strings.Contains(method, "GET") {
			method += "|HEAD"
		}
		k.routes = append(k.routes, regexp.MustCompile(`^(?:(?:`+method+`) )?`+pattern+`$`))
	}
	all, err := reference.Metrics()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		k.metrics[m.Name] = true
	}
	k.readKeys(t)
	k.readWords(t)
	k.readMigrations(t)
	return k
}

func (k *known) readMigrations(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "migrations", "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range aMetric.FindAllString(string(text), -1) {
			k.sql[name] = true
		}
	}
}

func (k *known) readKeys(t *testing.T) {
	t.Helper()
	sections, err := reference.Sections(filepath.Join(root, "internal", "config"))
	if err != nil {
		t.Fatal(err)
	}
	keys := config.Inherited
	for _, section := range sections {
		k.keys[section.Name] = true
		keys = append(slices.Clone(keys), section.Keys...)
	}
	for _, key := range keys {
		k.keys[key.Path] = true
		if section, _, found := strings.Cut(key.Path, "."); found {
			k.keys[section] = true
		}
	}
}

// readWords takes the words of the code, of SQL and of scripts. What stands there exists.
func (k *known) readWords(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"bin", "docs", "node_modules"}, entry.Name())) {
			return filepath.SkipDir
		}
		switch cmp.Or(filepath.Ext(path), entry.Name()) {
		case ".go", ".sql", ".lua", ".api", ".yaml", "Dockerfile":
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, word := range upperSnake.FindAllString(string(text), -1) {
				k.words[word] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var (
	spoken     = regexp.MustCompile("`([^`]+)`")
	aRoute     = regexp.MustCompile(`^(?:(?:GET|HEAD|POST|PUT|DELETE|PATCH) )?/(?:api|admin)/v1/[^\s?{]*`)
	aMetric    = regexp.MustCompile(`\bseckill_\w+`)
	aKey       = regexp.MustCompile(`^(?:Redis|Postgres|Auth|Consumer|Admission|Cors|Shutdown|DevServer|DevStack|Middlewares|Log)\.[A-Z][\w.]*`)
	histograms = regexp.MustCompile(`_(?:bucket|sum|count)$`)
)

func TestNamesInTheTextExist(t *testing.T) {
	k := readKnown(t)
	for _, p := range pages(t) {
		if p.path == "CHANGELOG.md" { // tells of what was
			continue
		}
		for _, l := range p.prose {
			for _, found := range spoken.FindAllStringSubmatch(l.text, -1) {
				for _, unknown := range k.unknown(found[1]) {
					t.Errorf("%s:%d: there is no %s", p.path, l.number, unknown)
				}
			}
		}
		for _, b := range p.blocks {
			for _, found := range regexp.MustCompile(`localhost:8888(/(?:api|admin)/v1/[^\s?;|)'"]*)`).FindAllStringSubmatch(b.text, -1) {
				for _, unknown := range k.unknown(found[1]) {
					t.Errorf("%s:%d: in the block there is no %s", p.path, b.line, unknown)
				}
			}
		}
	}
}

// unknown returns the names in a piece of code that do not exist.
func (k *known) unknown(text string) []string {
	var all []string
	if route := aRoute.FindString(text); route != "" && !strings.Contains(route, "…") && !strings.Contains(route, "...") {
		if !slices.ContainsFunc(k.routes, func(r *regexp.Regexp) bool { return r.MatchString(strings.TrimSuffix(route, "/")) }) {
			all = append(all, "route "+route)
		}
	}
	if key := strings.TrimSuffix(aKey.FindString(text), "."); key != "" && !k.keys[key] {
		all = append(all, "key "+key)
	}
	for _, word := range upperSnake.FindAllString(text, -1) {
		if !k.words[word] {
			all = append(all, "code or word "+word)
		}
	}
	for _, metric := range aMetric.FindAllString(text, -1) {
		named := k.metrics[metric] || k.metrics[histograms.ReplaceAllString(metric, "")]
		if !named && regexp.MustCompile(`_(total|seconds|up|lag|pending|drift|open|stock|entries|length)$`).MatchString(metric) && !k.sql[metric] {
			all = append(all, "metric "+metric)
		}
	}
	return all
}

func TestNamesThatDoNotExistAreFound(t *testing.T) {
	k := readKnown(t)
	for text, good := range map[string]bool{
		"/api/v1/products/1001/attempts":                 true,
		"POST /api/v1/products/:productId/attempts":      true,
		"DELETE /api/v1/products/:productId/attempts":    false,
		"GET /api/v1/products/1/users/2/result?wait=10s": true,
		"/api/v1/nowhere":                                false,
		"Consumer.Count":                                 true,
		"Consumer.Counts":                                false,
		"Consumer.Count: 256":                            true,
		"Redis.TLS.CAFile":                               true,
		"Shutdown.WaitTime":                              true,
		"seckill_entries_total{outcome=\"stored\"}":      true,
		"seckill_entry_seconds_bucket":                   true,
		"seckill_entered_total":                          false,
		"seckill_logs":                                   true,
		"SOLD_OUT":                                       true,
		"SOLD_AWAY":                                      false,
		"SECKILL_ACCESS_SECRET":                          true,
	} {
		if unknown := k.unknown(text); (len(unknown) == 0) != good {
			t.Errorf("%s: unknown = %q", text, unknown)
		}
	}
}
