package servertest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Wire stands before a PostgreSQL as a proxy that knows the messages of its protocol
// ("Frontend/Backend Protocol" in its manual), without encryption. It cuts connections
// where a test says, and leads new ones elsewhere when it is told to.
type Wire struct {
	listener net.Listener
	group    sync.WaitGroup
	ended    chan struct{}

	mu     sync.Mutex
	target string
	links  map[*wireLink]bool
	made   int
	cut    func(link int, m Message) Cut
}

// Message is a message on a Wire, by its kind.
type Message struct {
	FromServer bool
	Kind       byte   // as the protocol has it; 0 = the first of a connection, which has none
	Word       string // of a simple query, or of the end of a statement, its first word: BEGIN, COPY
}

// String is the message as a test prints it.
func (m Message) String() string {
	from, kind := "client", string(m.Kind)
	if m.FromServer {
		from = "server"
	}
	if m.Kind == 0 {
		kind = "startup"
	}
	return strings.TrimSpace(from + " " + kind + " " + m.Word)
}

// Cut is where a connection ends.
type Cut int

// A message passes, or the connection ends before it, in the middle of it, or behind it, or
// stays and carries nothing more from its side.
const (
	Pass Cut = iota
	CutBefore
	CutWithin
	CutBehind
	Stall
)

// Cuts are the ends that there are.
var Cuts = []Cut{CutBefore, CutWithin, CutBehind}

// String is the cut as a test prints it.
func (c Cut) String() string { return [...]string{"pass", "before", "within", "behind", "stall"}[c] }

// wireLink is one connection through a Wire.
type wireLink struct {
	number         int // by the order in which they were made, from 1
	client, server net.Conn
	mute           atomic.Bool // what the server says is thrown away
}

func (l *wireLink) close() {
	_ = l.client.Close()
	_ = l.server.Close()
}

// NewWire starts a proxy before the PostgreSQL of a URL. It ends with the test.
func NewWire(tb testing.TB, of string) *Wire {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	w := &Wire{listener: listener, target: hostOf(tb, of), links: map[*wireLink]bool{}, ended: make(chan struct{})}
	w.group.Go(w.accept)
	tb.Cleanup(func() {
		_ = listener.Close()
		close(w.ended)
		w.Sever()
		w.group.Wait()
	})
	return w
}

func hostOf(tb testing.TB, of string) string {
	tb.Helper()
	parsed, err := url.Parse(of)
	if err != nil {
		tb.Fatal(err)
	}
	return parsed.Host
}

// Through returns the URL of a database as one that leads through the proxy.
func (w *Wire) Through(tb testing.TB, of string) string {
	tb.Helper()
	return strings.Replace(of, hostOf(tb, of), w.listener.Addr().String(), 1)
}

// Lead has the connections that are made from now on lead to the PostgreSQL of a URL.
// Those that there are stay.
func (w *Wire) Lead(tb testing.TB, to string) {
	tb.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.target = hostOf(tb, to)
}

// Cut asks f of every message from now on, one at a time; nil lets all of them pass. Messages of
// several connections come mixed: what belongs together has the same link, the number of its
// connection.
func (w *Wire) Cut(f func(link int, m Message) Cut) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = f
}

// Sever ends every connection that there is.
func (w *Wire) Sever() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for l := range w.links {
		l.close()
	}
}

func (w *Wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		target := w.target
		w.mu.Unlock()
		server, err := net.Dial("tcp", target) //nolint:noctx // it ends with the proxy
		if err != nil {
			_ = client.Close()
			continue
		}
		l := &wireLink{client: client, server: server}
		w.mu.Lock()
		w.made++
		l.number = w.made
		w.links[l] = true
		w.mu.Unlock()
		w.group.Go(func() { w.requests(l) })
		w.group.Go(func() {
			_ = w.forward(l, true)
			l.close()
			w.mu.Lock()
			delete(w.links, l)
			w.mu.Unlock()
		})
	}
}

// errCut is the end of a connection that a test has asked for.
var errCut = errors.New("cut")

// requests forwards what the client says. At the end the server still reads what has been
// sent, and does it; nobody hears of it.
func (w *Wire) requests(l *wireLink) {
	err := w.forward(l, false)
	if tcp, ok := l.server.(*net.TCPConn); ok && errors.Is(err, errCut) {
		l.mute.Store(true)
		_ = l.client.Close()
		_ = tcp.CloseWrite()
		return
	}
	l.close()
}

// forward hands messages on until the connection ends, or is cut.
func (w *Wire) forward(l *wireLink, fromServer bool) error {
	to, from := l.server, l.client
	if fromServer {
		to, from = from, to
	}
	reader, writer := bufio.NewReaderSize(from, 64<<10), bufio.NewWriterSize(to, 64<<10)
	defer writer.Flush() //nolint:errcheck // who reads is gone
	started := fromServer
	for {
		message, text, err := readMessage(reader, started)
		if err != nil {
			return err
		}
		started = true
		message.FromServer = fromServer
		if fromServer && l.mute.Load() {
			continue
		}
		cut := w.ask(l.number, message)
		part := map[Cut]int{Pass: len(text), CutWithin: len(text) / 2, CutBehind: len(text)}[cut]
		if _, err := writer.Write(text[:part]); err != nil {
			return err
		}
		if cut == Stall {
			_ = writer.Flush() // who reads may be gone
			<-w.ended
		}
		if cut != Pass {
			return errCut
		}
		if reader.Buffered() > 0 {
			continue
		}
		if err := writer.Flush(); err != nil {
			return err
		}
	}
}

func (w *Wire) ask(link int, m Message) Cut {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut == nil {
		return Pass
	}
	return w.cut(link, m)
}

// readMessage reads a message: its kind, but of the first of a client, and its length,
// which counts itself.
func readMessage(r *bufio.Reader, started bool) (m Message, text []byte, err error) {
	head := 5
	if !started {
		head = 4
	}
	text = make([]byte, head)
	if _, err = io.ReadFull(r, text); err != nil {
		return m, nil, err
	}
	if started {
		m.Kind = text[0]
	}
	body := make([]byte, max(4, binary.BigEndian.Uint32(text[head-4:]))-4)
	if _, err = io.ReadFull(r, body); err != nil {
		return m, nil, err
	}
	if m.Kind == 'Q' || m.Kind == 'C' {
		m.Word = firstWord(string(body))
	}
	return m, slices.Concat(text, body), nil
}

// firstWord is the command of a statement, behind a comment, or of its end; of the message that closes a
// prepared statement it is nothing, since its name is no word.
func firstWord(text string) string {
	word := strings.TrimRight(text, "\x00")
	if _, behind, found := strings.Cut(word, "*/ "); found && strings.HasPrefix(word, "/*") {
		word = behind
	}
	if end := strings.IndexAny(word, " ;\x00\n"); end >= 0 {
		word = word[:end]
	}
	word = strings.ToUpper(word)
	if strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return word
}
