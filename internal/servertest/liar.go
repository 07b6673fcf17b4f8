package servertest

import (
	"bufio"
	"context"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Lie is an answer that a command cannot be answered with.
type Lie struct {
	Name  string
	frame frame
	cut   bool // the connection ends behind it
	sure  bool // of a part of an answer: a stream ID is one no more
}

// errorReplies are what servers of every kind refuse with.
var errorReplies = []string{
	"ERR unknown command", "ERR syntax error", "LOADING Redis is loading the dataset in memory", "BUSY Redis is busy running a script",
	"MISCONF Redis is configured to save RDB snapshots", "NOPERM this user has no permissions to run this command",
	"NOAUTH Authentication required.", "WRONGPASS invalid username-password pair or user is disabled.",
	"OOM command not allowed when used memory > 'maxmemory'.", "CLUSTERDOWN The cluster is down", "MOVED 1234 127.0.0.1:1",
	"ASK 1234 127.0.0.1:1", "MOVED", "ASK x", "NOSCRIPT No matching script. Please use EVAL.", "READONLY You can't write against a read only replica.",
	"NOREPLICAS Not enough good replicas to write.", "MASTERDOWN Link with MASTER is down", "TRYAGAIN Multiple keys request during rehashing of slot",
	"WRONGTYPE Operation against a key holding the wrong kind of value", "NOGROUP No such key or consumer group", "EXECABORT Transaction discarded",
	"UNBLOCKED the stream key no longer exists", "BUSYGROUP Consumer Group name already exists", "ERR max number of clients reached", "NOPROTO", "",
}

// wrongFrames are answers of every shape, of both versions of the protocol.
var wrongFrames = map[string]string{
	"nil":                   "$-1\r\n",
	"nil of a list":         "*-1\r\n",
	"nil of RESP3":          "_\r\n",
	"an empty string":       "$0\r\n\r\n",
	"an empty status":       "+\r\n",
	"a status":              "+OK\r\n",
	"a queued":              "+QUEUED\r\n",
	"a text":                "$7\r\nnothing\r\n",
	"zero":                  ":0\r\n",
	"one":                   ":1\r\n",
	"a negative number":     ":-7\r\n",
	"the highest number":    ":9223372036854775807\r\n",
	"the lowest number":     ":-9223372036854775808\r\n",
	"a number too high":     ":99999999999999999999\r\n",
	"no number":             ":many\r\n",
	"a text of a number":    "$2\r\n-1\r\n",
	"a float":               ",3.14\r\n",
	"no float":              ",nan\r\n",
	"a big number":          "(3492890328409238509324850943850943825024385\r\n",
	"a boolean":             "#t\r\n",
	"no boolean":            "#maybe\r\n",
	"a verbatim text":       "=8\r\ntxt:some\r\n",
	"a short verbatim":      "=1\r\nt\r\n",
	"an empty list":         "*0\r\n",
	"a list of nil":         "*1\r\n$-1\r\n",
	"a list of two nils":    "*2\r\n_\r\n*-1\r\n",
	"a short list":          "*1\r\n$1\r\na\r\n",
	"a list of numbers":     "*2\r\n:1\r\n:2\r\n",
	"a long list":           "*12\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n:7\r\n:8\r\n:9\r\n:10\r\n:11\r\n:12\r\n",
	"a list with an error":  "*2\r\n-ERR in a list\r\n:1\r\n",
	"nested rubbish":        "*3\r\n*2\r\n*1\r\n*0\r\n%1\r\n+a\r\n*1\r\n$-1\r\n:5\r\n~1\r\n#f\r\n",
	"an empty map":          "%0\r\n",
	"a map":                 "%2\r\n+a\r\n:1\r\n+b\r\n*0\r\n",
	"a map with a list":     "%1\r\n*1\r\n:1\r\n:2\r\n", // as a key
	"a set":                 "~2\r\n+a\r\n+b\r\n",
	"an error of RESP3":     "!9\r\nERR wrong\r\n",
	"an attribute":          "|1\r\n+a\r\n:1\r\n+OK\r\n",
	"a push":                ">2\r\n+invalidate\r\n*0\r\n",
	"an empty push":         ">0\r\n",
	"a push of a message":   ">1\r\n$7\r\nmessage\r\n",
	"a list far too long":   "*1000000000000\r\n",
	"a text far too long":   "$1000000000000\r\n",
	"a map far too long":    "%1000000000000\r\n",
	"a length beyond all":   "*9223372036854775807\r\n",
	"a text beyond all":     "$9223372036854775806\r\n",
	"a negative length":     "*-5\r\n",
	"no length":             "$x\r\n",
	"an answer of HTTP":     "HTTP/1.1 400 Bad Request\r\n\r\n",
	"bytes":                 "\x00\x01\x02\xff\r\n",
	"an empty line":         "\r\n",
	"a list without an end": strings.Repeat("*1\r\n", 5000),
}

// Lies are all answers that do not depend on the right one.
func Lies() []Lie {
	lies := []Lie{{Name: "cut", cut: true}, {Name: "cut within", frame: raw("*3\r\n$5\r\nab"), cut: true}}
	for _, text := range errorReplies {
		lies = append(lies, Lie{Name: "error " + text, frame: frame{head: '-', text: text}})
	}
	for name, text := range wrongFrames {
		// What is not complete would only be waited for.
		lies = append(lies, Lie{Name: name, frame: raw(text), cut: strings.Contains(name, "far too long") || strings.Contains(name, "without")})
	}
	return lies
}

// Liar stands between the service and a Redis, and answers some commands wrongly.
type Liar struct {
	Addr string

	tb     testing.TB
	target string
	lies   []Lie
	told   atomic.Int64
	choose atomic.Pointer[func(command []string) float64] // how likely a lie is; nil = honest
	forger atomic.Pointer[forger]                         // what answers the commands of one call; nil = nobody

	mu    sync.Mutex
	dice  *rand.Rand
	conns map[net.Conn]bool
	ended sync.Cond // of mu, when a connection is served no more
}

// NewLiar starts a proxy before the Redis at target. It is honest.
func NewLiar(tb testing.TB, target string, seed uint64) *Liar {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	l := &Liar{
		Addr: listener.Addr().String(), tb: tb, target: target, lies: Lies(), conns: map[net.Conn]bool{},
		dice: rand.New(rand.NewPCG(seed, seed)), //nolint:gosec // to be repeated
	}
	l.ended.L = &l.mu
	var group sync.WaitGroup
	group.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			group.Go(func() { l.serve(client) })
		}
	})
	tb.Cleanup(func() {
		_ = listener.Close()
		l.CutAll()
		group.Wait()
	})
	return l
}

// Lie has it lie from now on, as likely as chance says of each command.
func (l *Liar) Lie(chance func(command []string) float64) { l.choose.Store(&chance) }

// BeHonest has it lie no more.
func (l *Liar) BeHonest() { l.choose.Store(nil) }

// Told is how often it has lied.
func (l *Liar) Told() int64 { return l.told.Load() }

// CutAll ends every connection.
func (l *Liar) CutAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for conn := range l.conns {
		_ = conn.Close()
	}
}

// asked is a command on its way.
type asked struct {
	lie   bool
	made  bool            // the server has made it; else it was sent PING in its place
	forge func(frame) Lie // makes the answer out of the right one; nil = it stays as it is
}

func (l *Liar) serve(client net.Conn) {
	server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", l.target)
	if err != nil {
		_ = client.Close()
		return
	}
	l.mu.Lock()
	l.conns[client] = true
	l.mu.Unlock()
	queue := make(chan asked, 100_000)
	var replies sync.WaitGroup
	replies.Go(func() {
		l.answer(client, server, queue)
		_, _ = client.Close(), server.Close()
	})
	l.listen(client, server, queue)
	_, _ = client.Close(), server.Close()
	replies.Wait()
	l.mu.Lock()
	delete(l.conns, client)
	l.ended.Broadcast()
	l.mu.Unlock()
}

// listen takes the commands.
func (l *Liar) listen(client, server net.Conn, queue chan<- asked) {
	in := bufio.NewReader(client)
	var out []byte
	for {
		f, err := readFrame(in)
		if err != nil {
			return
		}
		words := f.words()
		next := asked{made: true}
		if chance := l.choose.Load(); chance != nil {
			likely := (*chance)(words)
			next.lie, next.made = l.roll() < likely, l.roll() < 0.6
			next.made = next.made || !next.lie
		}
		if forger := l.forger.Load(); forger != nil {
			next.forge = forger.next(words)
		}
		if !next.made {
			f = frame{head: '*', kids: []frame{{head: '$', text: "PING"}}}
		}
		// The answer to these is a push, or is taken for one.
		if len(words) == 0 || !strings.Contains(strings.ToLower(words[0]), "subscribe") {
			queue <- next
		}
		out = f.append(out[:0])
		if _, err := server.Write(out); err != nil {
			return
		}
	}
}

// answer passes the replies on, or others.
func (l *Liar) answer(client, server net.Conn, queue <-chan asked) {
	in, out := bufio.NewReader(server), bufio.NewWriter(client)
	for {
		f, err := readFrame(in)
		if err != nil {
			return
		}
		next := l.askedFor(f, queue)
		lie := Lie{frame: f}
		if next.forge != nil {
			lie = next.forge(f)
		}
		if next.lie {
			l.told.Add(1)
			lie = l.another(f, next.made)
		}
		if _, err := out.Write(lie.frame.append(nil)); err != nil || lie.cut {
			_ = out.Flush()
			return
		}
		if in.Buffered() == 0 || next.lie {
			if err := out.Flush(); err != nil {
				return
			}
		}
	}
}

// askedFor returns what was asked for with a frame as its answer. A push answers nothing.
func (l *Liar) askedFor(f frame, queue <-chan asked) (next asked) {
	if f.head == '>' {
		next.lie = l.choose.Load() != nil && l.roll() < 0.1
		return next
	}
	select {
	case next = <-queue:
	default: // a push of RESP2
	}
	return next
}

func (l *Liar) roll() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dice.Float64()
}

func (l *Liar) pick(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dice.IntN(n)
}

// another makes a wrong answer out of the right one, or of nothing.
func (l *Liar) another(honest frame, made bool) Lie {
	switch way := l.pick(8); {
	case way == 0 && made:
		text := honest.append(nil)
		return Lie{Name: "cut within", frame: raw(string(text[:l.pick(len(text))])), cut: true}
	case way <= 3 && len(honest.kids) > 0:
		return Lie{Name: "another part", frame: l.spoil(honest)}
	default:
		return l.lies[l.pick(len(l.lies))]
	}
}

// spoil makes one part of an answer wrong: it is missing, there twice, or another one.
func (l *Liar) spoil(f frame) frame {
	if len(f.kids) == 0 {
		return l.lies[l.pick(len(l.lies))].frame
	}
	f.kids = append([]frame(nil), f.kids...)
	at := l.pick(len(f.kids))
	switch l.pick(6) {
	case 0: // short
		f.kids = append(f.kids[:at], f.kids[at+1:]...)
	case 1: // long
		f.kids = append(f.kids, f.kids[at])
	default:
		f.kids[at] = l.spoil(f.kids[at])
	}
	return f
}
