package stream

import (
	"bufio"
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

// TestLengthsAreCheckedBeforeTheyAreBelieved feeds frames a byte at a time, and at once.
func TestLengthsAreCheckedBeforeTheyAreBelieved(t *testing.T) {
	for text, right := range map[string]bool{
		"+OK\r\n:5\r\n-ERR x\r\n_\r\n#t\r\n,1.5\r\n(99\r\n": true,
		"$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n%0\r\n~0\r\n>0\r\n":  true,
		"$9\r\n*99999999\r\n+OK\r\n":                        true, // a text may look like anything
		"=8\r\ntxt:some\r\n!3\r\nERR\r\n":                   true,
		"|1\r\n+a\r\n:1\r\n*1\r\n*1\r\n:1\r\n":              true,
		strings.Repeat("*1\r\n", depthLimit) + ":1\r\n":     true,
		strings.Repeat("*1\r\n", depthLimit+1):              false,
		strings.Repeat("%1\r\n:1\r\n", depthLimit+1):        false,
		strings.Repeat("*1\r\n:1\r\n", 100):                 true, // one after the other
		strings.Repeat("*2\r\n*0\r\n$1\r\n\n\r\n", 100):     true,
		"*1000000000000\r\n":                                false,
		"*8388609\r\n":                                      false,
		"%4194305\r\n":                                      false,
		"$268435457\r\n":                                    false,
		"$9223372036854775807\r\n":                          false,
		"$92233720368547758079223372036854775807\r\n":       false,
		"$-5\r\n":  false,
		"*x\r\n":   false,
		"*\r\n":    false,
		"HTTP\r\n": true, // go-redis knows what to say of it
	} {
		var whole, each frames
		err := whole.take([]byte(text))
		for i := range len(text) {
			if single := each.take([]byte{text[i]}); single != nil {
				if err == nil {
					t.Errorf("%.40q: %v, a byte at a time only", text, single)
				}
				break
			}
		}
		if right != (err == nil) || err != nil && !errors.Is(err, ErrReply) {
			t.Errorf("%.40q: %v", text, err)
		}
		if right && (whole.depth != 0 || whole.skip != 0 || each.depth != 0 || each.skip != 0) {
			t.Errorf("%.40q: has ended, but %d deep", text, whole.depth)
		}
	}
}

func BenchmarkFrames(b *testing.B) {
	var f frames
	reply := []byte("*2\r\n$15\r\n1700000000000-0\r\n*6\r\n$3\r\nuid\r\n$7\r\n1234567\r\n$3\r\nrid\r\n$6\r\nabcdef\r\n$5\r\nepoch\r\n$1\r\n3\r\n")
	for b.Loop() {
		_ = f.take(reply)
	}
}

// TestWhatComesUnaskedHangsNothing has a server send an attribute after its answer, and then
// nothing: whoever takes the connection next must be told.
func TestWhatComesUnaskedHangsNothing(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	sent := make(chan struct{}, 100)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answerPings(conn, sent)
		}
	}()
	clients := NewClients(ClientConfig{Addrs: []string{listener.Addr().String()}, ReadTimeout: time.Second, WriteTimeout: time.Second})
	defer func() { _ = clients.Close() }()
	done := make(chan error, 1)
	go func() {
		first := clients.Commands.Ping(context.Background()).Err()
		<-sent
		done <- errors.Join(first, clients.Commands.Ping(context.Background()).Err())
	}()
	select {
	case err := <-done:
		t.Log(err)
	case <-time.After(30 * time.Second): // a bound: it would hang for ever
		t.Error("the second command hangs")
	}
}

// answerPings answers every command, PING rightly, and sends more after that.
func answerPings(conn net.Conn, sent chan<- struct{}) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "hello":
			_, _ = conn.Write([]byte("-ERR unknown command\r\n"))
		case "ping":
			_, _ = conn.Write([]byte("+PONG\r\n"))
			time.Sleep(50 * time.Millisecond) // it comes by itself, behind the answer
			_, _ = conn.Write([]byte("|1\r\n+a\r\n:1\r\n"))
			sent <- struct{}{}
		}
	}
}
