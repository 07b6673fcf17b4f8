package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func TestMain(m *testing.M) {
	plugins.RegisterDefaultPlugins() // so that options and queries are decoded by their types
	os.Exit(m.Run())
}

// TestTheFilesAreThoseThatAreGenerated: the same rules give the same bytes.
func TestTheFilesAreThoseThatAreGenerated(t *testing.T) {
	folder := t.TempDir()
	if err := generate(rulesFile, folder); err != nil {
		t.Fatal(err)
	}
	made, committed := filesOf(t, folder), filesOf(t, outFolder)
	if len(made) != len(pages()) || len(made) != len(committed) {
		t.Errorf("%d files are made, %d are there", len(made), len(committed))
	}
	for name, text := range made {
		if !bytes.Equal(text, committed[name]) {
			t.Errorf("%s is not what is generated: make gen-dashboards", name)
		}
	}
}

func filesOf(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, file := range files {
		if all[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestTheDashboardsAreSound(t *testing.T) {
	uids := map[string]string{}
	for name, text := range filesOf(t, outFolder) {
		d, err := decode(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d.Uid == nil || d.Title == nil || uids[*d.Uid] != "" {
			t.Fatalf("%s has no UID or no title, or the UID of %s", name, uids[*d.Uid])
		}
		uids[*d.Uid] = name
		for _, problem := range problems(d) {
			t.Errorf("%s: %s", *d.Title, problem)
		}
	}
	for _, title := range []string{"Sale", "Service", "All products"} {
		if !slices.ContainsFunc(pages(), func(p page) bool { return p.title == title }) {
			t.Errorf("there is no dashboard %s, which alerts name", title)
		}
	}
}

// decode decodes a dashboard by the types of Grafana, and fails on whatever they do not know.
// Of a sound row the strict decoder returns a list of no errors, and forgets the row.
func decode(text []byte) (dashboard.Dashboard, error) {
	var strict, d dashboard.Dashboard
	err := strict.UnmarshalJSONStrict(text)
	if all, listed := errors.AsType[cog.BuildErrors](err); err != nil && (!listed || len(all) > 0) {
		return d, err
	}
	err = json.Unmarshal(text, &d)
	return d, err
}

// problems says what is wrong with a dashboard.
func problems(d dashboard.Dashboard) []string {
	var all []string
	if d.Description == nil || d.Refresh == nil || *d.Refresh != "5s" || !slices.Contains(d.Tags, tag) {
		all = append(all, "it lacks a description, a refresh of 5 s or the tag")
	}
	for _, v := range d.Templating.List {
		if v.Name == "" || v.Label == nil || *v.Label == "" {
			all = append(all, "variable "+v.Name+" has no name or no label")
		}
	}
	all = append(all, strangers(d)...)
	ids, titles := map[uint32]bool{}, map[string]bool{}
	var placed []dashboard.GridPos
	for _, one := range d.Panels {
		title, id, pos := headOf(one)
		if title == "" || titles[title] && one.Panel != nil {
			all = append(all, "two panels, or none, are called "+title)
		}
		if id == 0 || ids[id] {
			all = append(all, title+" has no ID of its own")
		}
		titles[title], ids[id] = true, true
		if why := misplaced(pos, placed); why != "" {
			all = append(all, title+" "+why)
		}
		placed = append(placed, pos)
		if one.Panel != nil {
			all = append(all, flaws(title, one.Panel)...)
		}
	}
	return all
}

func headOf(one dashboard.PanelOrRowPanel) (title string, id uint32, pos dashboard.GridPos) {
	if row := one.RowPanel; row != nil {
		return "row " + *row.Title, row.Id, *row.GridPos
	}
	p := one.Panel
	if p.Title == nil || p.Id == nil || p.GridPos == nil {
		return "", 0, pos
	}
	return *p.Title, *p.Id, *p.GridPos
}

// misplaced says why a panel stands where it must not: beyond the 24 columns of the grid, or
// over another one.
func misplaced(pos dashboard.GridPos, others []dashboard.GridPos) string {
	if pos.W == 0 || pos.H == 0 || pos.X+pos.W > 24 {
		return "stands beyond the grid"
	}
	for _, o := range others {
		if pos.X < o.X+o.W && o.X < pos.X+pos.W && pos.Y < o.Y+o.H && o.Y < pos.Y+pos.H {
			return "stands over another panel"
		}
	}
	return ""
}

// flaws says what a panel lacks.
func flaws(title string, p *dashboard.Panel) []string {
	var all []string
	lacks := func(lack bool, what string) {
		if lack {
			all = append(all, title+" "+what)
		}
	}
	lacks(p.Description == nil || !strings.HasSuffix(*p.Description, "."), "says in no sentence what it shows")
	lacks(p.FieldConfig == nil || p.FieldConfig.Defaults.Unit == nil || *p.FieldConfig.Defaults.Unit == "", "has no unit")
	lacks(p.Datasource == nil || *p.Datasource.Uid != "${datasource}", "has a data source that nobody can choose")
	lacks(len(p.Targets) == 0, "asks nothing")
	lacks(!slices.ContainsFunc(p.Links, func(l dashboard.DashboardLink) bool { return strings.Contains(*l.Url, "/runbooks/Seckill") }), "leads to no runbook")
	text, err := json.Marshal(p.Targets)
	var targets []struct {
		Expr       string `json:"expr"`
		RefID      string `json:"refId"`
		Legend     string `json:"legendFormat"`
		Format     string `json:"format"`
		Datasource struct {
			UID string `json:"uid"`
		} `json:"datasource"`
	}
	if err == nil {
		err = json.Unmarshal(text, &targets)
	}
	lacks(err != nil, "has targets that cannot be read")
	refs := map[string]bool{}
	for _, q := range targets {
		lacks(q.Expr == "" || !strings.Contains(q.Expr, "$job") && !strings.Contains(q.Expr, "SeckillWatchdog"), "asks of every deployment: "+q.Expr)
		lacks(q.Datasource.UID != "${datasource}", "asks a source that nobody can choose")
		lacks(q.RefID == "" || refs[q.RefID], "has two queries of one name")
		lacks(q.Legend == "" && q.Format != "table", "has a query without a legend: "+q.Expr)
		refs[q.RefID] = true
	}
	return all
}

// aVariable finds a variable of Grafana, but those that are its own.
var aVariable = regexp.MustCompile(`\$\{?([a-z]\w*)`)

// strangers says which variables are used and not there, or there and not used.
func strangers(d dashboard.Dashboard) []string {
	var all []string
	text, err := json.Marshal(d)
	if err != nil {
		return []string{err.Error()}
	}
	used, defined := map[string]bool{}, map[string]bool{}
	for _, found := range aVariable.FindAllStringSubmatch(string(text), -1) {
		used[found[1]] = true
	}
	for _, v := range d.Templating.List {
		defined[v.Name] = true
		if !used[v.Name] {
			all = append(all, "nothing uses variable "+v.Name)
		}
	}
	for name := range used {
		if !defined[name] {
			all = append(all, "there is no variable "+name)
		}
	}
	return all
}

func TestWhatIsNotSoundIsFound(t *testing.T) {
	text := filesOf(t, outFolder)["sale.json"]
	for what, harm := range map[string]func(d *dashboard.Dashboard){
		"says in no sentence":       func(d *dashboard.Dashboard) { d.Panels[1].Panel.Description = nil },
		"has no unit":               func(d *dashboard.Dashboard) { d.Panels[1].Panel.FieldConfig.Defaults.Unit = nil },
		"stands over another":       func(d *dashboard.Dashboard) { d.Panels[2].Panel.GridPos.X-- },
		"stands beyond the grid":    func(d *dashboard.Dashboard) { d.Panels[2].Panel.GridPos.W = 24 },
		"two panels":                func(d *dashboard.Dashboard) { d.Panels[2].Panel.Title = d.Panels[1].Panel.Title },
		"has no ID of its own":      func(d *dashboard.Dashboard) { d.Panels[2].Panel.Id = d.Panels[1].Panel.Id },
		"asks nothing":              func(d *dashboard.Dashboard) { d.Panels[1].Panel.Targets = nil },
		"leads to no runbook":       func(d *dashboard.Dashboard) { d.Panels[1].Panel.Links = nil },
		"that nobody can choose":    func(d *dashboard.Dashboard) { *d.Panels[1].Panel.Datasource.Uid = "prometheus" },
		"there is no variable":      func(d *dashboard.Dashboard) { d.Templating.List = d.Templating.List[1:] },
		"nothing uses variable":     func(d *dashboard.Dashboard) { d.Panels = d.Panels[:1]; d.Annotations.List = nil },
		"lacks a description, a re": func(d *dashboard.Dashboard) { *d.Refresh = "1m" },
	} {
		d, err := decode(text)
		if err != nil {
			t.Fatal(err)
		}
		harm(&d)
		if found := problems(d); !slices.ContainsFunc(found, func(p string) bool { return strings.Contains(p, what) }) {
			t.Errorf("%q is not found: %q", what, found)
		}
	}
	if _, err := decode(bytes.Replace(text, []byte(`"legendFormat"`), []byte(`"legend"`), 1)); err == nil {
		t.Error("a key that Grafana does not know is taken")
	}
}
