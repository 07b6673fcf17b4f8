package test

import (
	"debug/buildinfo"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestEveryModuleOfTheBinaryIsListed makes both lists of the binary, as make sbom does.
func TestEveryModuleOfTheBinaryIsListed(t *testing.T) {
	folder := t.TempDir()
	machines, page := filepath.Join(folder, "cdx.json"), filepath.Join(folder, "licences.md")
	command := exec.CommandContext(t.Context(), "go", "run", "./deploy/sbom", "-version", builtVersion, "-cyclonedx", machines, "-page", page, serviceBinary)
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(machines)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Metadata struct {
			Component struct {
				Version string `json:"version"`
			} `json:"component"`
		} `json:"metadata"`
		Components []struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if list.Metadata.Component.Version != builtVersion {
		t.Errorf("the list is of %q, not of %s", list.Metadata.Component.Version, builtVersion)
	}
	listed := map[string]string{}
	for _, c := range list.Components {
		listed[c.Name] = c.Version
	}
	info, err := buildinfo.ReadFile(serviceBinary)
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range info.Deps {
		if listed[dep.Path] != dep.Version {
			t.Errorf("%s is in the binary in version %s, and in the list in %q", dep.Path, dep.Version, listed[dep.Path])
		}
	}
	made, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadFile(root + "/docs/licences.md"); err != nil || string(kept) != string(made) {
		t.Errorf("docs/licences.md is not what make sbom writes (%v)", err)
	}
}
