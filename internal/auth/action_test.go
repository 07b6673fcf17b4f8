package auth

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestARoleIsToldWhatItMayDo(t *testing.T) {
	all := make([]string, len(actions))
	for i, action := range actions {
		all[i] = action.name
	}
	for role, want := range map[Role][]string{
		RoleOperator: all,
		RoleViewer:   {"api.read", "admin.read"},
		RoleBFF:      {"api.read", "attempt.create", "order.pay", "order.cancel"},
		"":           {},
	} {
		if got := role.Allowed(); !slices.Equal(got, want) {
			t.Errorf("%s may %v, want %v", role, got, want)
		}
	}
}

// TestEveryChangeHasAnAction: who is to be shown what he may do has to find it by a name. Bulk
// acts have that of the single one.
func TestEveryChangeHasAnAction(t *testing.T) {
	text, err := os.ReadFile("../../openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	parameter, changes := regexp.MustCompile(`\{\w+}`), 0
	for path, operations := range document.Paths {
		concrete := parameter.ReplaceAllString(path, "1")
		concrete = strings.Replace(concrete, "/dead-letters/replay", "/dead-letters/1/replay", 1)
		concrete = strings.Replace(concrete, "/dead-letters/discard", "/dead-letters/1/discard", 1)
		concrete = strings.TrimSuffix(concrete, "/batch")
		for method := range operations {
			method = strings.ToUpper(method)
			if method == http.MethodGet || strings.HasSuffix(path, "/results") { // asks for many, and changes nothing
				continue
			}
			changes++
			known := slices.ContainsFunc(actions, func(action struct{ name, method, path string }) bool {
				return action.method == method && concrete == action.path
			})
			if !known {
				t.Errorf("%s %s has no action", method, path)
			}
		}
	}
	if changes < len(actions)-2 {
		t.Errorf("openapi.json has %d changes", changes)
	}
}
