package preflight

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// plainWord needs no quotes in a shell.
var plainWord = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// inShell quotes a word for a shell, in double quotes where that reads well.
func inShell(word string) string {
	switch {
	case plainWord.MatchString(word):
		return word
	case !strings.ContainsAny(word, "\"$`\\!"):
		return `"` + word + `"`
	default:
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
}

// redisCLI is a command to the server of Redis at an address. A password comes from the
// variable REDISCLI_AUTH, never from here.
func (s *Settings) redisCLI(addr string, words ...string) string {
	command := append(append([]string{"redis-cli"}, place(addr)...), s.redisWay()...)
	for _, word := range words {
		command = append(command, inShell(word))
	}
	return strings.Join(command, " ")
}

// redisWay are the options that say who we are.
func (s *Settings) redisWay() []string {
	var options []string
	if s.RedisTLS {
		options = append(options, "--tls")
	}
	if s.RedisUser != "" {
		options = append(options, "--user", inShell(s.RedisUser))
	}
	return options
}

// place are the options that lead to an address; none to redis-cli's own.
func place(addr string) []string {
	if strings.HasPrefix(addr, "/") {
		return []string{"-s", inShell(addr)}
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil || port == "6379" && (host == "localhost" || host == "127.0.0.1") {
		return nil
	}
	return []string{"-h", inShell(host), "-p", port}
}

// psql is a command that runs statements in our database, each for itself, or in another
// one. Who runs it and by which password, the variables PGUSER and PGPASSWORD say.
func (f *Facts) psql(statements ...string) string {
	return f.psqlIn(f.Postgres.Database, statements...)
}

func (f *Facts) psqlIn(database string, statements ...string) string {
	command := []string{f.psqlWay(database)}
	for _, statement := range statements {
		command = append(command, "-c "+inShell(statement))
	}
	return strings.Join(command, " ")
}

func (f *Facts) psqlWay(database string) string {
	return psqlAt(f.Postgres.Host, f.Postgres.Port, database)
}

func psqlAt(host string, port uint16, database string) string {
	return fmt.Sprintf("psql -h %s -p %d -d %s", inShell(host), port, inShell(database))
}

// psqlFile is a command that runs a file of the repository.
func (f *Facts) psqlFile(path string) string {
	return f.psqlWay(f.Postgres.Database) + " -v ON_ERROR_STOP=1 -f " + inShell(path)
}

// curl is a command to the HTTP API of a replica; TOKEN is an operator's, and SECKILL_URL
// says where, if that is not this machine.
func (f *Facts) curl(method, path, body string) string {
	command := fmt.Sprintf(`curl -fsS -X %s -H "Authorization: Bearer $TOKEN" `, method)
	if body != "" {
		command += `-H "Content-Type: application/json" -d '` + body + `' `
	}
	return command + `"${SECKILL_URL:-http://localhost:` + strconv.Itoa(f.Settings.Port) + `}` + path + `"`
}

// identifier quotes a name in SQL.
func identifier(name string) string { return pgx.Identifier{name}.Sanitize() }

// literal quotes a text in SQL.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
