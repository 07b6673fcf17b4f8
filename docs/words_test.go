package docs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// otherWords are what Chinese pages do not use, and the one word that they use instead.
var otherWords = map[string]string{
	"网关": "闸门", // a gate that admits or refuses; the other is an API gateway, which stands before a BFF
	"条目": "消息", // an entry of a stream

	"开售检查": "开售前检查", // the pre-flight
	"应急手册": "处置手册",  // a runbook
	"处理手册": "处置手册",
}

// TestChinesePagesHaveOneWordForOneThing: those of the documents and those of the console.
func TestChinesePagesHaveOneWordForOneThing(t *testing.T) {
	texts := map[string]string{}
	for _, p := range pages(t) {
		texts[p.path] = p.text
	}
	files, err := filepath.Glob("../console/src/i18n/zh/*.ts")
	if err != nil || len(files) == 0 {
		t.Fatalf("no texts of the console: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
	}
	for path, all := range texts {
		for number, text := range strings.Split(all, "\n") {
			for other, word := range otherWords {
				if strings.Contains(text, other) {
					t.Errorf("%s:%d: %s, where the word is %s", path, number+1, other, word)
				}
			}
		}
	}
}
