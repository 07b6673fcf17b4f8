package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"seckill/internal/auth"
	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// gateway is a bed on which one product is for sale, through the service and beside it.
type gateway struct {
	*bed
	port  int    // of the service
	pid   int    // of the server that ran last
	token string // of an operator
	first int    // number of the next attempt: of whoever has not come yet
	more  string // of the service's configuration
}

// newGateway puts a product up for sale that is settled into confirmed orders at once.
func newGateway(b *testing.B, stock int64) *gateway {
	b.Helper()
	g := &gateway{bed: newBed(b)}
	var err error
	g.token, err = auth.IssueToken(secret, "bench", string(auth.RoleOperator), time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	_, err = ledger.New(g.pool, silent{}).CreateProduct(b.Context(), "bench", seckill.Product{
		ProductID: product, StockTotal: &stock, PerUserLimit: 1,
	})
	if err != nil {
		b.Fatal(err)
	}
	return g
}

// serve runs the service until the returned function is called, and waits for its gate
// to be open: somebody tries it, who is a user like all others. Its consumer reads in batches
// of 1,000, and whatever has not been settled yet does not make it refuse anybody.
func (g *gateway) serve() (stop func()) {
	g.b.Helper()
	g.port = servertest.FreePort(g.b)
	g.pid, stop = g.launch("seckill", g.port, fmt.Sprintf("Consumer: {Count: %d}\nAdmission: {MaxDelay: 10m}\n%s", settleCount, g.more))
	body := strings.ReplaceAll(attemptBody, markUser, strconv.FormatInt(user(g.first), 10))
	servertest.Eventually(g.b, "the gate is open", func() bool {
		status, _ := g.call(http.MethodPost, attemptPath, body)
		return status == http.StatusAccepted || status == http.StatusConflict
	})
	g.first++
	return stop
}

// call makes one request to the service; without an answer the status is 0.
func (g *gateway) call(method, path, body string) (status int, answer []byte) {
	g.b.Helper()
	r, err := http.NewRequestWithContext(g.b.Context(), method, fmt.Sprintf("http://127.0.0.1:%d%s", g.port, path), strings.NewReader(body))
	if err != nil {
		g.b.Fatal(err)
	}
	r.Close = true
	r.Header.Set("Authorization", "Bearer "+g.token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = response.Body.Close() }()
	if answer, err = io.ReadAll(response.Body); err != nil {
		g.b.Fatal(err)
	}
	return response.StatusCode, answer
}

// request writes a request out, marks and all.
func (g *gateway) request(path, body string) string {
	head := "GET " + path + " HTTP/1.1\r\n"
	if body != "" {
		head = fmt.Sprintf("POST %s HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", path, len(body))
	}
	return head + "Host: 127.0.0.1\r\nAuthorization: Bearer " + g.token + "\r\n\r\n" + body
}

// ask loads the service, all of whose answers are to have the wanted status.
func (g *gateway) ask(l load, want int) loaded {
	g.b.Helper()
	l.First = g.first
	answer := g.load(g.port, l, want)
	g.first += answer.Sent
	return answer
}

// load asks the server on a port for as long as a measurement takes.
func (g *gateway) load(port int, l load, want int) loaded {
	g.b.Helper()
	l.Address, l.Warm, l.Time = net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), loadWarmUp, admissionTime
	process, server := g.cpu()
	profiled := g.profile(g.pid, l.Warm, l.Time)
	answer := l.generate(g.b)
	profiled()
	processAfter, serverAfter := g.cpu()
	answer.Server = (processAfter - process) / float64(max(answer.Sent, 1))
	answer.Redis = (serverAfter - server) / float64(max(answer.Sent, 1))
	if answer.Sent == 0 || answer.Statuses[want] != answer.Sent {
		g.b.Fatalf("answers by status: %v, want %d alone", answer.Statuses, want)
	}
	return answer
}

// cpu returns the processor time, in microseconds, that the server under load and Redis
// have taken so far.
func (g *gateway) cpu() (server, redis float64) {
	g.b.Helper()
	info, err := g.client.InfoMap(g.b.Context(), "cpu").Result()
	if err != nil {
		g.b.Fatal(err)
	}
	for _, name := range []string{"used_cpu_sys", "used_cpu_user"} {
		seconds, err := strconv.ParseFloat(info["CPU"][name], 64)
		if err != nil {
			g.b.Fatal(err)
		}
		redis += seconds * 1e6
	}
	return processorTime(g.b, g.pid), redis
}

// processorTime returns the processor time that a process has taken, in microseconds.
func processorTime(b *testing.B, pid int) float64 {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Skipf("processor time is read from /proc: %v", err)
	}
	_, fields, _ := strings.Cut(string(stat), ") ") // the name before it may hold spaces
	words := strings.Fields(fields)
	ticks := 0.0
	for _, word := range words[11:13] { // utime and stime, proc(5)
		n, err := strconv.ParseFloat(word, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return ticks * 1e6 / 100 // USER_HZ is 100 on every Linux
}

// bare loads the bare server with the same requests.
func (g *gateway) bare(l load) loaded {
	g.b.Helper()
	port, pid, stop := g.serveBare()
	defer stop()
	g.pid = pid
	return g.load(port, l, http.StatusOK)
}

// serveBare runs the bare server until the returned function is called.
func (g *gateway) serveBare() (port, pid int, stop func()) {
	g.b.Helper()
	port = servertest.FreePort(g.b)
	pid, stop = g.launch("bare", port, "")
	servertest.Eventually(g.b, "the bare server listens", func() bool {
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return port, pid, stop
}

// hold keeps the product's row, so that nothing is settled until the returned function
// is called. What is admitted meanwhile waits in the stream.
func (g *gateway) hold() (release func()) {
	g.b.Helper()
	tx, err := g.pool.Begin(g.b.Context())
	if err != nil {
		g.b.Fatal(err)
	}
	if _, err := tx.Exec(g.b.Context(), "SELECT FROM seckill_products WHERE product_id = $1 FOR UPDATE", product); err != nil {
		g.b.Fatal(err)
	}
	release = sync.OnceFunc(func() {
		if err := tx.Rollback(context.Background()); err != nil {
			g.b.Error(err)
		}
	})
	g.b.Cleanup(release) // or the pool of a benchmark that has failed would not close
	return release
}

// balanced waits until everything is settled, and checks that no unit is lost: as many
// orders as were admitted, and books that add up, those of Redis too.
func (g *gateway) balanced() {
	g.b.Helper()
	g.drainedProduct(product)
	var books struct {
		LiveOrders   int64 `json:"liveOrders"`
		InFlight     int64 `json:"inFlight"`
		PendingMoves int64 `json:"pendingMoves"`
		Drift        int64 `json:"drift"`
		Balanced     bool  `json:"balanced"`
	}
	servertest.Eventually(g.b, "the gate knows what is settled", func() bool {
		status, answer := g.call(http.MethodGet, "/admin/v1/products/1/books", "")
		if status != http.StatusOK {
			g.b.Fatalf("books = %d %s", status, answer)
		}
		if err := json.Unmarshal(answer, &books); err != nil {
			g.b.Fatal(err)
		}
		return books.InFlight == 0 && books.PendingMoves == 0
	})
	if !books.Balanced || books.Drift != 0 || books.LiveOrders != int64(g.first) {
		g.b.Fatalf("books = %+v after %d admitted attempts", books, g.first)
	}
}
