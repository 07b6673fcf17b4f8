package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"seckill/internal/devstack"
	"seckill/migrations"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func cpuOf(match string) float64 {
	var sum float64
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, d := range dirs {
		cmd, _ := os.ReadFile(d + "/cmdline")
		if !strings.Contains(string(cmd), match) {
			continue
		}
		stat, err := os.ReadFile(d + "/stat")
		if err != nil {
			continue
		}
		f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+2:]))
		for _, i := range []int{11, 12, 13, 14} {
			v, _ := strconv.ParseFloat(f[i], 64)
			sum += v / 100
		}
	}
	return sum
}

func cpuPid(pid int) float64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+2:]))
	a, _ := strconv.ParseFloat(f[11], 64)
	b, _ := strconv.ParseFloat(f[12], 64)
	return (a + b) / 100
}

func main() {
	ctx := context.Background()
	binary, count, mode := os.Args[1], os.Args[2], os.Args[3]
	n, _ := strconv.Atoi(os.Args[4])
	profile := ""
	if len(os.Args) > 5 {
		profile = os.Args[5]
	}
	pg, err := devstack.StartPostgres(ctx, devstack.Options{})
	must(err)
	defer pg.Stop(ctx)
	rd, err := devstack.StartRedis(ctx, devstack.Options{})
	must(err)
	defer rd.Stop(ctx)
	client := redis.NewClient(&redis.Options{Addr: rd.Addr()})
	pool, err := pgxpool.New(ctx, pg.URL(""))
	must(err)
	perm := rand.New(rand.NewPCG(1, 2)).Perm(n)
	for i := 0; i < n; i += 2000 {
		p := client.Pipeline()
		for j := i; j < min(n, i+2000); j++ {
			p.XAdd(ctx, &redis.XAddArgs{Stream: "stream:seckill:1", Values: []string{"uid", strconv.Itoa(perm[j] + 1), "ts", "1234567890"}})
		}
		_, err := p.Exec(ctx)
		must(err)
	}
	port, _ := devstack.FreePort()
	dev, _ := devstack.FreePort()
	products := "[1]"
	if mode != "record" {
		products = "[]"
		names, err := migrations.Names()
		must(err)
		for _, name := range names {
			sql, _ := migrations.Read(name)
			c, err := pool.Acquire(ctx)
			must(err)
			_, err = c.Conn().PgConn().Exec(ctx, sql).ReadAll()
			must(err)
			c.Release()
		}
		stock := n
		if mode == "losers" {
			stock = 0
		}
		_, err = pool.Exec(ctx, "INSERT INTO seckill_products(product_id, stock_total, stock_left, payment_window_seconds) VALUES (1, $1, $1, 3600)", stock)
		must(err)
	}
	cfg := fmt.Sprintf("Products: %s\nConsumer: {Count: %s}\nHost: 127.0.0.1\nPort: %d\nLog: {Level: error, Stat: false}\nRedis: {Addr: %q}\nPostgres: {DataSource: %q}\nAuth: {AccessSecret: a-secret-of-the-benchmarks-long-enough}\nDevServer: {Port: %d, EnablePprof: true}\n", products, count, port, rd.Addr(), pg.URL(""), dev)
	file := filepath.Join(os.TempDir(), fmt.Sprint("zz2-", port, ".yaml"))
	must(os.WriteFile(file, []byte(cfg), 0o600))
	cmd := exec.Command(binary, "-f", file)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	red0, pg0 := cpuOf(rd.Addr()[strings.LastIndex(rd.Addr(), ":"):]), cpuOf("postgres")
	_ = red0
	must(cmd.Start())
	if profile != "" {
		go func() {
			time.Sleep(500 * time.Millisecond)
			r, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/debug/pprof/profile?seconds=4", dev))
			must(err)
			b, _ := io.ReadAll(r.Body)
			must(os.WriteFile(profile, b, 0o644))
		}()
	}
	var info string
	for {
		time.Sleep(20 * time.Millisecond)
		g, err := client.XInfoGroups(ctx, "stream:seckill:1").Result()
		if err == nil && len(g) == 1 && g[0].Lag == 0 && g[0].Pending == 0 {
			break
		}
	}
	svc := cpuPid(cmd.Process.Pid)
	pg1 := cpuOf("postgres")
	info, _ = client.Info(ctx, "cpu").Result()
	var rows, secs float64
	must(pool.QueryRow(ctx, "SELECT count(*) FILTER (WHERE created_at > first), extract(epoch FROM max(created_at) - min(first)) FROM seckill_logs, (SELECT min(created_at) AS first FROM seckill_logs) AS f").Scan(&rows, &secs))
	if profile != "" {
		time.Sleep(5 * time.Second)
	}
	var ru, rs string
	for _, l := range strings.Split(info, "\r\n") {
		if strings.HasPrefix(l, "used_cpu_user:") {
			ru = l[14:]
		}
		if strings.HasPrefix(l, "used_cpu_sys:") {
			rs = l[13:]
		}
	}
	fmt.Printf("%s count=%s %s: %.0f rows/s; us/row: service %.2f postgres %.2f (redis total with load %s+%s s)\n", filepath.Base(binary), count, mode, rows/secs, svc/float64(n)*1e6, (pg1-pg0)/float64(n)*1e6, ru, rs)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
}
