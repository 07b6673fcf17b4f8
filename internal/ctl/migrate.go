package ctl

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"seckill/internal/config"
	"seckill/internal/ctl/printer"
	"seckill/migrations"
	"seckill/model"
)

// database is how migrations reach PostgreSQL: the one thing that seckillctl does not do
// through the service.
type database struct{ file, source string }

func (d *database) add(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVarP(&d.file, "file", "f", "", "configuration file of the service: its Postgres.MigrateSource, else its DataSource")
	cmd.PersistentFlags().StringVar(&d.source, "data-source", "", "URL of the database ($SECKILL_DATA_SOURCE)")
}

// openDatabase connects to the database that the flags name.
func (a *App) openDatabase(ctx context.Context, d database) (*model.Pool, error) {
	if d.file != "" && d.source != "" {
		return nil, usagef("--data-source and -f are two databases; give one")
	}
	source := d.source
	if d.file != "" {
		c, err := config.Load(d.file)
		if err != nil {
			return nil, usagef("%w", err)
		}
		source = c.Postgres.ForMigrations()
	} else if source == "" {
		source = a.Getenv("SECKILL_DATA_SOURCE")
	}
	if source == "" {
		return nil, usagef("which database? Give -f, --data-source or $SECKILL_DATA_SOURCE")
	}
	pool, err := model.NewPool(ctx, source, 2)
	if err != nil {
		return nil, usagef("%w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, &exitError{ExitUnreachable, fmt.Errorf("the database does not answer: %w", err)}
	}
	return pool, nil
}

// onDatabase does something with the database that the flags name.
func (a *App) onDatabase(ctx context.Context, d database, do func(*model.Pool) error) error {
	pool, err := a.openDatabase(ctx, d)
	if err != nil {
		return err
	}
	defer pool.Close()
	return do(pool)
}

// migration is a file of migrations, and whether the database has had it.
type migration struct {
	File    string `json:"file"`
	Applied bool   `json:"applied"`
}

var migrationKind = printer.Kind[migration]{
	Name: "migration",
	ID:   func(m migration) string { return m.File },
	Columns: []printer.Column[migration]{
		{Head: "migration", Value: func(m migration) string { return m.File }},
		{Head: "status", Value: func(m migration) string { return map[bool]string{true: "applied", false: "pending"}[m.Applied] }, Paint: paintMigration},
	},
}

func paintMigration(m migration) printer.Paint {
	if m.Applied {
		return printer.Faint
	}
	return printer.Warn
}

func (a *App) migrateCommand() *cobra.Command {
	var d database
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "The schema of the database",
		Long: `The schema of the database. These commands go to PostgreSQL itself, not to the service; the service applies
pending migrations at its start by itself unless Postgres.Migrate is false.`,
	}
	d.add(cmd)
	cmd.AddCommand(a.migrateStatus(&d), a.migrateUp(&d), a.migrateSQL(&d))
	return cmd
}

// migrationsOf returns every migration, with what the database says of it.
func migrationsOf(ctx context.Context, pool *model.Pool) ([]migration, error) {
	names, err := migrations.Names()
	if err != nil {
		return nil, err
	}
	pending, err := migrations.Pending(ctx, pool.SQL())
	if err != nil {
		return nil, err
	}
	waiting := map[string]bool{}
	for _, name := range pending {
		waiting[name] = true
	}
	all := make([]migration, len(names))
	for i, name := range names {
		all[i] = migration{File: name, Applied: !waiting[name]}
	}
	return all, nil
}

func (a *App) migrateStatus(d *database) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "List the migrations; exits with 1 if any is pending",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.onDatabase(cmd.Context(), *d, func(pool *model.Pool) error { return a.tellMigrations(cmd.Context(), pool) })
		},
	}
}

// tellMigrations lists the migrations, and fails if any is pending.
func (a *App) tellMigrations(ctx context.Context, pool *model.Pool) error {
	all, err := migrationsOf(ctx, pool)
	if err != nil {
		return err
	}
	if err := listOwn(a, migrationKind, all); err != nil {
		return err
	}
	if n := pendingOf(all); n > 0 {
		return nof("%d pending", n)
	}
	return nil
}

func pendingOf(all []migration) (n int) {
	for _, m := range all {
		if !m.Applied {
			n++
		}
	}
	return n
}

func (a *App) migrateUp(d *database) *cobra.Command {
	return &cobra.Command{
		Use:   "up",
		Short: "Apply the pending migrations; a table that is in use is waited for until interrupted",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.onDatabase(cmd.Context(), *d, func(pool *model.Pool) error { return a.applyMigrations(cmd.Context(), pool) })
		},
	}
}

// applyMigrations applies what is pending, and lists it.
func (a *App) applyMigrations(ctx context.Context, pool *model.Pool) error {
	before, err := migrationsOf(ctx, pool)
	if err != nil {
		return err
	}
	if pendingOf(before) == 0 {
		a.notef("nothing is pending")
		return listOwn(a, migrationKind, nil)
	}
	if err := migrations.Apply(ctx, pool.SQL()); err != nil {
		return err
	}
	return listOwn(a, migrationKind, appliedNow(before))
}

// appliedNow returns the migrations that were pending, as applied.
func appliedNow(before []migration) (now []migration) {
	for _, m := range before {
		if !m.Applied {
			now = append(now, migration{File: m.File, Applied: true})
		}
	}
	return now
}

func (a *App) migrateSQL(d *database) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "sql",
		Short: "Print the pending migrations as SQL, for psql -f; with --all every one, without a database",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			names, err := a.wantedMigrations(cmd.Context(), *d, all)
			if err != nil {
				return err
			}
			for _, name := range names {
				text, err := migrations.Read(name)
				if err != nil {
					return err
				}
				if _, err := io.WriteString(a.Stdout, "-- "+name+"\n"+text+"\n"); err != nil {
					return fmt.Errorf("write: %w", err)
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every migration")
	return cmd
}

func (a *App) wantedMigrations(ctx context.Context, d database, all bool) (names []string, err error) {
	if all {
		return migrations.Names()
	}
	err = a.onDatabase(ctx, d, func(pool *model.Pool) (err error) {
		names, err = migrations.Pending(ctx, pool.SQL())
		return err
	})
	return names, err
}
