package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

func TestALicenceIsKnownByItsWords(t *testing.T) {
	const bsd = "Redistribution and use in source and binary\nforms, with or without modification, are permitted"
	for _, tt := range []struct{ text, want string }{
		{"The MIT License\n\nPermission is hereby granted,\n  free of charge, to any person", "MIT"},
		{"                Apache License\n          Version 2.0, January 2004", "Apache-2.0"},
		{"Mozilla Public License Version 2.0", "MPL-2.0"},
		{bsd, "BSD-2-Clause"},
		{"Apache License Version 2.0 ... " + bsd + ". Neither the name of", "Apache-2.0 AND BSD-3-Clause"},
		{bsd + "\n * Neither the name of Google Inc. nor", "BSD-3-Clause"},
		{"Permission to use, copy, modify, and distribute this software for any purpose with or without fee is hereby granted", "ISC"},
		{"All these files have been\nput into the public domain.", publicDomain},
		{"GNU AFFERO GENERAL PUBLIC LICENSE Version 3", ""},
		{"", ""},
	} {
		if got := strings.Join(namesOf(tt.text), allOf); got != tt.want {
			t.Errorf("%.40q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestALicenceIsFoundBesideWhatIsNone(t *testing.T) {
	folder := t.TempDir()
	if _, err := licenceIn(folder); err == nil {
		t.Error("a folder without a licence has one")
	}
	if err := os.Mkdir(filepath.Join(folder, "LICENSES"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"LICENSE.docs": "of the documents", "LICENSE.libyaml": "Apache License\nVersion 2.0", "LICENSE.md": "Permission is hereby granted, free of charge"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if name, err := licenceIn(folder); err != nil || name != "Apache-2.0 AND MIT" {
		t.Errorf("licence %q, %v", name, err)
	}
}

func TestTheListHoldsEveryModule(t *testing.T) {
	info := &debug.BuildInfo{Main: debug.Module{Path: "seckill", Version: "v1.2.3"}, Settings: []debug.BuildSetting{{Key: "CGO_ENABLED", Value: "0"}}}
	modules := []module{
		{path: "example.org/a", version: "v2.0.0+incompatible", sum: "h1:x", licence: "MIT", direct: true},
		{path: standardLibrary, version: "1.26.8", licence: "BSD-3-Clause"},
	}
	text, err := document(info, modules)
	if err != nil {
		t.Fatal(err)
	}
	var list bom
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if m := list.Metadata.Component; m.Name != "seckill" || m.Version != "v1.2.3" || m.Properties[0].Name != "go:build:CGO_ENABLED" {
		t.Errorf("the program is %+v", m)
	}
	if len(list.Components) != 2 || list.Components[0].PURL != "pkg:golang/example.org/a@v2.0.0%2Bincompatible" || list.Components[0].Licences[0].Licence.ID != "MIT" {
		t.Errorf("components %+v", list.Components)
	}
	page := string(licencePage(modules))
	for _, line := range []string{"| `example.org/a` | MIT | direct |\n", "| `std` | BSD-3-Clause |  |\n"} {
		if !strings.Contains(page, line) {
			t.Errorf("the page lacks %q:\n%s", line, page)
		}
	}
}
