package servertest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"seckill/internal/seckill"
)

// Asked is a command that a call has sent, and its right answer.
type Asked struct {
	Command []string
	answer  frame
}

// Name is the name of the command, in lower case.
func (a *Asked) Name() string { return strings.ToLower(a.Command[0]) }

// forger answers one command of a call with a lie, and keeps what the call sends.
type forger struct {
	mu    sync.Mutex
	asked []Asked
	at    int // of the command that is answered wrongly, below 0 = none
	lie   Lie
}

// handshakes are commands that go-redis sends by itself at the beginning of a connection.
var handshakes = map[string]bool{"hello": true, "client": true, "auth": true, "select": true}

// next takes a command, and returns what becomes of its answer.
func (f *forger) next(words []string) func(frame) Lie {
	if len(words) == 0 || handshakes[strings.ToLower(words[0])] && len(words) > 1 {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.asked)
	f.asked = append(f.asked, Asked{Command: words})
	return func(honest frame) Lie {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.asked[n].answer = honest
		if n != f.at {
			return Lie{frame: honest}
		}
		return f.lie
	}
}

// Listen returns what a call sends. The client must repeat nothing by itself.
func (l *Liar) Listen(call func()) []Asked {
	f := &forger{at: -1}
	l.during(f, call)
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

// during makes a call with a forger, and waits until nothing is left of it: a command that
// is read late would else count as one of the next call.
func (l *Liar) during(f *forger, call func()) {
	l.forger.Store(f)
	call()
	l.CutAll()
	l.mu.Lock()
	for len(l.conns) > 0 {
		l.ended.Wait()
	}
	l.mu.Unlock()
	l.forger.Store(nil)
}

// Forge makes a call of which the command number at, from 0 on, is answered with lie; the
// server has made it all the same. It reports whether the call has come that far.
func (l *Liar) Forge(at int, lie Lie, call func()) bool {
	// Behind a push, which is no answer, the client would wait for one.
	lie.cut = lie.cut || strings.HasPrefix(lie.frame.text, ">")
	f := &forger{at: at, lie: lie}
	l.during(f, call)
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.asked) > at
}

// spoilt are what stands in the place of a part of an answer.
var spoilt = []Lie{
	{Name: "nil", frame: raw("_\r\n")},
	{Name: "a text", frame: raw("$8\r\nnonsense\r\n"), sure: true},
	{Name: "an empty text", frame: raw("$0\r\n\r\n"), sure: true},
	{Name: "a negative number", frame: raw(":-7\r\n")},
	{Name: "the highest number", frame: raw(":9223372036854775807\r\n")},
	{Name: "an empty list", frame: raw("*0\r\n")},
	{Name: "an error", frame: raw("-ERR in a list\r\n")},
}

// Spoilt are the right answer to a command with one part wrong, missing or there twice.
func (a *Asked) Spoilt() []Lie { return spoil("", a.answer, func(f frame) frame { return f }) }

// unused are facts of a stream of which we know nothing: whatever stands there will do.
var unused = []string{"max-deleted-entry-id", "recorded-first-entry-id", "first-entry", "last-entry"}

// spoil spoils each part of f; whole puts f, as it has become, into the answer.
func spoil(name string, f frame, whole func(frame) frame) []Lie {
	var lies []Lie
	for at, kid := range f.kids {
		if at > 0 && slices.Contains(unused, f.kids[at-1].text) {
			continue
		}
		_, err := seckill.ParseStreamID(kid.text)
		with := func(parts ...frame) frame {
			g := f
			g.kids = slices.Concat(f.kids[:at], parts, f.kids[at+1:])
			return whole(g)
		}
		part := fmt.Sprintf("%s/%d", name, at)
		lies = append(lies, Lie{Name: part + " missing", frame: with()}, Lie{Name: part + " twice", frame: with(kid, kid)})
		for _, s := range spoilt {
			lies = append(lies, Lie{Name: part + " " + s.Name, frame: with(s.frame), sure: err == nil && s.sure})
		}
		lies = append(lies, spoil(part, kid, func(g frame) frame { return with(g) })...)
	}
	return lies
}

// LiedTo is a call of which each command is answered wrongly.
type LiedTo struct {
	Name string // "Type.Method", or "Func"
	// Do sets all up, makes the call, and returns its error. A result out of the bounds that
	// the call keeps is an error of its own, which is no outage.
	Do func() error
	// Believes are, by the command ("hget"), the lies that cannot be told from a right answer,
	// or that say the same: those of which the call makes a result within its bounds. "*" are
	// all, of a command that can be done without.
	Believes map[string][]string
}

// everywhere are lies that go-redis or Redis itself makes good.
var everywhere = map[string][]string{
	"evalsha": {"error NOSCRIPT No matching script. Please use EVAL."}, // the script is sent again, whole
}

// believes reports whether the answer to a command may be taken for a right one.
func (c *LiedTo) believes(command, lie string) bool {
	all := slices.Concat(c.Believes[command], everywhere[command])
	return slices.Contains(all, lie) || slices.Contains(all, "*")
}

// LieTo answers each command of a call with each of Lies, and its right answer with each
// part of it spoilt. Whatever comes must be an outage, or one of the lies that the call may
// believe.
func (l *Liar) LieTo(t *testing.T, c *LiedTo, outage func(error) bool) {
	t.Helper()
	var err error
	honest := func() { err = c.Do() }
	if honest(); err != nil { // so that every script is known
		t.Fatalf("honestly: %v", err)
	}
	asked := l.Listen(honest)
	if len(asked) == 0 {
		t.Fatal("it sends nothing")
	}
	for at := range asked {
		command := asked[at].Name()
		for n, lie := range slices.Concat(l.lies, asked[at].Spoilt()) {
			lie.sure = lie.sure || n < len(l.lies)
			made, told := l.forged(at, lie, c), fmt.Sprintf("command %d, %s, is answered with %q", at, command, lie.Name)
			switch {
			case made != nil && !outage(made):
				t.Errorf("%s: %v", told, made)
			case made == nil && lie.sure && !c.believes(command, lie.Name):
				t.Errorf("%s: believed", told)
			}
		}
	}
}

// forged makes a call to which a lie is told, and returns its error.
func (l *Liar) forged(at int, lie Lie, c *LiedTo) (err error) {
	l.Forge(at, lie, func() {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		err = c.Do()
	})
	return err
}
