package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// kind is how a panel is drawn.
type kind int

const (
	graph  kind = iota // lines over time
	area               // stacked: the parts of a whole over time
	number             // the last value
	name               // the legend of the last value
	states             // a bar over time for each series, coloured by words
	table              // a line for each product
)

// panel is one of a dashboard, in the words of whoever writes it.
type panel struct {
	title string
	text  string // what it shows, for the reader
	kind  kind
	unit  string

	width, height uint32 // 24 are the whole width

	queries  []query
	limits   limits
	words    words
	none     string   // shown where there is nothing
	runbooks []string // beside those of the alerts that name it
	traces   bool     // it links to traces
}

// query is a query in PromQL. {SALE and {JOB stand for the begin of a selector: of the
// product that is chosen, and of the deployment.
type query struct {
	expr   string
	legend string // in a table the name of the column; "" = not shown

	// Of this series, where it differs from the others of the panel.
	unit   string
	limits limits
	words  words
}

// selectors are what stands for the begin of a selector.
var selectors = strings.NewReplacer("{SALE", `{job="$job",product="$product"`, "{JOB", `{job="$job"`)

// build makes the panel as Grafana has it.
func (p panel) build(id uint32, runbooks []string) (dashboard.Panel, error) {
	made, err := p.drawn().Build()
	if err != nil {
		return dashboard.Panel{}, err
	}
	made.Id, made.Title, made.Description = &id, &p.title, &p.text
	made.GridPos = &dashboard.GridPos{W: p.width, H: p.height}
	source := metrics()
	made.Datasource = &source
	made.Interval = new("5s") // as it is scraped
	for i, q := range p.queries {
		target, err := q.build(refID(i), p.kind)
		if err != nil {
			return dashboard.Panel{}, err
		}
		made.Targets = append(made.Targets, target)
	}
	made.Links = p.links(runbooks)
	if made.FieldConfig == nil {
		made.FieldConfig = dashboard.NewFieldConfigSource()
	}
	p.configure(&made.FieldConfig.Defaults)
	made.FieldConfig.Overrides = p.overrides()
	return made, nil
}

// refID names a query of a panel: A, B, …
func refID(i int) string { return string([]byte{byte('A' + i%26)}) }

// configure says how values look.
func (p panel) configure(defaults *dashboard.FieldConfig) {
	defaults.Unit = &p.unit
	defaults.Mappings = p.words.mappings()
	defaults.Thresholds = p.limits.thresholds()
	if p.none != "" {
		defaults.NoValue = &p.none
	}
	if p.kind == area || p.kind == graph && p.limits.base != red {
		defaults.Min = new(float64)
	}
}

// drawn is the panel of its kind, without what all kinds have.
func (p panel) drawn() cog.Builder[dashboard.Panel] {
	switch p.kind {
	case number, name:
		return p.asNumber()
	case states:
		return statetimeline.NewPanelBuilder().ShowValue(common.VisibilityModeNever).FillOpacity(80).MergeValues(true).
			InsertNullsThreshold(60_000). // milliseconds: what is seen no more ends
			Legend(common.NewVizLegendOptionsBuilder().DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom).ShowLegend(true)).
			ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds))
	case table:
		return p.asTable()
	default:
		return p.asGraph()
	}
}

func (p panel) asNumber() cog.Builder[dashboard.Panel] {
	text := common.BigValueTextModeAuto
	if p.kind == name {
		text = common.BigValueTextModeName
	}
	return stat.NewPanelBuilder().TextMode(text).GraphMode(common.BigValueGraphModeNone).ColorMode(common.BigValueColorModeValue).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds))
}

func (p panel) asGraph() cog.Builder[dashboard.Panel] {
	made := timeseries.NewPanelBuilder().ShowPoints(common.VisibilityModeNever).LineWidth(1).FillOpacity(8).
		Legend(common.NewVizLegendOptionsBuilder().DisplayMode(common.LegendDisplayModeTable).Placement(common.LegendPlacementBottom).
			ShowLegend(true).Calcs([]string{"lastNotNull", "max"})).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending))
	if p.kind == area {
		made.FillOpacity(40).Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal))
	}
	if len(p.limits.steps) > 0 {
		made.ThresholdsStyle(common.NewGraphThresholdsStyleConfigBuilder().Mode(common.GraphThresholdsStyleModeDashed))
	}
	return made
}

// build makes the query as Grafana has it.
func (q query) build(refID string, of kind) (prometheus.Dataquery, error) {
	made := prometheus.NewDataqueryBuilder().RefId(refID).Datasource(metrics()).EditorMode(prometheus.QueryEditorModeCode).
		Expr(selectors.Replace(q.expr)).LegendFormat(q.legend)
	switch of {
	case table:
		made.Format(prometheus.PromQueryFormatTable).Instant().LegendFormat("")
	case number, name: // of a range it would be the last value that there was, seen or not any more
		made.Instant()
	default:
		made.Range()
	}
	built, err := made.Build()
	if err != nil {
		return prometheus.Dataquery{}, err
	}
	query, ok := built.(prometheus.Dataquery)
	if !ok {
		return prometheus.Dataquery{}, fmt.Errorf("a query is a %T", built)
	}
	return query, nil
}

// overrides say of single series what differs. A unit of its own has an axis of its own.
func (p panel) overrides() []dashboard.DashboardFieldConfigSourceOverrides {
	if p.kind == table {
		return p.columns()
	}
	all := []dashboard.DashboardFieldConfigSourceOverrides{}
	for _, q := range p.queries {
		if q.unit != "" {
			all = append(all, override(q.legend, property("unit", q.unit), property("custom.axisPlacement", "right"),
				property("custom.fillOpacity", 0), property("custom.thresholdsStyle", map[string]string{"mode": "off"})))
		}
	}
	return all
}

// override is of the series or the column of a name.
func override(name string, properties ...dashboard.DynamicConfigValue) dashboard.DashboardFieldConfigSourceOverrides {
	return dashboard.DashboardFieldConfigSourceOverrides{
		Matcher: dashboard.MatcherConfig{Id: "byName", Options: name}, Properties: properties,
	}
}

func property(id string, value any) dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: id, Value: value}
}

// thresholds are the limits as Grafana has them; nothing is coloured without any.
func (l limits) thresholds() *dashboard.ThresholdsConfig {
	made := &dashboard.ThresholdsConfig{Mode: dashboard.ThresholdsModeAbsolute, Steps: []dashboard.Threshold{{Color: l.base}}}
	if l.base == "" {
		made.Steps[0].Color = "text"
	}
	for _, s := range l.steps {
		made.Steps = append(made.Steps, dashboard.Threshold{Value: &s.from, Color: s.colour})
	}
	return made
}

// mappings are the words as Grafana has them.
func (w words) mappings() []dashboard.ValueMapping {
	if w == nil {
		return nil
	}
	options := map[string]dashboard.ValueMappingResult{}
	var index int32
	for _, value := range slices.Sorted(maps.Keys(w)) {
		options[strconv.Itoa(value)] = dashboard.ValueMappingResult{
			Text: new(w[value].text), Color: new(w[value].colour), Index: new(index),
		}
		index++
	}
	return []dashboard.ValueMapping{{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText, Options: options}}}
}
