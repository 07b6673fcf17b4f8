package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
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
	before := goleak.IgnoreCurrent()
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
	return servertest.WithoutLeaks(code, before)
}

// sixDigits lets the numbers of the audit begin at 100001, so that columns are as wide
// whatever ran before.
func sixDigits(url string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, `
DO $$ DECLARE s record; BEGIN
  FOR s IN SELECT sequencename FROM pg_sequences WHERE sequencename ~ '^seckill_audit_id' LOOP
    EXECUTE format('ALTER SEQUENCE %I RESTART WITH 100001', s.sequencename);
  END LOOP;
END $$`)
	return err
}

// overview is the one route of operators that no command calls: sale watch follows one sale,
// and who wants to see all has the console.
const overview = "GET /admin/v1/live"

// TestScripts runs testdata/script/*.txtar, one for each group of commands, on the real
// service. In them $SECKILL_ADDR is the service, $OPERATOR, $VIEWER and $BFF are tokens, and
// the token in use is the operator's. The commands that are ours stand in commands_test.go.
func TestScripts(t *testing.T) {
	r := newRecorder(t, service.URL)
	t.Run("script", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir:                 filepath.Join("testdata", "script"),
			RequireExplicitExec: true,
			RequireUniqueNames:  true,
			UpdateScripts:       *update,
			Setup:               func(env *testscript.Env) error { return setUp(env, r.url) },
			Cmds:                commands,
		})
	})
	if flag.Lookup("test.run").Value.String() != "" {
		return // some scripts only
	}
	for _, route := range adminRoutes(t) {
		if route != overview && !r.has(route) {
			t.Errorf("no script has a command that calls %s", route)
		}
	}
}

func setUp(env *testscript.Env, address string) error {
	home := filepath.Join(env.WorkDir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	programs, _, _ := strings.Cut(env.Getenv("PATH"), string(filepath.ListSeparator)) // seckillctl alone
	env.Vars = append(env.Vars, "PROGRAMS="+programs,
		"HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"), "LANG=C.UTF-8", "TZ=UTC",
		"SECKILL_ADDR="+address, "SECKILL_TOKEN="+service.Token("operator"),
		"OPERATOR="+service.Token("operator"), "VIEWER="+service.Token("viewer"), "BFF="+service.Token("bff"),
		"DATABASE="+service.PostgresURL, "REDIS="+service.RedisAddr, "CONFIG="+service.Config,
	)
	return nil
}
