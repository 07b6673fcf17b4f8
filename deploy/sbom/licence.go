package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// licenceFiles are the names under which modules keep their licence, in the order in which
// they are looked for.
var licenceFiles = []string{"LICENSE*", "LICENCE*", "License*", "license*", "COPYING*"}

// kinds are the licences that the service may be shipped with, each with words that it alone
// has among them, in lower case and with single spaces. The first that fits is taken.
var kinds = []struct {
	spdx  string
	words []string
}{
	{"Apache-2.0", []string{"apache license", "version 2.0"}},
	{"MPL-2.0", []string{"mozilla public license", "2.0"}},
	{"MIT", []string{"permission is hereby granted, free of charge"}},
	{"ISC", []string{"permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"}},
	{"ISC", []string{"permission to use, copy, modify, and distribute this software for any purpose with or without fee"}},
	{"BSD-3-Clause", []string{"redistribution and use in source and binary forms", "neither the name"}},
	{"BSD-3-Clause", []string{"redistribution and use in source and binary forms", "the names of its contributors may not be used"}},
	{"BSD-2-Clause", []string{"redistribution and use in source and binary forms"}},
	{"Unlicense", []string{"this is free and unencumbered software released into the public domain"}},
}

// licenceIn returns the SPDX name of the licence in the folder of a module.
func licenceIn(folder string) (string, error) {
	for _, pattern := range licenceFiles {
		files, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			return "", err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				continue // a folder of licences
			}
			if name := nameOf(string(text)); name != "" {
				return name, nil
			}
		}
	}
	return "", errors.New("no licence that is known to be fit")
}

// nameOf returns the SPDX name of the licence with the given text, "" when it is not known.
func nameOf(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	for _, kind := range kinds {
		fits := true
		for _, words := range kind.words {
			fits = fits && strings.Contains(text, words)
		}
		if fits {
			return kind.spdx
		}
	}
	return ""
}

// licencePage is the page of licences. It has no versions, so that it changes when a module
// comes or goes, not whenever one is renewed.
func licencePage(modules []module) []byte {
	var page bytes.Buffer
	page.WriteString("# Licences\n\nWhat the binary of the service holds beside its own code, which is under the [MIT licence](../LICENSE). Made by\n" +
		"`make sbom`, of the modules that the binary names. A direct dependency is one that `go.mod` asks for itself;\n" +
		"[CONTRIBUTING](../CONTRIBUTING.md#direct-dependencies) says why.\n\n| module | licence | |\n|---|---|---|\n")
	for _, m := range modules {
		direct := ""
		if m.direct {
			direct = "direct"
		}
		fmt.Fprintf(&page, "| `%s` | %s | %s |\n", m.path, m.licence, direct)
	}
	return page.Bytes()
}
