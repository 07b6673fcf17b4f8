package main

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	tables "github.com/grafana/grafana-foundation-sdk/go/table"
)

// The columns of a table that are labels.
var labelColumns = []struct{ label, name string }{{"product", "Product"}, {"status", "Status"}, {"mode", "Mode"}}

// asTable makes one line of all answers that have the same product. The column of a query is
// what Grafana calls "Value #A".
func (p panel) asTable() cog.Builder[dashboard.Panel] {
	hidden, order, names := map[string]bool{"Time": true}, map[string]int{}, map[string]string{}
	for i, column := range labelColumns {
		order[column.label], names[column.label] = i, column.name
	}
	for i, q := range p.queries {
		value := "Value #" + refID(i)
		order[value] = len(labelColumns) + i
		if q.legend == "" {
			hidden[value] = true
		} else {
			names[value] = q.legend
		}
	}
	return tables.NewPanelBuilder().ShowHeader(true).Filterable(true).
		Footer(common.NewTableFooterOptionsBuilder().Show(false).Reducer([]string{})).
		SortBy([]cog.Builder[common.TableSortByFieldState]{common.NewTableSortByFieldStateBuilder().DisplayName(labelColumns[0].name).Desc(true)}).
		WithTransformation(dashboard.DataTransformerConfig{Id: "merge", Options: map[string]any{}}).
		WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
			"excludeByName": hidden, "indexByName": order, "renameByName": names,
		}})
}

// columns say how the columns of a table look. A product's number leads to its sale.
func (p panel) columns() []dashboard.DashboardFieldConfigSourceOverrides {
	link := map[string]any{
		"title": "The sale of this product",
		"url": fmt.Sprintf("/d/%s?var-%s=${__value.raw}&${%s:queryparam}&${%s:queryparam}&${%s:queryparam}&${%s:queryparam}&${__url_time_range}",
			sale().uid, productVariable, sourceVariable, tracesVariable, jobVariable, urlVariable),
	}
	all := []dashboard.DashboardFieldConfigSourceOverrides{
		override(labelColumns[0].name, property("unit", "string"), property("links", []any{link})),
	}
	for _, q := range p.queries {
		var properties []dashboard.DynamicConfigValue
		if q.unit != "" {
			properties = append(properties, property("unit", q.unit))
		}
		if q.words != nil {
			properties = append(properties, property("mappings", q.words.mappings()))
		}
		if len(q.limits.steps) > 0 {
			properties = append(properties, property("thresholds", q.limits.thresholds()))
		}
		if q.words != nil || len(q.limits.steps) > 0 {
			properties = append(properties, property("custom.cellOptions", map[string]string{"type": "color-text"}))
		}
		if len(properties) > 0 {
			all = append(all, override(q.legend, properties...))
		}
	}
	return all
}
