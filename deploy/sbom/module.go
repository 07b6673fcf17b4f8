package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
)

// module is one that the binary holds.
type module struct {
	path, version string
	sum           string // as go.sum has it; "" of the standard library
	licence       string // by SPDX
	direct        bool   // go.mod asks for it itself
}

// standardLibrary is the name of Go's own packages in lists of modules.
const standardLibrary = "std"

// listed is what `go list -m -json` says of a module.
type listed struct {
	Path     string  `json:"Path"`
	Version  string  `json:"Version"`
	Dir      string  `json:"Dir"`
	Indirect bool    `json:"Indirect"`
	Replace  *listed `json:"Replace"`
}

// modulesOf returns the modules of a binary, ordered by path, with their licences. The go
// command has to find them in its cache.
func modulesOf(ctx context.Context, info *debug.BuildInfo) ([]module, error) {
	known, err := listModules(ctx)
	if err != nil {
		return nil, err
	}
	modules := []module{{path: standardLibrary, version: strings.TrimPrefix(info.GoVersion, "go"), licence: "BSD-3-Clause"}}
	var problems []error
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			dep = dep.Replace
		}
		at, found := known[dep.Path]
		if !found || at.Dir == "" {
			problems = append(problems, fmt.Errorf("%s: not in go's cache of modules", dep.Path))
			continue
		}
		licence, err := licenceIn(at.Dir)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", dep.Path, err))
			continue
		}
		modules = append(modules, module{path: dep.Path, version: dep.Version, sum: dep.Sum, licence: licence, direct: !at.Indirect})
	}
	slices.SortFunc(modules, func(a, b module) int { return strings.Compare(a.path, b.path) })
	return modules, errors.Join(problems...)
}

// listModules returns the modules that go.mod leads to, by path.
func listModules(ctx context.Context) (map[string]listed, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-mod=readonly", "-json=Path,Version,Dir,Indirect,Replace", "all").Output()
	if failure, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("go list: %w: %s", err, failure.Stderr)
	}
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	known := map[string]listed{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var m listed
		err := decoder.Decode(&m)
		if errors.Is(err, io.EOF) {
			return known, nil
		}
		if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		known[m.Path] = m
		if m.Replace != nil {
			known[m.Replace.Path] = listed{Path: m.Replace.Path, Version: m.Replace.Version, Dir: m.Replace.Dir, Indirect: m.Indirect}
		}
	}
}
