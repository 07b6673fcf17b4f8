package reference

import "seckill/internal/preflight"

// AreaChecks are the checks of one area.
type AreaChecks struct {
	Area  string
	Table string
}

// preflightTables make a table of the checks of each area, in their order.
func preflightTables() []AreaChecks {
	var areas []AreaChecks
	rows := map[preflight.Area][][]string{}
	for _, c := range preflight.Checks() {
		if rows[c.Area] == nil {
			areas = append(areas, AreaChecks{Area: string(c.Area)})
		}
		rows[c.Area] = append(rows[c.Area], []string{quoted(c.Code), string(c.Level), c.Name, c.Expected, c.Impact, quoted(c.Action)})
	}
	for i := range areas {
		areas[i].Table = tableOf([]string{"code", "at worst", "name", "expected", "if not", "action"}, rows[preflight.Area(areas[i].Area)])
	}
	return areas
}
