package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	browserlog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is the context of the one browser of this process; each tab has a profile of its own.
var browser context.Context

// findChromium returns the path of the browser, "" if there is none.
func findChromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// openBrowser starts the browser, on a profile that goes with it.
func openBrowser(path string) (ctx context.Context, closeIt func(), err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("lang", "en-GB"),
	)
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	return ctx, func() {
		_ = chromedp.Cancel(ctx)
		cancel()
		stopAllocator()
	}, chromedp.Do(ctx)
}

// tab is a tab with a profile of its own, watched for as long as the test runs.
type tab struct {
	t      *testing.T
	ctx    context.Context
	origin string // of the service

	mu       sync.Mutex
	found    []string // what must not be
	expected []string // parts of errors that the test brings about
}

// waitTime bounds a wait for something on the page.
const waitTime = time.Minute

// open opens a tab of a width, in a language, with the system's wish for a theme.
func (s *site) open(width int64, lang, theme string) *tab {
	s.t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	s.t.Cleanup(cancel)
	b := &tab{t: s.t, ctx: ctx, origin: s.address}
	b.must("open a tab", chromedp.Do(ctx, chromedp.EmulateViewport(width, 900)))
	b.must("listen", chromedp.Listen(ctx, b.hear))
	s.t.Cleanup(b.check)
	set(b, browserlog.Enable, cdp.Empty{})
	set(b, network.Enable, network.EnableParams{})
	set(b, runtime.Enable, cdp.Empty{})
	set(b, emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: lang})
	set(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Shanghai"})
	b.prefer(theme)
	set(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
		addEventListener("securitypolicyviolation", (event) =>
			console.error("policy: " + event.violatedDirective + " " + event.blockedURI + " " + event.sample));
		if (!localStorage.getItem("seckill.lang")) localStorage.setItem("seckill.lang", ` + fmt.Sprintf("%q", lang) + `);`})
	return b
}

// set calls a command of the browser.
func set[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	b.must(command.Method, err)
	return result
}

// prefer sets the system's wish for a theme; motion is never wished for.
func (b *tab) prefer(theme string) {
	set(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

func (b *tab) must(what string, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// hear notes what must not be: errors in the browser's console, exceptions, breaches of the
// policy, requests to another origin.
func (b *tab) hear(event any) {
	switch e := event.(type) {
	case *browserlog.EventEntryAdded:
		if e.Entry.Level == browserlog.EntryLevelError || e.Entry.Level == browserlog.EntryLevelWarning {
			b.note(fmt.Sprintf("the browser says: %s (%s)", e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" || e.Type == "assert" {
			b.note("the console says: " + textOf(e.Args))
		}
	case *runtime.EventExceptionThrown:
		b.note("an exception: " + describe(e.ExceptionDetails))
	case *network.EventRequestWillBeSent:
		// Symbols of the browser's own fields are at data: addresses, which ask nobody.
		if !strings.HasPrefix(e.Request.URL, b.origin+"/") && !strings.HasPrefix(e.Request.URL, "data:") {
			b.note("a request to another origin: " + e.Request.URL)
		}
	}
}

func textOf(arguments []*runtime.RemoteObject) string {
	var words []string
	for _, argument := range arguments {
		words = append(words, strings.Trim(string(argument.Value), `"`)+argument.Description)
	}
	return strings.Join(words, " ")
}

func describe(details *runtime.ExceptionDetails) string {
	if details.Exception != nil {
		return details.Exception.Description
	}
	return details.Text
}

func (b *tab) note(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.found = append(b.found, what)
}

// expect names parts of errors that the test brings about.
func (b *tab) expect(parts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, parts...)
}

// check fails the test for everything that was found so far and not expected.
func (b *tab) check() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, what := range b.found {
		if !slices.ContainsFunc(b.expected, func(part string) bool { return strings.Contains(what, part) }) {
			b.t.Error(what)
		}
	}
	b.found = nil
}

// goTo opens an address of the console, such as #/sales.
func (b *tab) goTo(address string) {
	b.t.Helper()
	b.must("go to "+address, chromedp.Do(b.ctx, chromedp.Navigate(b.origin+"/console/"+address)))
}

// goToHash goes to another page of the console, as a link does.
func (b *tab) goToHash(address string) {
	b.t.Helper()
	b.eval("location.hash = " + quote(address))
}

// signIn signs in by the address, as seckillctl does, and goes on to a page.
func (b *tab) signIn(token, address string) {
	b.t.Helper()
	b.goTo("#token=" + token)
	b.see("nav.pages")
	b.goToHash(address)
}

// eval evaluates an expression in the page, and returns its value as JSON.
func (b *tab) eval(expression string) json.RawMessage {
	b.t.Helper()
	value, err := b.try(expression)
	b.must(expression, err)
	return value
}

func (b *tab) try(expression string) (json.RawMessage, error) {
	result, err := chromedp.Call(b.ctx, runtime.Evaluate, runtime.EvaluateParams{
		Expression: expression, ReturnByValue: new(true), AwaitPromise: new(true), UserGesture: new(true),
	})
	if err != nil {
		return nil, err
	}
	if result.ExceptionDetails != nil {
		return nil, errors.New(describe(result.ExceptionDetails))
	}
	return json.RawMessage(result.Result.Value), nil
}

// until waits until an expression is true.
func (b *tab) until(what, expression string) {
	b.t.Helper()
	deadline := time.Now().Add(waitTime)
	for {
		value, err := b.try("!!(" + expression + ")")
		if err == nil && string(value) == "true" {
			return
		}
		if time.Now().After(deadline) {
			b.picture("failed")
			b.t.Fatalf("not within %v: %s (%v); the page says:\n%s", waitTime, what, err, b.text("body"))
		}
		time.Sleep(20 * time.Millisecond) // the pause between two looks
	}
}

// see waits until an element is there.
func (b *tab) see(selector string) {
	b.t.Helper()
	b.until("there is "+selector, "document.querySelector("+quote(selector)+")")
}

// read waits until the page, or the part of it that selector names, says something.
func (b *tab) read(selector, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf("%s says %q", selector, text),
		fmt.Sprintf("[...document.querySelectorAll(%s)].some((e) => e.innerText.includes(%s))", quote(selector), quote(text)))
}

// text is what a part of the page says.
func (b *tab) text(selector string) string {
	value, err := b.try("document.querySelector(" + quote(selector) + ")?.innerText ?? ''")
	if err != nil {
		return err.Error()
	}
	var text string
	_ = json.Unmarshal(value, &text)
	return text
}

// buttonOf finds a button, or a link that looks like one, by its text, in the uppermost dialog if
// there is one.
func buttonOf(text string) string {
	return fmt.Sprintf(`[...([...document.querySelectorAll("dialog[open]")].at(-1) ?? document).querySelectorAll("button, a.button, summary")]
		.find((e) => e.textContent.trim().startsWith(%s))`, quote(text))
}

// press presses a button by its text, once it can be pressed.
func (b *tab) press(text string) {
	b.t.Helper()
	b.until("the button "+text+" can be pressed", buttonOf(text)+`?.getAttribute("aria-disabled") !== "true" && `+buttonOf(text))
	b.eval(buttonOf(text) + ".click()")
}

// pressDisabled presses a button that is disabled.
func (b *tab) pressDisabled(text string) {
	b.t.Helper()
	b.until("the button "+text+" is disabled", buttonOf(text)+`?.getAttribute("aria-disabled") === "true"`)
	b.eval(buttonOf(text) + ".click()")
}

// fieldOf finds a field by its label.
func fieldOf(label string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("label")].filter((e) => e.textContent.trim().startsWith(%s))
		.map((e) => e.control ?? e.querySelector("input, select, textarea")).filter(Boolean).at(-1)`, quote(label))
}

// fill types into a field, as a person does: it gets the focus, what it held goes, keys follow.
// A dialog that opens or closes just then takes the focus away, and a person would look up and
// begin again.
func (b *tab) fill(label, text string) {
	b.t.Helper()
	for range 5 {
		b.until("the field "+label+" has the focus", fieldOf(label)+"?.focus(), "+fieldOf(label)+"?.select?.(), "+
			fieldOf(label)+" && document.activeElement === "+fieldOf(label))
		b.must("type", chromedp.Do(b.ctx, chromedp.KeyEvent(text)))
		if string(b.eval(fieldOf(label)+".value")) == quote(text) {
			return
		}
	}
	b.t.Fatalf("the field %s does not take %q", label, text)
}

// key presses a key.
func (b *tab) key(keys string) {
	b.t.Helper()
	b.must("press "+keys, chromedp.Do(b.ctx, chromedp.KeyEvent(keys)))
}

func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a text can always be encoded
	}
	return string(quoted)
}

// picture writes what the tab shows into the folder that SECKILL_LOOK names, for somebody to look
// at.
func (b *tab) picture(name string) {
	b.t.Helper()
	if folder := os.Getenv("SECKILL_LOOK"); folder != "" {
		b.writePicture(filepath.Join(folder, strings.ReplaceAll(b.t.Name(), "/", "-")+"-"+name+".png"))
	}
}

func (b *tab) writePicture(path string) {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	b.must("take a picture", err)
	b.must("make the folder", os.MkdirAll(filepath.Dir(path), 0o755))
	b.must("write a picture", os.WriteFile(path, picture, 0o644))
}
