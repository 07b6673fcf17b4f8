package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/sys/unix"

	"seckill/client"
	"seckill/internal/servertest"
)

// newSale puts a product with five units on sale and returns a client of an operator.
func newSale(t *testing.T, productID int64) *client.Client {
	t.Helper()
	c, err := client.New(client.Config{URL: service.URL, Token: client.StaticToken(service.Token("operator"))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if _, err := c.CreateProduct(t.Context(), client.NewProduct{ProductID: productID, Name: "Phone 手机", StockTotal: new(int64(5))}); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "the gate is open", func() bool {
		books, err := c.Books(t.Context(), productID)
		return err == nil && books.RedisLeft != nil
	})
	return c
}

// buyAll sells out a product.
func buyAll(t *testing.T, c *client.Client, productID int64) {
	t.Helper()
	for user := range int64(5) {
		if _, err := c.Buy(t.Context(), productID, user+1, "", time.Minute); err != nil {
			t.Fatal(err)
		}
	}
}

// seckillctl is the command with the shared service, as an operator.
func seckillctl(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "seckillctl", args...)
	command.Env = append(os.Environ(), "SECKILL_ADDR="+service.URL, "SECKILL_TOKEN="+service.Token("operator"), "TERM=xterm-256color")
	return command
}

// TestASaleIsWatchedOnATerminal looks at a sale as a person does: on a terminal, from its
// first unit to its last, and ends it by a key.
func TestASaleIsWatchedOnATerminal(t *testing.T) {
	c := newSale(t, 7201)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	master, slave := terminal(t)
	command := seckillctl(ctx, "sale", "watch", "7201")
	command.Stdin, command.Stdout, command.Stderr = slave, slave, slave
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slave.Close()
	var out servertest.Output
	var reading sync.WaitGroup
	reading.Go(func() {
		for buffer := make([]byte, 4096); ; {
			n, err := master.Read(buffer)
			_, _ = out.Write(buffer[:n])
			if err != nil {
				return // the terminal is closed with its last process
			}
		}
	})
	shows := func(words string) {
		t.Helper()
		servertest.Eventually(t, "the terminal shows "+words, func() bool { return strings.Contains(ansi.Strip(out.String()), words) })
	}
	shows("Phone 手机")
	shows("0 of 5 sold, 5 left")
	buyAll(t, c, 7201)
	shows("SOLD OUT")
	shows("admitted")
	if !strings.Contains(out.String(), "\x1b[?1049h") {
		t.Error("it does not use a screen of its own")
	}
	if _, err := master.WriteString("q"); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	reading.Wait()
	if !strings.Contains(out.String(), "\x1b[?1049l") {
		t.Error("the user's screen is not given back")
	}
}

// terminal opens a pseudo-terminal of 100 by 30 (pty(7)).
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	connection, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var number int
	if controlErr := connection.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
		if err == nil {
			err = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 100})
		}
	}); controlErr != nil || err != nil {
		t.Fatal(controlErr, err)
	}
	if slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	return master, slave
}

// TestASaleIsWatchedThroughAPipe reads it as a program does, and ends it by a signal.
func TestASaleIsWatchedThroughAPipe(t *testing.T) {
	for i, format := range []string{"table", "jsonl"} {
		productID := int64(7202 + i)
		c := newSale(t, productID)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		command := seckillctl(ctx, "sale", "watch", strconv.FormatInt(productID, 10), "-o", format)
		out, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		want := "left=0/5"
		if format == "jsonl" {
			want = `"stockLeft":0,`
		}
		if !lines.Scan() {
			t.Fatal("it writes nothing")
		}
		buyAll(t, c, productID)
		for lines.Scan() && !strings.Contains(lines.Text(), want) {
			if format == "jsonl" && !json.Valid(lines.Bytes()) {
				t.Errorf("this is no JSON: %s", lines.Text())
			}
		}
		if !strings.Contains(lines.Text(), want) {
			t.Errorf("the last line is %q", lines.Text())
		}
		_ = command.Process.Signal(os.Interrupt)
		for lines.Scan() { // what is left
		}
		if err := command.Wait(); err != nil {
			t.Errorf("interrupted, it ends with %v", err)
		}
	}
}
