// Command sbom writes down what a binary of the service is made of: as CycloneDX for machines,
// and as a page of licences for people.
//
//	go run ./deploy/sbom -cyclonedx bin/seckill.cdx.json -page docs/licences.md bin/seckill
//
// The modules are those that the binary itself names, so nothing that only tests or tools need
// is among them. A module without a licence that it knows is an error.
package main

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"flag"
	"fmt"
	"os"
)

func main() {
	cyclonedx := flag.String("cyclonedx", "", "where the list for machines goes")
	version := flag.String("version", "", "of the binary, where it does not know it as a module")
	page := flag.String("page", "", "where the page of licences goes")
	flag.Parse()
	if err := run(context.Background(), flag.Arg(0), *version, *cyclonedx, *page); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

// run writes the files that are asked for, of the binary at path.
func run(ctx context.Context, path, version, cyclonedx, page string) error {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the binary: %w", err)
	}
	info.Main.Version = cmp.Or(version, info.Main.Version)
	modules, err := modulesOf(ctx, info)
	if err != nil {
		return err
	}
	list, err := document(info, modules)
	if err != nil {
		return err
	}
	for file, text := range map[string][]byte{cyclonedx: list, page: licencePage(modules)} {
		if file == "" {
			continue
		}
		if err := os.WriteFile(file, text, 0o644); err != nil { //nolint:gosec // for everybody
			return err
		}
	}
	return nil
}
