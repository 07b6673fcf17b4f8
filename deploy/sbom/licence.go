package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// licenceFiles are the names under which modules keep their licence, in the order in which
// they are looked for.
var licenceFiles = []string{"LICENSE*", "LICENCE*", "License*", "license*", "COPYING*"}

// publicDomain is what has no licence and needs none; SPDX has no name for it.
const publicDomain = "public domain"

// kinds are the licences that the service may be shipped with, each with words that it alone
// has among them, in lower case and with single spaces.
var kinds = []struct {
	spdx   string
	words  []string
	beside string // is not this one, which has these words and more
}{
	{"Apache-2.0", []string{"apache license", "version 2.0"}, ""},
	{"MPL-2.0", []string{"mozilla public license", "2.0"}, ""},
	{"MIT", []string{"permission is hereby granted, free of charge"}, ""},
	{"ISC", []string{"permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"}, ""},
	{"ISC", []string{"permission to use, copy, modify, and distribute this software for any purpose with or without fee"}, ""},
	{"BSD-3-Clause", []string{"redistribution and use in source and binary forms", "neither the name"}, ""},
	{"BSD-3-Clause", []string{"redistribution and use in source and binary forms", "the names of its contributors may not be used"}, ""},
	{"BSD-2-Clause", []string{"redistribution and use in source and binary forms"}, "BSD-3-Clause"},
	{"Unlicense", []string{"this is free and unencumbered software released into the public domain"}, ""},
	{publicDomain, []string{"all these files have been put into the public domain"}, ""},
}

// licenceIn returns the licences in the folder of a module by their SPDX names, as an SPDX
// expression: all of them hold, each for a part.
func licenceIn(folder string) (string, error) {
	var all []string
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
			all = append(all, namesOf(string(text))...)
		}
	}
	if len(all) == 0 {
		return "", errors.New("no licence that is known to be fit")
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), allOf), nil
}

// allOf joins licences that all hold, in SPDX expressions.
const allOf = " AND "

// namesOf returns the SPDX names of the licences in a text. One that contains another counts
// alone.
func namesOf(text string) (names []string) {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	for _, kind := range kinds {
		fits := !slices.Contains(names, kind.beside)
		for _, words := range kind.words {
			fits = fits && strings.Contains(text, words)
		}
		if fits && !slices.Contains(names, kind.spdx) {
			names = append(names, kind.spdx)
		}
	}
	return names
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
