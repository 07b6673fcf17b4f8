package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"seckill/internal/devstack"
	"seckill/migrations"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func cpuPid(pid uint32) float64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(err)
	f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+2:]))
	a, _ := strconv.ParseFloat(f[11], 64)
	b, _ := strconv.ParseFloat(f[12], 64)
	return (a + b) / 100
}

type variant struct {
	cpu []float64
	name string
	c    *pgx.Conn
	t    []float64
	wal  float64
}

func main() {
	ctx := context.Background()
	pg, err := devstack.StartPostgres(ctx, devstack.Options{})
	must(err)
	defer pg.Stop(ctx)
	n, per := 100_000, 1000
	what := os.Args[1]
	if what == "logs" {
		n = 150_000
	}
	perm := rand.New(rand.NewPCG(1, 2)).Perm(n)
	var vs []*variant
	for i, file := range append([]string{""}, os.Args[2:]...) {
		url, err := pg.CreateDatabase(ctx, fmt.Sprint("v", i), "template0")
		must(err)
		c, err := pgx.Connect(ctx, url)
		must(err)
		names, err := migrations.Names()
		must(err)
		for _, name := range names {
			sql, err := migrations.Read(name)
			must(err)
			_, err = c.PgConn().Exec(ctx, sql).ReadAll()
			must(err)
		}
		if file != "" {
			sql, err := os.ReadFile(file)
			must(err)
			_, err = c.PgConn().Exec(ctx, string(sql)).ReadAll()
			must(err)
		}
		vs = append(vs, &variant{name: file, c: c})
	}
	for round := 0; round < 3; round++ {
		for _, v := range vs {
			c := v.c
			for _, sql := range strings.Split("TRUNCATE seckill_orders, seckill_logs RESTART IDENTITY;TRUNCATE seckill_products;INSERT INTO seckill_products(product_id, stock_total, stock_left) VALUES (1, 10000000, 10000000);CHECKPOINT", ";") {
				_, err = c.Exec(ctx, sql)
				must(err)
			}
			var lsn, lsn2 int64
			must(c.QueryRow(ctx, "SELECT (pg_current_wal_lsn() - '0/0')::bigint").Scan(&lsn))
			cpu0 := cpuPid(c.PgConn().PID())
			began := time.Now()
			now := time.Now()
			var client time.Duration
			for from := 0; from < n; from += per {
				t0 := time.Now()
				tx, err := c.Begin(ctx)
				must(err)
				_, err = tx.Exec(ctx, "UPDATE seckill_products SET stock_left = stock_left - 1000 WHERE product_id = 1")
				must(err)
				rows := make([][]any, per)
				for i := range rows {
					id := fmt.Sprintf("1234567890123-%d", from+i)
					if what == "logs" {
						rows[i] = []any{int64(1), int64(perm[from+i] + 1), id, "PROCESSING", now}
					} else {
						rows[i] = []any{int64(1), int64(perm[from+i] + 1), id, "PENDING_PAYMENT", int64(1), now, now, now}
					}
				}
				if what == "logs" {
					_, err = tx.CopyFrom(ctx, pgx.Identifier{"seckill_logs"}, []string{"product_id", "user_id", "stream_id", "status", "event_at"}, pgx.CopyFromRows(rows))
				} else {
					_, err = tx.CopyFrom(ctx, pgx.Identifier{"seckill_orders"}, []string{"product_id", "user_id", "stream_id", "status", "slot", "expires_at", "created_at", "updated_at"}, pgx.CopyFromRows(rows))
				}
				must(err)
				must(tx.Commit(ctx))
				_ = t0
			}
			_ = client
			v.t = append(v.t, time.Since(began).Seconds()/float64(n)*1e6)
			v.cpu = append(v.cpu, (cpuPid(c.PgConn().PID())-cpu0)/float64(n)*1e6)
			must(c.QueryRow(ctx, "SELECT (pg_current_wal_lsn() - '0/0')::bigint").Scan(&lsn2))
			v.wal = float64(lsn2-lsn) / float64(n)
		}
	}
	for _, v := range vs {
		slices.Sort(v.t)
		slices.Sort(v.cpu)
		fmt.Printf("%-20s wall %6.2f us/row  backend cpu %6.2f wal %5.0f B  %.2f\n", v.name, v.t[0], v.cpu[0], v.wal, v.cpu)
	}
}
