package main

import (
	"net/url"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// Names of variables.
const (
	sourceVariable  = "datasource"
	tracesVariable  = "traces"
	jobVariable     = "job"
	productVariable = "product"
	urlVariable     = "seckill_url" // as the rules of Prometheus call it
)

// What is chosen to begin with, as deploy/compose provisions it.
const (
	defaultSource = "prometheus"
	defaultTraces = "jaeger"
	defaultURL    = "http://127.0.0.1:8888"
)

// metrics is the data source of all queries, which the reader chooses.
func metrics() common.DataSourceRef {
	return common.DataSourceRef{Type: new("prometheus"), Uid: new("${" + sourceVariable + "}")}
}

// variables are those of a dashboard, in the order in which they are chosen.
func (p page) variables() []cog.Builder[dashboard.VariableModel] {
	all := []cog.Builder[dashboard.VariableModel]{
		chosenSource(sourceVariable, "prometheus", "Data source", defaultSource),
		asked(jobVariable, "Deployment", "label_values(seckill_build_info, job)", dashboard.VariableSortAlphabeticalAsc),
	}
	if p.ofProduct { // the newest, which has the highest number, first
		all = append(all, asked(productVariable, "Product", `label_values(seckill_product_info{job="$job"}, product)`, dashboard.VariableSortNumericalDesc))
	}
	service := dashboard.NewTextBoxVariableBuilder(urlVariable).Label("URL of the service").
		DefaultValue(dashboard.StringOrMap{String: new(defaultURL)}).Current(option(defaultURL))
	return append(all, chosenSource(tracesVariable, "jaeger", "Traces", defaultTraces), service)
}

func chosenSource(name, plugin, label, uid string) cog.Builder[dashboard.VariableModel] {
	return dashboard.NewDatasourceVariableBuilder(name).Label(label).Type(plugin).Current(option(uid))
}

// asked is a variable whose values Prometheus knows. They are asked for again with each
// refresh, so that a new product can be chosen.
func asked(name, label, query string, order dashboard.VariableSort) cog.Builder[dashboard.VariableModel] {
	return dashboard.NewQueryVariableBuilder(name).Label(label).Datasource(metrics()).
		Query(dashboard.StringOrMap{String: &query}).Definition(query).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(order)
}

func option(value string) dashboard.VariableOption {
	text := dashboard.StringOrArrayOfString{String: &value}
	return dashboard.VariableOption{Text: text, Value: text}
}

// links are those of a panel: to its runbooks, in the console, for a browser has no token to
// show to the API; and to traces.
func (p panel) links(runbooks []string) []dashboard.DashboardLink {
	var all []dashboard.DashboardLink
	for _, name := range runbooks {
		all = append(all, link("Runbook "+name, "${"+urlVariable+"}/console/#/runbooks/"+name))
	}
	if p.traces {
		all = append(all, link("Traces", tracesURL()))
	}
	return all
}

// link leads to an address, in a tab of its own.
func link(title, address string) dashboard.DashboardLink {
	return dashboard.DashboardLink{
		Title: title, Type: dashboard.DashboardLinkTypeLink, Icon: "external link", Url: &address, Tags: []string{}, TargetBlank: true,
	}
}

// tracesURL opens Grafana's Explore on the traces of the service.
func tracesURL() string {
	const panes = `{"a":{"datasource":"SOURCE","queries":[{"refId":"A","datasource":{"type":"jaeger","uid":"SOURCE"},` +
		`"queryType":"search","service":"seckill","limit":20}],"range":{"from":"now-15m","to":"now"}}}`
	escaped := strings.ReplaceAll(url.QueryEscape(panes), "SOURCE", "${"+tracesVariable+"}")
	return "/explore?schemaVersion=1&panes=" + escaped
}
