package main

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/rogpeppe/go-internal/testscript"
)

// commands are the commands of scripts that are ours.
var commands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"exits":       exits,
	"until":       until,
	"eventually":  eventually,
	"grows":       grows,
	"masked":      masked,
	"take":        take,
	"xadd":        xadd,
	"drift":       drift,
	"newdatabase": newDatabase,
}

// exits CODE ARGS… runs seckillctl and expects the code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 1 || neg {
		ts.Fatalf("usage: exits CODE [ARGS...]")
	}
	if got := exitOf(ts, args[1:]); strconv.Itoa(got) != args[0] {
		ts.Fatalf("seckillctl exits with %d, want %s", got, args[0])
	}
}

// exitOf runs seckillctl and returns its exit code.
func exitOf(ts *testscript.TestScript, args []string) int {
	err := ts.Exec("seckillctl", args...)
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return failed.ExitCode()
	}
	ts.Check(err)
	return 0
}

// patience bounds what until waits for.
const patience = time.Minute

// until PATTERN ARGS… runs seckillctl until its standard output has the pattern.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: until PATTERN ARGS...")
	}
	pattern, end := regexp.MustCompile("(?m)"+args[0]), time.Now().Add(patience)
	for {
		exitOf(ts, args[1:])
		out := ts.ReadFile("stdout")
		if pattern.MatchString(out) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("no match for %s within %v: %s", args[0], patience, out)
		}
		time.Sleep(50 * time.Millisecond) // the pause between two looks
	}
}

// eventually CODE ARGS… runs seckillctl until it exits with the code.
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: eventually CODE ARGS...")
	}
	for end := time.Now().Add(patience); strconv.Itoa(exitOf(ts, args[1:])) != args[0]; {
		if time.Now().After(end) {
			ts.Fatalf("seckillctl does not exit with %s within %v", args[0], patience)
		}
		time.Sleep(50 * time.Millisecond) // the pause between two looks
	}
}

// grows PATTERN FILE waits until a file, which something in the background writes, has the
// pattern.
func grows(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: grows PATTERN FILE")
	}
	pattern, end := regexp.MustCompile("(?m)"+args[0]), time.Now().Add(patience)
	for {
		text, err := os.ReadFile(ts.MkAbs(args[1]))
		if err == nil && pattern.Match(text) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("no match for %s in %s within %v: %s", args[0], args[1], patience, text)
		}
		time.Sleep(50 * time.Millisecond) // the pause between two looks
	}
}

// masks hide what differs from run to run, and keep its width.
var masks = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "T"},
	{regexp.MustCompile(`\b1\d{12}-\d+\b`), "S"},
	{regexp.MustCompile(`\b(\d{14,15}|10\d{4})\b`), "N"}, // of orders, events and letters; of the audit
	{regexp.MustCompile(`\b[A-Z2-7]{26}\b`), "R"},
	{regexp.MustCompile(`\b[0-9a-f]{32}\b`), "F"},
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

// take NAME stdout|stderr PATTERN sets a variable to the first group of a pattern.
func take(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 || neg {
		ts.Fatalf("usage: take NAME stdout|stderr PATTERN")
	}
	found := regexp.MustCompile("(?m)" + args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if len(found) != 2 {
		ts.Fatalf("%s has no %s", args[1], args[2])
	}
	ts.Setenv(args[0], found[1])
}

// xadd PRODUCT FIELD VALUE… adds an entry to the stream of a product, past the gate; \e in a
// value is the escape character.
func xadd(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 3 || neg {
		ts.Fatalf("usage: xadd PRODUCT FIELD VALUE...")
	}
	values := make([]string, len(args)-1)
	for i, arg := range args[1:] {
		values[i] = strings.ReplaceAll(arg, `\e`, "\x1b")
	}
	inRedis(ts, func(ctx context.Context, direct *redis.Client) error {
		return direct.XAdd(ctx, &redis.XAddArgs{Stream: "stream:seckill:" + args[0], Values: values}).Err()
	})
}

// drift PRODUCT UNITS changes what the gate has left behind the back of the service.
func drift(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: drift PRODUCT UNITS")
	}
	units, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	inRedis(ts, func(ctx context.Context, direct *redis.Client) error {
		return direct.HIncrBy(ctx, "{stream:seckill:"+args[0]+"}:gate", "left", units).Err()
	})
}

func inRedis(ts *testscript.TestScript, do func(ctx context.Context, direct *redis.Client) error) {
	direct := redis.NewClient(&redis.Options{Addr: service.RedisAddr})
	defer func() { _ = direct.Close() }()
	ts.Check(do(context.Background(), direct))
}

// newDatabase NAME makes a database without a schema, and sets a variable to its URL.
func newDatabase(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: newdatabase NAME")
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, service.PostgresURL)
	ts.Check(err)
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "CREATE DATABASE "+strings.ToLower(args[0]))
	ts.Check(err)
	address, err := url.Parse(service.PostgresURL)
	ts.Check(err)
	address.Path = "/" + strings.ToLower(args[0])
	ts.Setenv(args[0], address.String())
}
