package stream_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Steps that bring a stream into a certain state, with plain commands.

func createGroup(t *testing.T, c *redis.Client, group string) {
	t.Helper()
	if err := c.XGroupCreateMkStream(t.Context(), key, group, "0").Err(); err != nil {
		t.Fatal(err)
	}
}

// deliver gives the first n entries to a new group.
func deliver(t *testing.T, c *redis.Client, group string, n int) {
	t.Helper()
	createGroup(t, c, group)
	err := c.XReadGroup(t.Context(), &redis.XReadGroupArgs{
		Group: group, Consumer: "a", Streams: []string{key, ">"}, Count: int64(n),
	}).Err()
	if err != nil {
		t.Fatal(err)
	}
}

func acknowledge(t *testing.T, c *redis.Client, group string, from, to int) {
	t.Helper()
	var list []string
	for i := from; i <= to; i++ {
		list = append(list, fmt.Sprintf("%d-0", i))
	}
	if err := c.XAck(t.Context(), key, group, list...).Err(); err != nil {
		t.Fatal(err)
	}
}

func ackAll(t *testing.T, c *redis.Client, group string, n int) {
	t.Helper()
	deliver(t, c, group, n)
	acknowledge(t, c, group, 1, n)
}

// blockedCommands returns the commands of the clients in a CLIENT LIST that are
// blocked now.
func blockedCommands(list string) []string {
	var commands []string
	for line := range strings.Lines(list) {
		fields := strings.Fields(line)
		var command, flags string
		for _, f := range fields {
			if value, ok := strings.CutPrefix(f, "cmd="); ok {
				command = value
			}
			if value, ok := strings.CutPrefix(f, "flags="); ok {
				flags = value
			}
		}
		if strings.Contains(flags, "b") {
			commands = append(commands, command)
		}
	}
	return commands
}
