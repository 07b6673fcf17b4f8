package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"testing"

	"seckill/internal/servertest"
)

// TestManyWaitersLeaveDescriptorsForTheRest: 1,500 clients wait at a process that may have
// 1,024 files open, and go without a word.
func TestManyWaitersLeaveDescriptorsForTheRest(t *testing.T) {
	if _, err := exec.LookPath("prlimit"); err != nil {
		t.Skip("prlimit (util-linux) is not there")
	}
	const clients = 1500
	s := newSite(t)
	p := s.startAt(s.redis.Addr(), "a", "", "prlimit", "--nofile=1024:1024")
	p.ready()
	p.sell(2, `"stockTotal": 10`)
	before := p.files()
	token, err := bearer()
	if err != nil {
		t.Fatal(err)
	}
	address := p.address[len("http://"):]
	var group sync.WaitGroup
	room := make(chan struct{}, 50) // who come at once
	var mu sync.Mutex
	var open []net.Conn
	for user := range clients {
		room <- struct{}{}
		group.Go(func() {
			defer func() { <-room }()
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			_, err = fmt.Fprintf(conn, "GET /api/v1/products/2/users/%d/result?wait=30s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", user+1, token)
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	servertest.Eventually(t, "an ordinary request on a new connection is answered", func() bool {
		answer, err := fresh.Get(p.address + "/readyz")
		if err != nil {
			return false
		}
		defer func() { _ = answer.Body.Close() }()
		_, _ = io.Copy(io.Discard, answer.Body)
		return answer.StatusCode == http.StatusOK
	})
	if got := p.try(2, 1, ""); !got.admitted() {
		t.Errorf("an attempt meanwhile: %+v", got)
	}
	servertest.Eventually(t, "half of the files are those of waiters", func() bool { n := p.files(); return n > 500 && n < 900 })
	for _, conn := range open {
		_ = conn.Close()
	}
	servertest.Eventually(t, "their descriptors are free again", func() bool { return p.files() < before+100 })
}
