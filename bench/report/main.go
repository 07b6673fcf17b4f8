// Command report makes a table in Markdown, and with -json a file, of what benchmarks print:
//
//	go test -run '^$' -bench . -benchtime 1x ./bench | go run ./bench/report -json bench.json
//
// What it reads it prints first, so that nothing of it is lost. It fails when a benchmark has.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// report is what one run of benchmarks has shown.
type report struct {
	Settings   map[string]string `json:"settings"`   // of the run: machine, versions, what differs from defaults
	Benchmarks []benchmark       `json:"benchmarks"` // in the order in which they ran
	failed     bool
}

// benchmark is one benchmark, with its numbers by their units.
type benchmark struct {
	Name    string             `json:"name"`
	Metrics map[string]float64 `json:"metrics"`
}

func main() {
	file := flag.String("json", "", "a file to be written")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, *file); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer, file string) error {
	r, err := read(io.TeeReader(in, out))
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, "\n"+r.table()); err != nil {
		return err
	}
	if file != "" {
		content, err := json.MarshalIndent(r, "", "  ")
		if err == nil {
			err = os.WriteFile(file, append(content, '\n'), 0o600)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", file, err)
		}
	}
	if r.failed {
		return errors.New("a benchmark has failed")
	}
	return nil
}

// read reads the output of go test: lines of settings ("key: value"), and of benchmarks
// ("BenchmarkName-2  1  12.5 unit  …").
func read(in io.Reader) (report, error) {
	r := report{Settings: map[string]string{}}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		fields := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "Benchmark") && len(fields) >= 4:
			r.Benchmarks = append(r.Benchmarks, parse(fields))
		case strings.HasPrefix(line, "FAIL") || strings.HasPrefix(line, "--- FAIL"):
			r.failed = true
		default:
			if key, value, found := strings.Cut(line, ": "); found && isKey(key) {
				r.Settings[key] = value
			}
		}
	}
	return r, lines.Err()
}

// isKey reports whether a word may name a setting.
func isKey(word string) bool {
	return word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz-") == ""
}

// parse parses the fields of a benchmark's line: pairs of a number and its unit, behind the
// name and how often it ran.
func parse(fields []string) benchmark {
	name := strings.TrimPrefix(fields[0], "Benchmark")
	if at := strings.LastIndexByte(name, '-'); at > 0 && strings.Trim(name[at+1:], "0123456789") == "" {
		name = name[:at]
	}
	b := benchmark{Name: name, Metrics: map[string]float64{}}
	for i := 2; i+1 < len(fields); i += 2 {
		if value, err := strconv.ParseFloat(fields[i], 64); err == nil {
			b.Metrics[fields[i+1]] = value
		}
	}
	return b
}

// table is the report as a page.
func (r report) table() string {
	var t strings.Builder
	for _, key := range slices.Sorted(maps.Keys(r.Settings)) {
		fmt.Fprintf(&t, "- %s: %s\n", key, r.Settings[key])
	}
	t.WriteString("\n| benchmark | numbers |\n|---|---|\n")
	for _, b := range r.Benchmarks {
		var numbers []string
		for _, unit := range slices.Sorted(maps.Keys(b.Metrics)) {
			numbers = append(numbers, fmt.Sprintf("%s %s", shown(b.Metrics[unit]), unit))
		}
		fmt.Fprintf(&t, "| %s | %s |\n", b.Name, strings.Join(numbers, ", "))
	}
	return t.String()
}

// shown is a number as a reader wants it: whole where it is large.
func shown(n float64) string {
	if n >= 1000 {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return strconv.FormatFloat(n, 'g', 3, 64)
}
