package docs

import (
	"strings"
	"testing"
)

// otherWords are what Chinese pages do not use, and the one word that they use instead.
var otherWords = map[string]string{
	"网关": "闸门", // a gate that admits or refuses; the other is an API gateway, which stands before a BFF
	"条目": "消息", // an entry of a stream
}

func TestChinesePagesHaveOneWordForOneThing(t *testing.T) {
	for _, p := range pages(t) {
		for number, text := range strings.Split(p.text, "\n") {
			for other, word := range otherWords {
				if strings.Contains(text, other) {
					t.Errorf("%s:%d: %s, where the word is %s", p.path, number+1, other, word)
				}
			}
		}
	}
}
