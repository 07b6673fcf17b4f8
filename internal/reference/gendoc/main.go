// Command gendoc makes openapi.json and the generated pages of docs/*/reference from what
// goctl makes of seckill.api:
//
//	gendoc bin/openapi.json
//
// It runs in the root of the repository.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"seckill/internal/ctl"
	"seckill/internal/openapi"
	"seckill/internal/reference"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gendoc SWAGGER")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gendoc:", err)
		os.Exit(1)
	}
}

func run(swagger string) error {
	codes, err := reference.Codes(filepath.Join("internal", "seckill", "error.go"))
	if err != nil {
		return err
	}
	from, err := os.ReadFile(swagger) //nolint:gosec // the file that make names
	if err != nil {
		return fmt.Errorf("read goctl's document: %w", err)
	}
	document, err := openapi.Convert(from, reference.Names(codes))
	if err != nil {
		return err
	}
	text, err := document.Encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile("openapi.json", text, 0o644); err != nil { //nolint:gosec // a document for everybody
		return fmt.Errorf("write openapi.json: %w", err)
	}
	return reference.Write(".", text, ctl.Tree())
}
