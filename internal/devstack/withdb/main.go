// Command withdb runs another command with the URL of a throw-away PostgreSQL
// database that has the project's migrations applied:
//
//	go run ./internal/devstack/withdb -- psql {url} -c '\d'
//
// Every {url} in the arguments is replaced, and the environment variable
// SECKILL_DB_URL is set. The exit code is that of the command, or 1 when it
// could not be run. The server ends with the command.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"seckill/internal/devstack"
	"seckill/migrations"
)

func main() {
	err := run(os.Args[1:])
	if exit := new(exec.ExitError); errors.As(err, &exit) && exit.Exited() {
		os.Exit(exit.ExitCode())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "withdb:", err)
		os.Exit(1)
	}
}

func run(args []string) (err error) {
	// The command is in our process group and gets a Ctrl-C itself; we only
	// must not end before it.
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return errors.New("usage: withdb [--] command [argument with {url} ...]")
	}
	server, err := devstack.StartPostgres(ctx, devstack.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	url, err := server.CreateDatabase(ctx, "seckill", "")
	if err != nil {
		return err
	}
	if err := migrate(ctx, url); err != nil {
		return err
	}
	return runCommand(ctx, args, url)
}

func migrate(ctx context.Context, url string) (err error) {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return migrations.Apply(ctx, db)
}

func runCommand(ctx context.Context, args []string, url string) error {
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "{url}", url)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // running a command is the purpose
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "SECKILL_DB_URL="+url)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run %s: %w", args[0], err)
	}
	return nil
}
