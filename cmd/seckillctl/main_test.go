package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/zeromicro/go-zero/core/logx"
	"go.uber.org/goleak"

	"seckill/internal/servertest"
)

// update rewrites the golden texts of the scripts: go test ./cmd/seckillctl -update
var update = flag.Bool("update", false, "write what is printed into the scripts")

// service is what all scripts share.
var service *servertest.Service

// TestMain lets the scripts run this very binary as seckillctl.
func TestMain(m *testing.M) {
	testscript.Main(shared{m}, map[string]func(){
		"seckillctl": func() { os.Exit(run()) },
	})
}

// shared runs the tests on one service.
type shared struct{ m *testing.M }

func (s shared) Run() (code int) {
	flag.Parse()
	logx.Disable()
	var err error
	if service, err = servertest.StartService("Products: [1001]\n"); err == nil {
		err = sixDigits(service.PostgresURL)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if code == 0 {
		code = s.m.Run()
	}
	if err := service.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop:", err)
		code = 1
	}
	if code != 0 {
		fmt.Fprintf(os.Stderr, "output of the service:\n%s\n", service.Output.String())
	}
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(goleak.IgnoreCurrent()); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// sixDigits lets the IDs that the database gives begin at 100001, so that columns are as
// wide whatever ran before.
func sixDigits(url string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, `
DO $$ DECLARE s record; BEGIN
  FOR s IN SELECT sequencename FROM pg_sequences WHERE sequencename ~ '^seckill_(orders|audit|dead_letters)_id' LOOP
    EXECUTE format('ALTER SEQUENCE %I RESTART WITH 100001', s.sequencename);
  END LOOP;
END $$`)
	return err
}

// TestScripts runs testdata/script/*.txtar, one for each group of commands, on the real
// service. In them $ADDRESS is the service, $OPERATOR, $VIEWER and $BFF are tokens, and the
// token in use is the operator's. `exits` runs seckillctl and expects a code; `masked` masks
// what differs from run to run in what was printed, for cmp; `take` keeps a part of what was
// printed in a variable.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup:               setUp,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":  exits,
			"masked": masked,
			"take":   take,
		},
	})
}

func setUp(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, "home")
	env.Vars = append(env.Vars,
		"HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"),
		"ADDRESS="+service.URL, "SECKILL_ADDR="+service.URL, "SECKILL_TOKEN="+service.Token("operator"),
		"OPERATOR="+service.Token("operator"), "VIEWER="+service.Token("viewer"), "BFF="+service.Token("bff"),
		"DATABASE="+service.PostgresURL, "REDIS="+service.RedisAddr, "CONFIG="+service.Config,
	)
	return nil
}

// masks hide what differs from run to run, and keep its width.
var masks = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "T"},
	{regexp.MustCompile(`\b1\d{12}-\d+\b`), "S"},
	{regexp.MustCompile(`\b10\d{4}\b`), "N"},
}

func mask(text string) string {
	for _, m := range masks {
		text = m.pattern.ReplaceAllStringFunc(text, func(found string) string { return strings.Repeat(m.with, len(found)) })
	}
	return text
}

// masked stdout|stderr writes an output, masked, into the file "masked", for cmp.
func masked(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: masked stdout|stderr")
	}
	ts.Check(os.WriteFile(ts.MkAbs("masked"), []byte(mask(ts.ReadFile(args[0]))), 0o600))
}

// exits CODE ARGS… runs seckillctl and expects the code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 1 || neg {
		ts.Fatalf("usage: exits CODE [ARGS...]")
	}
	err, got := ts.Exec("seckillctl", args[1:]...), 0
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		got, err = failed.ExitCode(), nil
	}
	ts.Check(err)
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("seckillctl exits with %d, want %s", got, args[0])
	}
}

// take NAME stdout|stderr PATTERN sets a variable to the first group of a pattern.
func take(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 || neg {
		ts.Fatalf("usage: take NAME stdout|stderr PATTERN")
	}
	found := regexp.MustCompile(args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if len(found) != 2 {
		ts.Fatalf("%s has no %s", args[1], args[2])
	}
	ts.Setenv(args[0], found[1])
}
