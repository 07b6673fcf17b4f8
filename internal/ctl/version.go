package ctl

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"seckill/internal/ctl/printer"
	"seckill/internal/health"
)

// build is what seckillctl was built from, as it is shown.
type build struct {
	Version   string `json:"version"`
	Revision  string `json:"revision"`
	GoVersion string `json:"goVersion"`
}

var buildKind = printer.Kind[build]{
	Name: "version",
	ID:   func(b build) string { return b.Version },
	Columns: []printer.Column[build]{
		{Head: "version", Value: func(b build) string { return b.Version }},
		{Head: "revision", Value: func(b build) string { return b.Revision }},
		{Head: "go", Value: func(b build) string { return b.GoVersion }},
	},
}

func (a *App) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say what seckillctl was built from",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b := build(health.ReadBuild())
			raw, err := json.Marshal(b)
			if err != nil {
				return fmt.Errorf("encode: %w", err)
			}
			return printer.One(a.printer(), buildKind, b, raw)
		},
	}
}
