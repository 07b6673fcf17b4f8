package admission

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// keysOfCommand says which arguments of a command are keys: one, those from a number on
// to the end, or none.
var keysOfCommand = map[string]func(arguments int) []int{
	"GET": first, "SET": first, "HGET": first, "HMGET": first, "HSET": first, "HDEL": first, "HLEN": first, "HGETALL": first, "EXPIRE": first, "XCLAIM": first, "XSETID": first, "HINCRBY": first,
	"XADD": first, "DEL": all, "UNLINK": all, "EXISTS": all, "MGET": all, "PERSIST": first, "RENAME": all, "XINFO": second, "XGROUP": second,
	"XRANGE": first, "XPENDING": first, "XTRIM": first, "XACK": first, "XLEN": first, "XDEL": first,
	"TIME": none, "INFO": none,
}

func none(int) []int   { return nil }
func first(int) []int  { return []int{0} }
func second(int) []int { return []int{1} }
func all(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

var (
	literalKey = regexp.MustCompile(`^KEYS\[([1-9][0-9]*)\]$`)
	callBegins = regexp.MustCompile(`redis\.p?call\(`)
)

// faultsOfScript returns what a proxy would refuse in a script, such as Alibaba's, which
// reads its text: a key that is not literally KEYS[number], and KEYS in any other place.
func faultsOfScript(text string) []string {
	text = regexp.MustCompile(`--[^\n]*`).ReplaceAllString(text, "")
	var faults []string
	inCalls := 0
	for _, at := range callBegins.FindAllStringIndex(text, -1) {
		arguments := argumentsAt(text[at[1]:])
		command := strings.Trim(arguments[0], `'"`)
		keys, known := keysOfCommand[command]
		if !known {
			faults = append(faults, fmt.Sprintf("%s: the test does not know its keys", command))
			continue
		}
		wanted := keys(len(arguments) - 1)
		for _, i := range wanted {
			if i+1 >= len(arguments) || !literalKey.MatchString(arguments[i+1]) {
				faults = append(faults, fmt.Sprintf("%v: argument %d is not literally KEYS[n]", arguments, i+1))
				continue
			}
			inCalls++
		}
	}
	if n := strings.Count(text, "KEYS"); n != inCalls {
		faults = append(faults, fmt.Sprintf("KEYS stands in %d places, %d of them keys of commands", n, inCalls))
	}
	return faults
}

// argumentsAt splits the arguments of a call, whose text begins behind its bracket.
func argumentsAt(text string) []string {
	var arguments []string
	depth, from := 0, 0
	for i, c := range text {
		switch {
		case c == '(' || c == '{' || c == '[':
			depth++
		case depth > 0 && (c == ')' || c == '}' || c == ']'):
			depth--
		case c == ')' || c == ',' && depth == 0:
			arguments = append(arguments, strings.TrimSpace(text[from:i]))
			from = i + 1
			if c == ')' {
				return arguments
			}
		}
	}
	return append(arguments, text[from:])
}

// TestScriptsNameTheirKeysLiterally, those in Go files too.
func TestScriptsNameTheirKeysLiterally(t *testing.T) {
	scripts := map[string]string{}
	for _, size := range admitSizes {
		scripts[fmt.Sprintf("admit.lua for %d request IDs", size)] = admitVariant(size)
	}
	err := filepath.WalkDir("..", func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		isGo := strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, "script.go")
		if !isGo && !strings.HasSuffix(path, ".lua") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, part := range strings.Split(string(text), "`") {
			if !isGo {
				scripts[path] = string(text)
			} else if i%2 == 1 && strings.Contains(part, "redis.") && callBegins.MatchString(part) {
				scripts[path+" "+strconv.Itoa(i)] = part
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(scripts) < len(admitSizes)+9 {
		t.Errorf("only %d scripts are found", len(scripts))
	}
	for name, text := range scripts {
		if faults := faultsOfScript(text); len(faults) > 0 {
			t.Errorf("%s: %q", name, faults)
		}
	}
}

// TestOtherFormsOfKeysAreFound, so that the test above means something.
func TestOtherFormsOfKeysAreFound(t *testing.T) {
	for _, text := range []string{
		"redis.call('MGET', unpack(KEYS, 7))", "redis.call('GET', KEYS[i])", "redis.call('RENAME', KEYS[1 + 3], KEYS[2])",
		"local k = KEYS[1] redis.call('GET', k)", "redis.pcall('SET', ARGV[1], 1)", "if #KEYS > 6 then redis.call('GET', KEYS[1]) end",
		"redis.call('GETDEL', KEYS[1])", "redis.call(ARGV[1], KEYS[1])", "redis.call('XADD', 'k' .. KEYS[1], '*')",
	} {
		if len(faultsOfScript(text)) == 0 {
			t.Errorf("nothing is found in %s", text)
		}
	}
	if faults := faultsOfScript("return redis.call('HMGET', KEYS[1], unpack({f(1, 2), 'b'}))"); len(faults) > 0 {
		t.Errorf("%q", faults)
	}
}

func TestAVariantForEachNumberOfRequestIDs(t *testing.T) {
	if !slices.IsSorted(admitSizes) || admitSizes[len(admitSizes)-1] != maxBatch {
		t.Fatalf("sizes %v do not reach %d", admitSizes, maxBatch)
	}
	for n := range maxBatch + 1 {
		script, padding := admitScript(n)
		if script == nil || padding < 0 || padding > max(1, n) {
			t.Errorf("%d request IDs: %d more keys", n, padding)
		}
	}
}
