package printer

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// toYAML writes JSON as YAML: the same keys in the same order, numbers digit for digit.
func toYAML(raw json.RawMessage) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(raw, &document); err != nil { // JSON is YAML
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	plain(&document)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&document); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return out.Bytes(), nil
}

// plain takes the style of JSON off a node: braces, and quotes that are not needed.
func plain(node *yaml.Node) {
	if node.Kind != yaml.ScalarNode {
		node.Style = 0
	} else if node.Tag == "!!str" && needsNoQuotes(node.Value) {
		node.Style = 0
	}
	for _, below := range node.Content {
		plain(below)
	}
}

// needsNoQuotes reports whether a text reads as the same text without quotes, by old rules
// too, by which yes is a truth.
func needsNoQuotes(text string) bool {
	written, err := yaml.Marshal(text)
	return err == nil && string(written) == text+"\n"
}
