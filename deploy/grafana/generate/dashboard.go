package main

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// tag is what the dashboards find each other by.
const tag = "seckill"

// schemaVersion is that of Grafana 11. Newer ones bring what they read up to theirs.
const schemaVersion = 39

// page is a dashboard, in the words of whoever writes it.
type page struct {
	file, uid, title string
	text             string
	ofProduct        bool // a product is chosen
	rows             []row
}

// row is panels under a heading.
type row struct {
	title  string
	panels []panel
}

// build makes the dashboard as Grafana has it. Panels stand from left to right, those of a
// row under each other once its 24 columns are full.
func (p page) build(books runbooks) (dashboard.Dashboard, error) {
	made := dashboard.NewDashboardBuilder(p.title).Uid(p.uid).Description(p.text).Tags([]string{tag}).Readonly().
		Refresh("5s").Time("now-15m", "now").Timezone("browser").Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Timepicker(dashboard.NewTimePickerBuilder().RefreshIntervals([]string{"5s", "10s", "30s", "1m", "5m"})).
		Variables(p.variables()).Links(navigation())
	if p.ofProduct {
		made.Annotations(window())
	}
	id := uint32(0)
	for _, r := range p.rows {
		id++
		made.WithRow(dashboard.NewRowBuilder(r.title).Id(id))
		for _, one := range r.panels {
			id++
			names := books.of(p.title, one)
			if len(names) == 0 {
				return dashboard.Dashboard{}, fmt.Errorf("panel %s has no runbook", one.title)
			}
			built, err := one.build(id, names)
			if err != nil {
				return dashboard.Dashboard{}, fmt.Errorf("panel %s: %w", one.title, err)
			}
			made.WithPanel(ready[dashboard.Panel]{built})
		}
	}
	d, err := made.Build()
	d.SchemaVersion = schemaVersion
	return d, err
}

// ready is what is built already.
type ready[T any] struct{ made T }

// Build implements cog.Builder.
func (r ready[T]) Build() (T, error) { return r.made, nil }

// navigation are the links above the panels: to the other dashboards, and to the console.
func navigation() []cog.Builder[dashboard.DashboardLink] {
	return []cog.Builder[dashboard.DashboardLink]{
		ready[dashboard.DashboardLink]{dashboard.DashboardLink{
			Title: "Dashboards", Type: dashboard.DashboardLinkTypeDashboards, Tags: []string{tag}, IncludeVars: true, KeepTime: true,
		}},
		ready[dashboard.DashboardLink]{link("Console", "${"+urlVariable+"}/console/")},
	}
}

// window marks the start and the end of a sale in every graph.
func window() []cog.Builder[dashboard.AnnotationQuery] {
	var all []cog.Builder[dashboard.AnnotationQuery]
	for _, edge := range []struct{ name, colour string }{{"start", green}, {"end", red}} {
		expr := fmt.Sprintf("1000 * max(seckill_sale_%s_timestamp_seconds{SALE})", edge.name)
		title, source := "The "+edge.name+" of the sale", metrics()
		all = append(all, ready[dashboard.AnnotationQuery]{dashboard.AnnotationQuery{
			Name: title, Datasource: &source, Enable: true, IconColor: edge.colour, Expr: new(selectors.Replace(expr)),
			UseValueForTime: new(true), TitleFormat: &title,
		}})
	}
	return all
}
