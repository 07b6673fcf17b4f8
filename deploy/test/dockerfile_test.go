package test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

const dockerfile = root + "/deploy/docker/Dockerfile"

// stage is what the last stage of the Dockerfile makes of its base.
type stage struct {
	copies []copied
	config v1.Config
}

// copied is a file that the image gets.
type copied struct {
	source string // from the folder of the repository, unless it is built
	target string
	built  bool
}

// parseDockerfile parses the Dockerfile, and reports what BuildKit's linter says of its
// instructions.
func parseDockerfile(t *testing.T) (stages []instructions.Stage, arguments []instructions.ArgCommand) {
	t.Helper()
	text, err := os.ReadFile(dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range parsed.Warnings {
		t.Errorf("Dockerfile: %s", w.Short)
	}
	lint := linter.New(&linter.Config{ExperimentalAll: true, Warn: func(rule, _, _, message string, at []parser.Range) {
		t.Errorf("Dockerfile, %v: %s: %s", at, rule, message)
	}})
	stages, arguments, err = instructions.Parse(parsed.AST, lint)
	if err != nil {
		t.Fatal(err)
	}
	return stages, arguments
}

// lastStage reads the last stage of the Dockerfile. An instruction that it does not know is
// an error, as is one by which the image would need a shell.
func lastStage(t *testing.T) (last stage) {
	t.Helper()
	stages, _ := parseDockerfile(t)
	last.config.ExposedPorts = map[string]struct{}{}
	for _, command := range stages[len(stages)-1].Commands {
		switch c := command.(type) {
		case *instructions.ArgCommand, *instructions.LabelCommand: // of the build, and for who looks
		case *instructions.CopyCommand:
			last.copies = append(last.copies, copied{source: c.SourcePaths[0], target: c.DestPath, built: c.From == "build"})
		case *instructions.UserCommand:
			last.config.User = c.User
		case *instructions.ExposeCommand:
			for _, port := range c.Ports {
				last.config.ExposedPorts[port] = struct{}{}
			}
		case *instructions.HealthCheckCommand:
			last.config.Healthcheck = &v1.HealthConfig{Test: c.Health.Test, Interval: c.Health.Interval, Timeout: c.Health.Timeout}
		case *instructions.EntrypointCommand:
			if c.PrependShell {
				t.Error("the entry point needs a shell")
			}
			last.config.Entrypoint = c.CmdLine
		default:
			t.Errorf("the last stage has %s, which the tests do not know", c.Name())
		}
	}
	return last
}

func TestTheDockerfileIsAsTheImageShouldBe(t *testing.T) {
	last := lastStage(t)
	if last.config.User != "65532:65532" {
		t.Errorf("the user is %q; Kubernetes wants a number to know that it is not root", last.config.User)
	}
	check := last.config.Healthcheck
	if check == nil || check.Test[0] != "CMD" {
		t.Fatalf("the health check is %+v, not one without a shell", check)
	}
	if want := append(slices.Clone(last.config.Entrypoint), "-healthcheck"); !slices.Equal(check.Test[1:], want) {
		t.Errorf("the health check is %q, which does not read the configuration of %q", check.Test, last.config.Entrypoint)
	}
	for _, port := range []string{"8888", "6060"} {
		if _, found := last.config.ExposedPorts[port]; !found {
			t.Errorf("port %s is not exposed", port)
		}
	}
}

// TestEveryArgumentIsDeclaredAndUsed stands for the linter's rule of undefined variables, which
// needs all of BuildKit.
func TestEveryArgumentIsDeclaredAndUsed(t *testing.T) {
	text, err := os.ReadFile(dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	stages, global := parseDockerfile(t)
	for _, argument := range global {
		for _, a := range argument.Args {
			if !strings.Contains(string(text), "FROM ${"+a.Key+"}") && !strings.Contains(string(text), "BUILDPLATFORM ${"+a.Key+"}") {
				t.Errorf("no base is %s", a.Key)
			}
		}
	}
	for _, s := range stages {
		declared := map[string]bool{}
		for _, command := range s.Commands {
			source := command.(interface{ String() string }).String()
			if c, ok := command.(*instructions.ArgCommand); ok {
				for _, a := range c.Args {
					declared[a.Key] = true
				}
				continue
			}
			for _, part := range strings.Split(source, "${")[1:] {
				if name, _, _ := strings.Cut(part, "}"); !declared[name] {
					t.Errorf("%s: %s is not declared in its stage", source, name)
				}
			}
		}
	}
}

// TestTheBuildGetsWhatItReads compares .dockerignore with what go build reads.
func TestTheBuildGetsWhatItReads(t *testing.T) {
	file, err := os.Open(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	patterns, err := ignorefile.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	ignored := func(name string) bool {
		t.Helper()
		is, err := matcher.MatchesOrParentMatches(name)
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	needed := append(sources(t), "Makefile", "go.mod", "go.sum")
	for _, c := range lastStage(t).copies {
		if !c.built {
			needed = append(needed, c.source)
		}
	}
	for _, name := range needed {
		if ignored(name) {
			t.Errorf("%s is needed, and .dockerignore keeps it out", name)
		}
	}
	for _, name := range []string{".git/config", ".dev/secret", "bin/seckill", "e2e/doc.go", "internal/health/build_test.go", ".env"} {
		if !ignored(name) {
			t.Errorf("%s is not needed, and .dockerignore lets it in", name)
		}
	}
}

// sources are the files of the repository that go build reads for the program.
func sources(t *testing.T) (names []string) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=Dir,GoFiles,EmbedFiles,Module", ".")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var p struct {
			Dir        string   `json:"Dir"`
			GoFiles    []string `json:"GoFiles"`
			EmbedFiles []string `json:"EmbedFiles"`
			Module     *struct {
				Main bool   `json:"Main"`
				Dir  string `json:"Dir"`
			} `json:"Module"`
		}
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		if p.Module == nil || !p.Module.Main {
			continue
		}
		folder, err := filepath.Rel(p.Module.Dir, p.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range append(p.GoFiles, p.EmbedFiles...) {
			names = append(names, filepath.Join(folder, name))
		}
	}
	return names
}
