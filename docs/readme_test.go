package docs

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"seckill/internal/servertest"
)

// beginning is the first line that `make run` writes; consumes and beginsWell are in the last
// two that the pages show, which roles write beside each other.
const (
	beginning  = "go run . -f etc/dev.yaml"
	consumes   = "seckill stream server started: productID=1001"
	beginsWell = "gate of product 1001 opened"
)

// beside are words of lines that come at no certain place among the others, so that no page
// shows them.
var beside = []string{"Starting dev http server", "replicas that share the products"}

// TestTheREADMEsCommands runs what a newcomer does first: `make run`, and then the commands of
// the README, which `make run` has printed. The tutorial that shows the same output is compared
// as well. What differs is a built program, a free port, and a folder of its own.
func TestTheREADMEsCommands(t *testing.T) {
	all := pages(t)
	steps := find(all, "README.md").steps(t)
	if len(steps) == 0 || steps[0].command != "make run" {
		t.Fatal("the README does not begin with make run")
	}
	made, err := exec.Command("make", "--no-print-directory", "-n", "-C", root, "run").CombinedOutput()
	if got := strings.TrimSpace(string(made)); err != nil || got != beginning {
		t.Errorf("make run is %q, %v; want %q", got, err, beginning)
	}
	s, said := newDevSession(t, steps[1].command)
	want := map[string][]string{"README.md": steps[0].output}
	for _, path := range []string{"docs/en/tutorials/first-sale.md", "docs/zh/tutorials/first-sale.md"} {
		want[path] = find(all, path).blockThatBegins(t, beginning)
	}
	for path, lines := range want {
		if got := append([]string{beginning}, said...); !alike(lines, got) {
			t.Errorf("%s: make run writes\n%s\n\nand the page has\n%s", path, strings.Join(got, "\n"), strings.Join(lines, "\n"))
		}
	}
	tokens := tokensOf(t, said)
	for _, step := range steps[1:] {
		role := "bff"
		if strings.Contains(step.command, "TOKEN=") {
			role = "operator"
		}
		step.command = regexp.MustCompile(`eyJ[\w-]*\.{3}`).ReplaceAllString(step.command, tokens[role])
		s.checkSoon("README.md", step)
	}
}

// blockThatBegins returns the lines of the block whose first one is given.
func (p *page) blockThatBegins(t *testing.T, with string) []string {
	t.Helper()
	for _, b := range p.blocks {
		if lines := strings.Split(b.text, "\n"); lines[0] == with {
			return lines
		}
	}
	t.Fatalf("%s has no block that begins with %q", p.path, with)
	return nil
}

// tokensOf returns the tokens that the service has printed, by role.
func tokensOf(t *testing.T, said []string) map[string]string {
	t.Helper()
	tokens := map[string]string{}
	for _, text := range said {
		if found := regexp.MustCompile(`^  (\w+) +(eyJ\S+)$`).FindStringSubmatch(text); found != nil {
			tokens[found[1]] = found[2]
		}
	}
	if tokens["bff"] == "" || tokens["operator"] == "" {
		t.Fatalf("no tokens in\n%s", strings.Join(said, "\n"))
	}
	return tokens
}

// checkSoon is check for a newcomer, who takes longer than the service to the next command: a
// command that only asks is repeated until its answer is that of the page.
func (s *session) checkSoon(path string, c step) {
	s.t.Helper()
	if strings.HasPrefix(c.command, "curl -s -H") || strings.HasPrefix(c.command, "api GET") {
		servertest.Eventually(s.t, fmt.Sprintf("%s:%d: $ %s\nanswers\n%s", path, c.line, c.command, strings.Join(c.output, "\n")), func() bool {
			got, code := s.run(c.command)
			return code == 0 && alike(c.output, got)
		})
		return
	}
	s.check(path, c)
}

// newDevSession runs the service as `make run` does, until the gate is open, and a shell. It
// returns what the service has written until then, with the ports of the page. add is the
// page's command that pushes an attempt; its port is that of the private Redis there.
func newDevSession(t *testing.T, add string) (*session, []string) {
	t.Helper()
	cli, err := exec.LookPath("redis-cli")
	if err != nil {
		missing(t, err)
	}
	dir, err := os.MkdirTemp("", "seckill-docs-dev-") //nolint:usetesting // PostgreSQL must reach it as another user
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, dir: dir, ports: map[string]int{}, output: make(chan string, 1000)}
	if err := os.Mkdir(filepath.Join(dir, ".bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.write(".bin/redis-cli", fmt.Sprintf("#!/bin/sh\nexec %s --no-raw \"$@\"\n", cli), 0o755) // as at a terminal
	if err := os.Symlink(binary(t)+"ctl", filepath.Join(dir, ".bin", "seckillctl")); err != nil {
		t.Fatal(err)
	}
	s.layOutDev()
	s.startDev()
	printed := regexp.MustCompile(`redis-cli -h \S+ -p (\d+)`)
	text := s.waitFor(consumes, beginsWell)
	here, there := printed.FindStringSubmatch(text), printed.FindStringSubmatch(add)
	if here == nil || there == nil {
		t.Fatalf("no command with redis-cli in %q or in\n%s", add, text)
	}
	s.ports[there[1]] = portOf(t, ":"+here[1])
	s.startShell(append(os.Environ(), "PATH="+filepath.Join(dir, ".bin")+":"+os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"))
	return s, s.said(text)
}

// said returns the lines of the service that pages show, in their order.
func (s *session) said(text string) (lines []string) {
	var last []string
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		switch has := func(words string) bool { return strings.Contains(line, words) }; {
		case slices.ContainsFunc(beside, has):
		case has(beginsWell):
			last = append(last, s.translate(line))
		default:
			lines = append(lines, s.translate(line))
		}
	}
	return append(lines, last...)
}

// layOutDev writes etc/dev.yaml with ports and a folder of this test.
func (s *session) layOutDev() {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "etc", "dev.yaml"))
	if err != nil {
		s.t.Fatal(err)
	}
	ours := strings.NewReplacer("Port: 8888", fmt.Sprintf("Port: %d", s.port("8888")), "Dir: ../.dev", "Dir: .dev").Replace(string(text))
	s.write("dev.yaml", ours+fmt.Sprintf("DevServer: {Port: %d}\n", s.port("6060")), 0o600)
}

// startDev runs the service with dev.yaml, and ends it as Ctrl-C would, so that it stops its
// private servers.
func (s *session) startDev() {
	s.t.Helper()
	log, err := os.Create(filepath.Join(s.dir, "seckill.log"))
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, binary(s.t), "-f", "dev.yaml")
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGINT) }
	command.WaitDelay = time.Minute
	command.Dir, command.Stdout, command.Stderr = s.dir, log, log
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		stop()
		_ = command.Wait()
		_ = log.Close()
		s.examine()
	})
}

// waitFor returns what the service has written once that holds the given words in a whole line.
func (s *session) waitFor(words ...string) (text string) {
	s.t.Helper()
	servertest.Eventually(s.t, fmt.Sprintf("the service writes %q", words), func() bool {
		read, err := os.ReadFile(filepath.Join(s.dir, "seckill.log"))
		text = string(read)
		missing := slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
		return err == nil && !missing && strings.HasSuffix(text, "\n")
	})
	return text
}
