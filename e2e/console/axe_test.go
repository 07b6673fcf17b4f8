package console

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axePath is where npm puts axe.
const axePath = "../../console/node_modules/axe-core/axe.min.js"

// readAxe reads axe once.
var readAxe = sync.OnceValues(func() (string, error) {
	text, err := os.ReadFile(axePath)
	return string(text), err
})

// accessible checks the page as it is now with axe, by the rules of WCAG 2.2 AA and axe's best
// practices. Axe runs in a world of its own, which the page's policy neither hinders nor lets
// it touch. Without npm there is no axe, which fails where CI=true.
func (b *tab) accessible(where string) {
	b.t.Helper()
	axe, err := readAxe()
	if err != nil {
		if os.Getenv("CI") == "true" {
			b.t.Fatal(err)
		}
		return
	}
	tree := set(b, page.GetFrameTree, cdp.Empty{})
	world := set(b, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: tree.FrameTree.Frame.ID, WorldName: "axe"})
	_, err = chromedp.Call(b.ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: axe + ";0", ContextID: world.ExecutionContextID})
	b.must("load axe", err)
	result, err := chromedp.Call(b.ctx, runtime.Evaluate, runtime.EvaluateParams{
		ContextID: world.ExecutionContextID, ReturnByValue: new(true), AwaitPromise: new(true),
		Expression: `axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => violations.map((v) =>
			({id: v.id, help: v.help, nodes: v.nodes.slice(0, 4).map((n) => n.html.slice(0, 200) + " :: " + n.failureSummary)})))`,
	})
	b.must("run axe", err)
	if result.ExceptionDetails != nil {
		b.t.Fatalf("axe on %s: %s", where, describe(result.ExceptionDetails))
	}
	var violations []struct {
		ID    string   `json:"id"`
		Help  string   `json:"help"`
		Nodes []string `json:"nodes"`
	}
	b.must("read what axe says", json.Unmarshal([]byte(result.Result.Value), &violations))
	for _, v := range violations {
		b.t.Errorf("axe on %s: %s", where, fmt.Sprintf("%s (%s)\n  %s", v.ID, v.Help, strings.Join(v.Nodes, "\n  ")))
	}
}
