package model

import (
	"strings"

	"github.com/zeromicro/go-zero/core/stores/sqlx"
)

var ErrNotFound = sqlx.ErrNotFound

// onSearchPath takes the schema off the name of a table: goctl writes the one that it saw
// into its models, "public", but the tables are wherever the search_path leads to.
func onSearchPath(table string) string { return table[strings.LastIndex(table, ".")+1:] }
