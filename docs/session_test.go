package docs

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"seckill/internal/auth"
	"seckill/internal/devstack"
	"seckill/internal/servertest"
)

const (
	// secret signs the tokens of the pages.
	secret = "a secret of the documents, 32 bytes long or more"
	// commandTime bounds one command of a page.
	commandTime = time.Minute
	// endMark ends the output of a command; its exit code follows.
	endMark = "\x01end of command "
)

// raceFlags build the service with the race detector where the tests have it.
var raceFlags []string

// built is the service, built once for all pages.
var built struct {
	once sync.Once
	path string
	err  error
}

// binary returns the path of the service; seckillctl is beside it.
func binary(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		var dir string
		dir, built.err = os.MkdirTemp("", "seckill-docs-") //nolint:usetesting // it outlives the test that is first
		if built.err != nil {
			return
		}
		built.path = filepath.Join(dir, "seckill")
		args := append([]string{"build", "-buildvcs=false", "-o", dir + "/"}, raceFlags...)
		command := exec.Command("go", append(args, ".", "./cmd/seckillctl")...)
		command.Dir = root
		if out, err := command.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// session is the shell in which the commands of one page run, with servers of its own.
type session struct {
	t      *testing.T
	dir    string
	ports  map[string]int // what the page writes, and what it is here
	shell  *exec.Cmd
	stdin  io.Writer
	output chan string
}

// newSession starts servers, the service unless the page starts its own, and a shell.
func newSession(t *testing.T, withService bool) *session {
	t.Helper()
	s := &session{t: t, dir: t.TempDir(), ports: map[string]int{}, output: make(chan string, 1000)}
	redis, dsn := servertest.Redis(t), servertest.EmptyDatabase(t)
	s.ports["6379"] = portOf(t, redis.Addr())
	s.ports["5432"] = portOf(t, regexp.MustCompile(`127\.0\.0\.1:\d+|localhost:\d+`).FindString(dsn))
	s.layOut(redis, dsn)
	env := s.environment(redis, dsn)
	if withService {
		s.startService(env)
	}
	s.startShell(env)
	return s
}

func portOf(t *testing.T, addr string) int {
	t.Helper()
	port, err := strconv.Atoi(addr[strings.LastIndex(addr, ":")+1:])
	if err != nil {
		t.Fatalf("no port in %q", addr)
	}
	return port
}

// layOut makes the folder of the page: the program, migrations, and seckill.yaml.
func (s *session) layOut(redis *devstack.Redis, dsn string) {
	s.t.Helper()
	absolute, err := filepath.Abs(root)
	if err != nil {
		s.t.Fatal(err)
	}
	program := binary(s.t)
	if err := os.Mkdir(filepath.Join(s.dir, ".bin"), 0o755); err != nil {
		s.t.Fatal(err)
	}
	for name, target := range map[string]string{
		"seckill": program, ".bin/seckill": program, ".bin/seckillctl": program + "ctl",
		"migrations": filepath.Join(absolute, "migrations"), "etc": filepath.Join(absolute, "etc"),
	} {
		if err := os.Symlink(target, filepath.Join(s.dir, name)); err != nil {
			s.t.Fatal(err)
		}
	}
	cli, err := exec.LookPath("redis-cli")
	if err != nil {
		missing(s.t, err)
	}
	s.write(".bin/redis-cli", fmt.Sprintf("#!/bin/sh\nexec %s -p %d \"$@\"\n", cli, s.ports["6379"]), 0o755)
	s.write("seckill.yaml", fmt.Sprintf(`Host: 127.0.0.1
Port: %d
Log: {Encoding: plain, Stat: false}
Redis: {Addr: %q}
Postgres: {DataSource: %q}
Auth: {AccessSecret: %q}
Products: [1001]
DevServer: {Port: %d}
Shutdown: {Drain: 0s}
`, s.port("8888"), redis.Addr(), dsn, secret, s.port("6060")), 0o600)
}

// missing skips a test for want of a program, but fails it where CI=true.
func missing(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	t.Skip(err)
}

func (s *session) write(name, text string, mode os.FileMode) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), mode); err != nil {
		s.t.Fatal(err)
	}
}

// port returns the port that stands for one of the page.
func (s *session) port(written string) int {
	if _, found := s.ports[written]; !found {
		s.ports[written] = servertest.FreePort(s.t)
	}
	return s.ports[written]
}

func (s *session) environment(redis *devstack.Redis, dsn string) []string {
	env := append(os.Environ(), "PATH="+filepath.Join(s.dir, ".bin")+":"+os.Getenv("PATH"),
		"PG="+dsn, "REDIS="+redis.Addr(), "SECKILL_ACCESS_SECRET="+secret,
		"TZ=UTC", "PGTZ=UTC", "LC_ALL=C.UTF-8", "PAGER=cat", "PSQLRC=/dev/null", "NO_COLOR=1")
	for name, role := range map[string]auth.Role{
		"TOKEN": auth.RoleOperator, "VIEWER": auth.RoleViewer, "BFF": auth.RoleBFF,
	} {
		token, err := auth.IssueToken(secret, "alice", string(role), time.Hour)
		if err != nil {
			s.t.Fatal(err)
		}
		env = append(env, name+"="+token)
	}
	return env
}

// start runs a program of the page in a process group of its own, and kills all of that
// when the test ends.
func (s *session) start(command *exec.Cmd, env []string) {
	s.t.Helper()
	command.Dir, command.Env = s.dir, env
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		_ = command.Wait()
	})
}

// startService runs the service, with its log in seckill.log, until it is ready.
func (s *session) startService(env []string) {
	s.t.Helper()
	log, err := os.Create(filepath.Join(s.dir, "seckill.log"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = log.Close()
		s.examine()
	})
	command := exec.Command("./seckill", "-f", "seckill.yaml")
	command.Stdout, command.Stderr = log, log
	s.start(command, env)
	s.write("seckill.pid", strconv.Itoa(command.Process.Pid), 0o600)
	address := fmt.Sprintf("http://127.0.0.1:%d/readyz", s.port("8888"))
	servertest.Eventually(s.t, "the service is ready", func() bool { return answers(address) })
}

// examine looks at the log of a service that has ended.
func (s *session) examine() {
	text, err := os.ReadFile(filepath.Join(s.dir, "seckill.log"))
	if err != nil || strings.Contains(string(text), "WARNING: DATA RACE") {
		s.t.Errorf("the race detector has found something in the service: %v", err)
	}
	if s.t.Failed() {
		lines := strings.Split(string(text), "\n")
		s.t.Logf("end of seckill.log:\n%s", strings.Join(lines[max(0, len(lines)-20):], "\n"))
	}
}

func (s *session) startShell(env []string) {
	s.t.Helper()
	s.shell = exec.Command("bash", "--norc", "--noprofile")
	input, err := s.shell.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	s.stdin, s.shell.Stdout, s.shell.Stderr = input, writer, writer
	s.start(s.shell, env)
	_ = writer.Close() // the shell has its own
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(s.output)
		for lines := bufio.NewReader(reader); ; {
			text, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			s.output <- strings.TrimSuffix(text, "\n")
		}
	}()
	s.t.Cleanup(func() {
		_ = reader.Close()
		for range s.output { // what nobody has read
		}
		<-done
	})
}

// Ports as a page writes them: in addresses, in a configuration, as an option.
var writtenPort = regexp.MustCompile(`((?:localhost|127\.0\.0\.1|0\.0\.0\.0):|\bPort: | -p |\bport=)(\d{4,5})\b`)

// run runs one command and returns what it writes and its exit code. Ports are ours on the
// way in, and the page's on the way out.
func (s *session) run(command string) (lines []string, code int) {
	s.t.Helper()
	command = writtenPort.ReplaceAllStringFunc(command, func(text string) string {
		found := writtenPort.FindStringSubmatch(text)
		return found[1] + strconv.Itoa(s.port(found[2]))
	})
	quoted := strings.ReplaceAll(command, "'", `'\''`)
	if _, err := fmt.Fprintf(s.stdin, "eval '%s' </dev/null\nprintf '\\n%s%%d\\n' $?\n", quoted, endMark); err != nil {
		s.t.Fatal(err)
	}
	limit := time.After(commandTime)
	for {
		select {
		case text, open := <-s.output:
			if !open {
				s.t.Fatalf("%s\nhas ended the shell", command)
			}
			if end, found := strings.CutPrefix(text, endMark); found {
				code, _ = strconv.Atoi(end)
				return trimEnd(lines), code
			}
			lines = append(lines, s.translate(text))
		case <-limit:
			s.t.Fatalf("%s\nhas not ended within %v; until then:\n%s", command, commandTime, strings.Join(lines, "\n"))
		}
	}
}

// trimEnd leaves out empty lines at the end.
func trimEnd(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// translate gives ports back the numbers that the page has for them.
func (s *session) translate(text string) string {
	for written, port := range s.ports {
		text = regexp.MustCompile(`\b`+strconv.Itoa(port)+`\b`).ReplaceAllString(text, written)
	}
	return text
}
