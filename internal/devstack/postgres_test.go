package devstack

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func startPostgres(t *testing.T, o Options) *Postgres {
	t.Helper()
	p, err := StartPostgres(testContext(t), o)
	must(t, err)
	t.Cleanup(func() { _ = p.Stop(context.Background()) })
	return p
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(testContext(t), url)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec1(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	_, err := conn.Exec(testContext(t), sql)
	must(t, err)
}

func queryText(t *testing.T, conn *pgx.Conn, sql string) (text string) {
	t.Helper()
	must(t, conn.QueryRow(testContext(t), sql).Scan(&text))
	return text
}

func TestPostgresRunsAtItsDefaults(t *testing.T) {
	p := startPostgres(t, Options{})
	conn := connect(t, p.URL(""))
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "max_connections": "100",
		"listen_addresses": "127.0.0.1", "port": strconv.Itoa(p.Port()), "server_encoding": "UTF8",
		"data_directory": p.server.folder.data(),
	} {
		if got := queryText(t, conn, "SHOW "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
}

func TestPostgresCreateDatabaseCopiesItsTemplate(t *testing.T) {
	p, ctx := startPostgres(t, Options{}), testContext(t)
	url, err := p.CreateDatabase(ctx, "first one", "")
	must(t, err)
	conn := connect(t, url)
	exec1(t, conn, "CREATE TABLE t AS SELECT 'copied' AS v")
	must(t, conn.Close(ctx))
	url, err = p.CreateDatabase(ctx, "second", "first one")
	must(t, err)
	if got := queryText(t, connect(t, url), "SELECT v FROM t"); got != "copied" {
		t.Errorf("read %q from the copy", got)
	}
	_, err = p.CreateDatabase(ctx, "second", "")
	wantError(t, err, "create database second")
}

func TestPostgresStopTwiceRemovesThrowAwayData(t *testing.T) {
	p, ctx := startPostgres(t, Options{}), testContext(t)
	dir := p.server.folder.path
	must(t, p.Stop(ctx))
	must(t, p.Stop(ctx))
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("data folder is still there: %v", err)
	}
	refused(t, address(p.Port()))
	wantError(t, p.Pause(ctx), "stopped")
	wantError(t, p.Resume(ctx), "stopped")
}

func TestPostgresKeepsDataInItsFolder(t *testing.T) {
	dir := filepath.Join(dataDir(t), "of", "server")
	p := startPostgres(t, Options{Dir: dir})
	exec1(t, connect(t, p.URL("")), "CREATE TABLE t AS SELECT 'kept' AS v")
	must(t, p.Stop(testContext(t)))
	p = startPostgres(t, Options{Dir: dir})
	if got := queryText(t, connect(t, p.URL("")), "SELECT v FROM t"); got != "kept" {
		t.Errorf("read %q", got)
	}
}

func TestPostgresPauseTellsClientsAndResumeKeepsPortAndData(t *testing.T) {
	p, ctx := startPostgres(t, Options{}), testContext(t)
	conn, waiting := connect(t, p.URL("")), connect(t, p.URL(""))
	exec1(t, conn, "CREATE TABLE t AS SELECT 'kept' AS v")
	ended := make(chan error, 1)
	go func() {
		_, err := waiting.Exec(ctx, "SELECT pg_sleep(100)")
		ended <- err
	}()
	must(t, poll(ctx, func() (bool, error) {
		var n int
		err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'").Scan(&n)
		return n == 1, err
	}))
	must(t, p.Pause(ctx))
	must(t, p.Pause(ctx))
	if pgErr := new(pgconn.PgError); !errors.As(<-ended, &pgErr) || pgErr.Code != "57P01" {
		t.Errorf("the waiting client saw %v, want 57P01", pgErr)
	}
	refused(t, address(p.Port()))
	must(t, p.Resume(ctx))
	must(t, p.Resume(ctx))
	if got := queryText(t, connect(t, p.URL("")), "SELECT v FROM t"); got != "kept" {
		t.Errorf("read %q", got)
	}
}

func TestPostgresStopWhilePaused(t *testing.T) {
	p, ctx := startPostgres(t, Options{}), testContext(t)
	must(t, p.Pause(ctx))
	must(t, p.Stop(ctx))
}

func TestPostgresPortBusyIsAnErrorThatSaysSo(t *testing.T) {
	port := occupy(t)
	_, err := StartPostgres(testContext(t), Options{Port: port})
	if !errors.Is(err, errPortTaken) {
		t.Fatalf("error %v, want errPortTaken", err)
	}
	wantError(t, err, strconv.Itoa(port))
	wantError(t, err, "could not bind")
}

func TestPostgresUsesThePortAndTheLogItIsGiven(t *testing.T) {
	port, err := FreePort()
	must(t, err)
	var log bytes.Buffer
	p := startPostgres(t, Options{Port: port, Log: &log})
	if p.Port() != port || !strings.Contains(p.URL("x"), strconv.Itoa(port)) {
		t.Errorf("port %d, want %d", p.Port(), port)
	}
	must(t, p.Stop(testContext(t)))
	if !strings.Contains(log.String(), "database system is ready") {
		t.Errorf("log is %q", log.String())
	}
}

func TestPostgresDataFolderHasOneOwner(t *testing.T) {
	dir := dataDir(t)
	startPostgres(t, Options{Dir: dir})
	_, err := StartPostgres(testContext(t), Options{Dir: dir})
	wantError(t, err, "another process is using it")
}

func TestPostgresStartIsBoundByItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(testContext(t))
	cancel()
	_, err := StartPostgres(ctx, Options{})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
}

func TestPostgresTakesOverAStaleLockWhoseNumberIsNowAnotherProcess(t *testing.T) {
	dir := dataDir(t)
	p := startPostgres(t, Options{Dir: dir})
	must(t, p.Stop(testContext(t)))
	pid := strconv.Itoa(os.Getpid())
	path := filepath.Join(p.server.folder.data(), "postmaster.pid")
	must(t, os.WriteFile(path, []byte(pid+"\n"+p.server.folder.data()+"\n"), 0o600))
	startPostgres(t, Options{Dir: dir})
}

func TestPostgresBrokenDataFolderGivesItsLog(t *testing.T) {
	dir := dataDir(t)
	p := startPostgres(t, Options{Dir: dir})
	must(t, p.Stop(testContext(t)))
	conf := filepath.Join(p.server.folder.data(), "postgresql.conf")
	must(t, os.WriteFile(conf, []byte("no_such_setting = 1\n"), 0o644))
	_, err := StartPostgres(testContext(t), Options{Dir: dir})
	wantError(t, err, "no_such_setting")
}

func TestPostgresStopWithAnEndedContextIsStillAShutdown(t *testing.T) {
	dir := dataDir(t)
	p := startPostgres(t, Options{Dir: dir})
	ctx, cancel := context.WithCancel(testContext(t))
	cancel()
	must(t, p.Stop(ctx))
	log, err := os.ReadFile(filepath.Join(dir, "postgres.log"))
	must(t, err)
	if !strings.Contains(string(log), "received fast shutdown request") || !strings.Contains(string(log), "database system is shut down") {
		t.Errorf("log ends with %s", log)
	}
}
