package test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"seckill/client"
	"seckill/internal/servertest"
)

// front is an nginx with the configuration of deploy/compose.
type front struct {
	t      *testing.T
	port   int
	output *servertest.Output
}

// nginxFile writes that configuration for replicas at loopback addresses. `resolve` is newer
// than the nginx of most machines, and addresses do not want it.
func nginxFile(t *testing.T, port int, replicas [2]string) string {
	t.Helper()
	text, err := os.ReadFile(root + "/deploy/compose/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	exchange := []string{
		"listen 8888", fmt.Sprintf("listen 127.0.0.1:%d", port),
		"server seckill-a:8888 resolve", "server " + replicas[0],
		"server seckill-b:8888 resolve", "server " + replicas[1],
		"/tmp/", folder + "/",
	}
	for i := 0; i < len(exchange); i += 2 {
		if !strings.Contains(string(text), exchange[i]) {
			t.Fatalf("nginx.conf has no %q", exchange[i])
		}
	}
	file := filepath.Join(folder, "nginx.conf")
	// The limit of a container is not that of the test.
	changed := strings.ReplaceAll(strings.NewReplacer(exchange...).Replace(string(text)), "worker_rlimit_nofile 262144;", "")
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// startNginx checks the configuration and runs nginx in front of replicas.
func startNginx(t *testing.T, replicas [2]string) *front {
	t.Helper()
	name := program(t, "nginx")
	port := servertest.FreePort(t)
	file := nginxFile(t, port, replicas)
	if out, err := exec.CommandContext(t.Context(), name, "-t", "-c", file).CombinedOutput(); err != nil {
		t.Fatalf("nginx -t: %v: %s", err, out)
	}
	f := &front{t: t, port: port, output: &servertest.Output{}}
	command := exec.Command(name, "-c", file, "-g", "daemon off;")
	command.Stdout, command.Stderr = f.output, f.output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM) // its workers end with it
		_ = command.Wait()
		if t.Failed() {
			t.Logf("output of nginx:\n%s", f.output)
		}
	})
	servertest.Eventually(t, "nginx answers", func() bool { return fetch(t, fmt.Sprintf("http://127.0.0.1:%d/healthz", port)) != "" })
	return f
}

// api is the public client, with the token of a role.
func (f *front) api(role string) *client.Client {
	return (&replica{t: f.t, port: f.port}).api(role)
}

// behindNginx starts two replicas that sell a product, with nginx in front.
func behindNginx(t *testing.T) (s *site, a *replica, f *front) {
	t.Helper()
	s = newSite(t)
	a, b := s.start("a", ways{}), s.start("b", ways{})
	a.sell(client.NewProduct{ProductID: product, StockTotal: new(int64(100))})
	return s, a, startNginx(t, [2]string{fmt.Sprintf("127.0.0.1:%d", a.port), fmt.Sprintf("127.0.0.1:%d", b.port)})
}

// TestNginxOfComposeLetsWaitersAndEventsThrough holds up an attempt: nginx passes an event when
// it happens, not when a buffer is full, and waits as long as whoever waits for a result.
func TestNginxOfComposeLetsWaitersAndEventsThrough(t *testing.T) {
	s, _, f := behindNginx(t)
	bff := f.api("bff")
	held, err := s.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Rollback(context.WithoutCancel(t.Context())) }() // of a test that fails
	if _, err := held.Exec(t.Context(), "SELECT 1 FROM seckill_products WHERE product_id = $1 FOR UPDATE", product); err != nil {
		t.Fatal(err)
	}
	if _, err := bff.Attempt(t.Context(), product, 42, "one"); err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 20*time.Second) // what is kept in a buffer would never come
	defer cancel()
	event, stop := iter.Pull2(bff.ResultEvents(soon, product, 42))
	defer stop()
	expect := func(want client.ResultStatus) {
		t.Helper()
		if result, err, _ := event(); err != nil || result.Status != want {
			t.Fatalf("the event is %+v, %v, want one of %s", result, err, want)
		}
	}
	expect(client.Processing)
	waited := make(chan client.Result, 1)
	go func() {
		result, _ := bff.WaitResult(t.Context(), product, 42, 25*time.Second)
		waited <- result
	}()
	if err := held.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(client.Success)
	if result := <-waited; result.Status != client.Success {
		t.Errorf("who waits gets %+v", result)
	}
}

// TestNginxOfComposeGoesAroundAReplicaThatIsGone kills one: nobody is refused for that.
func TestNginxOfComposeGoesAroundAReplicaThatIsGone(t *testing.T) {
	_, a, f := behindNginx(t)
	a.kill()
	bff := f.api("bff")
	for user := range int64(20) {
		if result, err := bff.Buy(t.Context(), product, 1+user, "one", 20*time.Second); err != nil || result.Status != client.Success {
			t.Fatalf("user %d: %+v, %v", 1+user, result, err)
		}
	}
}
