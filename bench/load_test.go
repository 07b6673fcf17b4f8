package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	// loadRole in the environment makes the test binary a load generator: like wrk, it
	// is a process of its own, whose scheduler and garbage are not the benchmark's.
	loadRole = "SECKILL_BENCH_LOAD"
	// loadConnections is how many keep-alive connections ask at once.
	loadConnections = 128
	// loadWarmUp is how long a load lasts before it is measured.
	loadWarmUp = time.Second
	// loadLimit bounds the time for one answer, and that for a whole load beyond its own.
	loadLimit = 15 * time.Second
)

// marks in a request, each replaced by ten digits: markUser by a user, markSerial by the
// number of the request.
const (
	markUser   = "<<<user>>>"
	markSerial = "<<serial>>"
)

// load is what a generator is asked for.
type load struct {
	Address string        `json:"address"`
	Request string        `json:"request"` // HTTP/1.1, with marks
	First   int           `json:"first"`   // number of the first request, or of its first attempt
	Users   int           `json:"users"`   // how many different users ask, one after another; 0 = a new one each time
	Batch   int           `json:"batch"`   // attempts of a request, each with a mark of its own; 0 = one that is no batch
	Clients int           `json:"clients"` // connections; 0 = loadConnections
	Warm    time.Duration `json:"warm"`    // not measured
	Time    time.Duration `json:"time"`
	Rate    float64       `json:"rate"` // requests a second by the clock; 0 = each connection asks as soon as it is answered
}

// count is how many attempts, or other questions, a request has.
func (l load) count() int { return max(l.Batch, 1) }

// connections is how many connections ask at once.
func (l load) connections() int {
	if l.Clients > 0 {
		return l.Clients
	}
	return loadConnections
}

// loaded is what a generator has seen. All numbers are of attempts where a request is a
// batch of them.
type loaded struct {
	Sent     int         `json:"sent"`     // requests, each of them answered
	Statuses map[int]int `json:"statuses"` // of all answers
	Rate     float64     `json:"rate"`     // answers a second while it was measured
	Client   float64     `json:"client"`   // microseconds of processor time that the generator took for a request
	Server   float64     `json:"server"`   // the same of the server; this and the next are not the generator's to tell
	Redis    float64     `json:"redis"`    // the same of Redis
	P50      float64     `json:"p50"`      // milliseconds from when a request was due; of a load with a Rate
	P99      float64     `json:"p99"`
	Max      float64     `json:"max"`
}

// cost is the processor time that a request takes of all, in microseconds.
func (l loaded) cost() float64 { return l.Client + l.Server + l.Redis }

// user returns the n-th user: different from all others for 2^30 numbers, in an order
// without a pattern that an index would like, and always of ten digits.
func user(n int) int64 { return 1<<30 + int64(uint32(n)*0x9E3779B1&(1<<30-1)) }

// generate runs a load in a process of its own.
func (l load) generate(b *testing.B) loaded {
	b.Helper()
	question, err := json.Marshal(l)
	if err != nil {
		b.Fatal(err)
	}
	command := exec.Command(os.Args[0])
	// One processor: a second one would idle, and cost system calls to do so.
	command.Env = append(os.Environ(), loadRole+"=1", "GOMAXPROCS=1", "GOGC=400")
	command.Stdin, command.Stderr = bytes.NewReader(question), os.Stderr
	output, err := command.Output()
	var answer loaded
	if err == nil {
		err = json.Unmarshal(output, &answer)
	}
	if err != nil {
		b.Fatalf("load of %s: %v", l.Address, err)
	}
	return answer
}

// runLoad is the main function of a generator.
func runLoad(in io.Reader, out io.Writer) error {
	var l load
	if err := json.NewDecoder(in).Decode(&l); err != nil {
		return fmt.Errorf("read what to ask: %w", err)
	}
	answer, err := l.run()
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(answer)
}

// run asks until the time is over, and then waits for the answers under way.
func (l load) run() (loaded, error) {
	g := &generator{load: l}
	for range l.connections() {
		c, err := g.dial()
		if err != nil {
			return loaded{}, err
		}
		defer func() { _ = c.conn.Close() }()
		g.clients = append(g.clients, c)
	}
	g.began = time.Now()
	var group sync.WaitGroup
	failures := make([]error, len(g.clients))
	for i, c := range g.clients {
		group.Go(func() { failures[i] = c.ask(i) })
	}
	var before, after int64
	var took time.Duration
	group.Go(func() {
		time.Sleep(l.Warm)
		began := time.Now()
		before = g.answered.Load()
		time.Sleep(l.Time)
		after, took = g.answered.Load(), time.Since(began)
		g.over.Store(true)
	})
	group.Wait()
	answer := g.sum()
	answer.Rate = float64(after-before) / took.Seconds()
	return answer, errors.Join(failures...)
}

// generator is a load under way.
type generator struct {
	load

	began    time.Time
	next     atomic.Int64
	answered atomic.Int64
	over     atomic.Bool
	clients  []*client
}

// client is one connection.
type client struct {
	g        *generator
	conn     net.Conn
	reader   *bufio.Reader
	request  []byte
	body     bytes.Buffer // of the last answer to a batch
	users    []int        // where the marks are
	serials  []int
	statuses [600]int
	late     []time.Duration // how long after each request was due its answer was there
}

func (g *generator) dial() (*client, error) {
	conn, err := net.DialTimeout("tcp", g.Address, loadLimit)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	deadline := time.Now().Add(g.Warm + g.Time + loadLimit)
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, fmt.Errorf("bound the time of a connection: %w", err)
	}
	return &client{
		g: g, conn: conn, reader: bufio.NewReaderSize(conn, 4096), request: []byte(g.Request),
		users: places(g.Request, markUser), serials: places(g.Request, markSerial),
	}, nil
}

func places(text, mark string) []int {
	var list []int
	for at := 0; ; {
		i := strings.Index(text[at:], mark)
		if i < 0 {
			return list
		}
		list = append(list, at+i)
		at += i + len(mark)
	}
}

// ask sends requests, one after another, until the load is over. With a Rate the
// connections take turns, and each request is due at its time whether or not the one
// before it is answered: what comes late is counted as late.
func (c *client) ask(number int) error {
	connections := c.g.connections()
	pause := time.Duration(float64(connections) / max(c.g.Rate, 1) * float64(time.Second))
	due := c.g.began.Add(pause * time.Duration(number) / time.Duration(connections))
	measured := c.g.began.Add(c.g.Warm)
	for ; !c.g.over.Load(); due = due.Add(pause) {
		if c.g.Rate > 0 {
			time.Sleep(time.Until(due))
		}
		if err := c.one(); err != nil {
			return err
		}
		if c.g.Rate > 0 && !due.Before(measured) {
			c.late = append(c.late, time.Since(due))
		}
	}
	return nil
}

// one sends a request and reads its answer.
func (c *client) one() error {
	count := c.g.count()
	n := int(c.g.next.Add(1)-1)*count + c.g.First
	for i, at := range c.users {
		who := n + i%count
		if c.g.Users > 0 {
			who %= c.g.Users
		}
		digits(c.request[at:at+len(markUser)], user(who))
	}
	for i, at := range c.serials {
		digits(c.request[at:at+len(markSerial)], int64(n+i%count))
	}
	if _, err := c.conn.Write(c.request); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if err := c.read(); err != nil {
		return fmt.Errorf("receive: %w", err)
	}
	c.g.answered.Add(int64(count))
	return nil
}

// read reads an answer and counts it.
func (c *client) read() error {
	if c.g.Batch > 0 {
		return c.readBatch()
	}
	status, err := readAnswer(c.reader)
	c.statuses[status]++
	return err
}

// queued stands in each item of an answer to a batch whose attempt is queued.
var queued = []byte(`"streamId":`)

// readBatch reads the answer to a batch, which may come in chunks. An attempt that is not
// queued counts as refused.
func (c *client) readBatch() error {
	answer, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	c.body.Reset()
	if _, err := c.body.ReadFrom(answer.Body); err != nil {
		return err
	}
	n := bytes.Count(c.body.Bytes(), queued)
	c.statuses[answer.StatusCode] += n
	c.statuses[http.StatusConflict] += c.g.Batch - n
	return nil
}

// digits writes a number over text, with leading zeros.
func digits(text []byte, n int64) {
	for i := len(text) - 1; i >= 0; i-- {
		text[i] = byte('0' + n%10)
		n /= 10
	}
}

var (
	lengthName = []byte("Content-Length: ") // as net/http writes it
	errAnswer  = errors.New("an answer that the generator does not understand")
)

// readAnswer reads an answer to its end and returns its status. It understands no more
// than what go-zero answers to these requests: a short body of a length that is given.
func readAnswer(r *bufio.Reader) (status int, err error) {
	length := -1
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		switch {
		case first:
			if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
				return 0, errAnswer
			}
			status, err = strconv.Atoi(string(line[9:12]))
			if err != nil || status < 200 || status > 599 {
				return 0, errAnswer
			}
		case len(line) == 2:
			if length < 0 {
				return 0, errAnswer
			}
			_, err = r.Discard(length)
			return status, err
		case bytes.HasPrefix(line, lengthName):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(lengthName):]))); err != nil {
				return 0, errAnswer
			}
		}
	}
}

// sum adds up what the connections have seen.
func (g *generator) sum() loaded {
	sum := loaded{Statuses: map[int]int{}}
	var late []time.Duration
	for _, c := range g.clients {
		late = append(late, c.late...)
		for status, n := range c.statuses {
			if n > 0 {
				sum.Statuses[status] += n
				sum.Sent += n
			}
		}
	}
	if len(late) > 0 {
		slices.Sort(late)
		sum.P50, sum.P99 = milliseconds(late[len(late)/2]), milliseconds(late[len(late)*99/100])
		sum.Max = milliseconds(late[len(late)-1])
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err == nil && sum.Sent > 0 {
		sum.Client = float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1000 / float64(sum.Sent)
	}
	return sum
}
