package servertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Calls returns how often a server of Redis has been given a command, in lower case, since it
// was started.
func Calls(tb testing.TB, client *redis.Client, command string) int {
	tb.Helper()
	info, err := client.Info(tb.Context(), "commandstats").Result()
	if err != nil {
		tb.Fatal(err)
	}
	n := 0 // as long as there is no such line
	_, calls, _ := strings.Cut(info, "cmdstat_"+command+":calls=")
	_, _ = fmt.Sscan(strings.ReplaceAll(calls, ",", " "), &n)
	return n
}
