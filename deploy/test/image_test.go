package test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"seckill/internal/servertest"
)

// maxImage is the most that the image may have, in bytes, unpacked.
const maxImage = 60 << 20

// nonRoot is the user of the image, the one that distroless calls nonroot.
const nonRoot = 65532

// imageOf builds what the last stage of the Dockerfile builds, on nothing instead of on its
// base: what it copies is taken from the binary and from the repository.
func imageOf(t *testing.T, last stage) v1.Image {
	t.Helper()
	image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{Architecture: "amd64", OS: "linux", Config: last.config})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range last.copies {
		source := filepath.Join(root, c.source)
		if c.built {
			source = serviceBinary
		}
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return layerOf(source, c.target) })
		if err != nil {
			t.Fatal(err)
		}
		if image, err = mutate.AppendLayers(image, layer); err != nil {
			t.Fatal(err)
		}
	}
	return image
}

// layerOf is a layer with one file, of root, that everybody may read and run.
func layerOf(source, target string) (io.ReadCloser, error) {
	content, err := os.ReadFile(source)
	if err != nil {
		return nil, err
	}
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	header := &tar.Header{Name: strings.TrimPrefix(target, "/"), Mode: 0o755, Size: int64(len(content)), Typeflag: tar.TypeReg}
	err = w.WriteHeader(header)
	_, writeErr := w.Write(content)
	return io.NopCloser(&layer), errors.Join(err, writeErr, w.Close())
}

// unpack writes the files of an image below a folder in which nobody but root may write, and
// returns how many bytes they have.
func unpack(t *testing.T, image v1.Image, folder string) (size int64) {
	t.Helper()
	files := mutate.Extract(image)
	defer func() { _ = files.Close() }()
	for r := tar.NewReader(files); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, header.Name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, content, header.FileInfo().Mode())); err != nil {
			t.Fatal(err)
		}
		size += int64(len(content))
	}
	if err := os.Chmod(folder, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(folder, 0o755) })
	return size
}

// container is a process of the image, in its own root where the test may do that.
type container struct {
	t      *testing.T
	root   string
	config v1.Config
	env    []string
	rooted bool // the process has a root and a user of its own
}

// command is a command of the image, as an engine would run it.
func (c *container) command(words ...string) (*exec.Cmd, *servertest.Output) {
	output := &servertest.Output{}
	command := &exec.Cmd{Path: words[0], Args: words, Env: c.env, Dir: "/", Stdout: output, Stderr: output}
	if c.rooted {
		command.SysProcAttr = &syscall.SysProcAttr{Chroot: c.root, Credential: &syscall.Credential{Uid: nonRoot, Gid: nonRoot}}
		return command, output
	}
	for i, word := range words {
		if strings.HasPrefix(word, "/") {
			words[i] = filepath.Join(c.root, word)
		}
	}
	command.Path, command.Dir = words[0], c.root
	return command, output
}

// files are all files of the image with their times of change.
func (c *container) files() string {
	c.t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(c.root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			fmt.Fprintln(&all, name, info.Mode(), info.ModTime())
		}
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return all.String()
}

// check runs the health check of the image, or another probe instead.
func (c *container) check(probe string) (string, error) {
	words := slices.Clone(c.config.Healthcheck.Test[1:])
	if probe != "" {
		words[len(words)-1] += "=" + probe
	}
	command, output := c.command(words...)
	err := command.Run()
	return output.String(), err
}

// newContainer unpacks an image for a site.
func newContainer(t *testing.T, s *site, image v1.Image, config v1.Config) (c *container, size int64) {
	t.Helper()
	c = &container{t: t, root: t.TempDir(), config: config, rooted: os.Getuid() == 0}
	size = unpack(t, image, c.root)
	c.env = []string{
		"HOSTNAME=seckill-test", "SECKILL_ACCESS_SECRET=" + secret, "SECKILL_POSTGRES=" + s.url, "SECKILL_REDIS=" + s.redis.Addr(),
	}
	return c, size
}

// moved gives the image's configuration ports that are free; all else stays.
func (c *container) moved() {
	c.t.Helper()
	file := filepath.Join(c.root, "etc/seckill/seckill.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		c.t.Fatal(err)
	}
	api, dev := servertest.FreePort(c.t), servertest.FreePort(c.t)
	text = bytes.Replace(text, []byte("\nDevServer:\n"), fmt.Appendf(nil, "\nPort: %d\n\nDevServer:\n  Port: %d\n", api, dev), 1)
	if err := os.WriteFile(file, text, 0o755); err != nil {
		c.t.Fatal(err)
	}
}

func TestTheImageServesFromNothingButItsBinary(t *testing.T) {
	last := lastStage(t)
	image := imageOf(t, last)
	c, size := newContainer(t, newSite(t), image, last.config)
	if size > maxImage {
		t.Errorf("the image has %d MB, more than %d", size>>20, maxImage>>20)
	}
	t.Logf("the image has %.1f MB", float64(size)/(1<<20))
	c.moved()

	version, said := c.command(last.config.Entrypoint[0], "-version")
	if err := version.Run(); err != nil || !strings.HasPrefix(said.String(), "seckill "+builtVersion+" "+builtRevision[:12]+" go") {
		t.Errorf("-version: %v, %q", err, said)
	}
	if said, err := c.check(""); err == nil || !strings.Contains(said, "no answer") {
		t.Errorf("the health check before the start: %v, %q", err, said)
	}

	before := c.files()
	service, output := c.command(slices.Clone(last.config.Entrypoint)...)
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- service.Wait() }()
	t.Cleanup(func() {
		_ = service.Process.Kill()
		if t.Failed() {
			t.Logf("output of the service:\n%s", output)
		}
	})
	servertest.Eventually(t, "the image is ready", func() bool { _, err := c.check("ready"); return err == nil })
	if said, err := c.check(""); err != nil {
		t.Errorf("the health check: %v, %q", err, said)
	}
	if c.rooted {
		expectUser(t, service.Process.Pid)
	}
	if err := service.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "the image is not ready once it is told to end", func() bool { _, err := c.check("ready"); return err != nil })
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the service ended with %v:\n%s", err, output)
		}
	case <-time.After(time.Minute):
		t.Fatalf("the service does not end:\n%s", output)
	}
	if after := c.files(); after != before {
		t.Errorf("the service has written into its root:\n%s\nwas\n%s", after, before)
	}
}

// expectUser expects that every ID of a process is the image's user.
func expectUser(t *testing.T, pid int) {
	t.Helper()
	status, err := os.ReadFile(path.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat("\t"+strconv.Itoa(nonRoot), 4) + "\n"
	for _, ids := range []string{"Uid:", "Gid:"} {
		if !strings.Contains(string(status), "\n"+ids+want) {
			t.Errorf("the process runs as another user than %d:\n%s", nonRoot, status)
		}
	}
}

func TestTheImageSaysWhatItMissesFromItsEnvironment(t *testing.T) {
	last := lastStage(t)
	c, _ := newContainer(t, newSite(t), imageOf(t, last), last.config)
	for _, missing := range []string{"SECKILL_ACCESS_SECRET", "SECKILL_POSTGRES", "SECKILL_REDIS"} {
		part := *c
		part.env = slices.DeleteFunc(slices.Clone(c.env), func(e string) bool { return strings.HasPrefix(e, missing+"=") })
		service, output := part.command(slices.Clone(last.config.Entrypoint)...)
		if err := service.Run(); err == nil || !strings.Contains(output.String(), missing+" is not set") {
			t.Errorf("without %s: %v, %q", missing, err, output)
		}
	}
}
