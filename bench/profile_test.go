package bench

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// profilesFolder in the environment names a folder that keeps a CPU profile of the server under
// each load, for `go tool pprof`. It costs a few percent.
const profilesFolder = "SECKILL_BENCH_PROFILES"

// startTime is how long a profile of what is drained waits for the service to start, and
// workTime how long it is.
const startTime, workTime = 500 * time.Millisecond, 2 * time.Second

// profile takes a profile of the server of the given process for as long as a load is
// measured, if that is asked for. The returned function waits for it.
func (d *bed) profile(pid int, warm, measured time.Duration) (wait func()) {
	d.b.Helper()
	folder := os.Getenv(profilesFolder)
	if folder == "" {
		return func() {}
	}
	d.profiles++
	file := filepath.Join(folder, fmt.Sprintf("%s-%d.pprof", strings.ReplaceAll(d.b.Name(), "/", "-"), d.profiles))
	url := fmt.Sprintf("http://127.0.0.1:%d/debug/pprof/profile?seconds=%.0f", d.devPorts[pid], measured.Seconds())
	done := make(chan error, 1)
	time.AfterFunc(warm, func() { done <- download(url, file) })
	return func() {
		if err := <-done; err != nil {
			d.b.Error(err)
		}
	}
}

// download writes what is at an address to a file.
func download(url, file string) error {
	response, err := http.Get(url)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %s", url, response.Status, content)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o600)
}
