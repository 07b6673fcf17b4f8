package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const output = `goos: linux
cpu: Some CPU
postgres: 15.18
{"level":"error","content":"product 1: away"}
BenchmarkDrain/count=256-2         	       1	     68048 copy/s	         0.5488 ratio
BenchmarkLatency-2 	       1	         1.5 p50-ms
PASS
`

func TestOutputBecomesATableAndAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bench.json")
	var out strings.Builder
	if err := run(strings.NewReader(output), &out, file); err != nil {
		t.Fatal(err)
	}
	table := `
- cpu: Some CPU
- goos: linux
- postgres: 15.18

| benchmark | numbers |
|---|---|
| Drain/count=256 | 68048 copy/s, 0.549 ratio |
| Latency | 1.5 p50-ms |
`
	if out.String() != output+table {
		t.Errorf("got\n%s", out.String())
	}
	content, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(content), `"name": "Drain/count=256"`) || !strings.Contains(string(content), `"copy/s": 68048`) {
		t.Errorf("%s, %v", content, err)
	}
}

func TestAFailureIsAFailure(t *testing.T) {
	var out strings.Builder
	if err := run(strings.NewReader(output+"--- FAIL: BenchmarkDrain\n"), &out, ""); err == nil {
		t.Error("no error")
	}
}
