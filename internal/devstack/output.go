package devstack

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
)

// tailBytes is how much of a server's last output goes into an error.
const tailBytes = 4 << 10

// output is where a server writes, and what it wrote last.
type output struct {
	writer io.Writer
	tail   func() string
	close  func() error
}

// openOutput writes to log, or, when that is nil, to a file that begins anew.
func openOutput(log io.Writer, path string) (*output, error) {
	if log != nil {
		t := &tailWriter{next: log}
		return &output{writer: t, tail: t.String, close: func() error { return nil }}, nil
	}
	// A file goes to the server as it is, without a pipe through us: it can
	// still write its last words when we have been killed.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return &output{writer: file, tail: func() string { return fileTail(file) }, close: file.Close}, nil
}

func fileTail(file *os.File) string {
	info, err := file.Stat()
	if err != nil {
		return ""
	}
	buf := make([]byte, min(info.Size(), tailBytes))
	n, _ := file.ReadAt(buf, info.Size()-int64(len(buf)))
	return string(buf[:n])
}

// tailWriter passes everything on and remembers the end of it.
type tailWriter struct {
	next io.Writer
	mu   sync.Mutex
	last bytes.Buffer
}

// Write implements io.Writer.
func (t *tailWriter) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last.Write(p)
	if extra := t.last.Len() - tailBytes; extra > 0 {
		t.last.Next(extra)
	}
	return t.next.Write(p)
}

// String returns the last bytes that were written.
func (t *tailWriter) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last.String()
}
