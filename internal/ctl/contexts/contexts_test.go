package contexts

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestContextsAreKeptWhereNobodyElseReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "contexts.yaml")
	var f File
	for _, c := range []Context{{Name: "b", Address: "http://b", Token: "secret"}, {Name: "a", Address: "http://a", Production: true}} {
		if err := f.Put(c); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second time over the first
		if err := Save(path, f); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if folder, err := os.Stat(filepath.Dir(path)); err != nil || folder.Mode().Perm() != 0o700 {
		t.Errorf("mode of the folder %v, %v", folder.Mode(), err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".contexts-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	read, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	a, foundA := read.Find("a")
	b, foundB := read.Find("b")
	if !foundA || !foundB || !a.Production || b.Token != "secret" || read.Current != "b" || read.Contexts[0].Name != "a" {
		t.Errorf("read %+v", read)
	}
}

func TestAFileThatOthersReadIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "contexts.yaml")
	for mode, refused := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o604: true} {
		if err := os.WriteFile(path, []byte("contexts: []\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path)
		if (err != nil) != refused {
			t.Errorf("mode %04o: %v", mode, err)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatIsNotThereIsEmpty(t *testing.T) {
	f, err := Load(filepath.Join(t.TempDir(), "none.yaml"))
	if err != nil || len(f.Contexts) > 0 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestRemovingTheCurrentContextLeavesNone(t *testing.T) {
	f := File{Current: "a", Contexts: []Context{{Name: "a"}, {Name: "b"}}}
	if f.Remove("c") || !f.Remove("a") || f.Current != "" || len(f.Contexts) != 1 {
		t.Errorf("%+v", f)
	}
}

func TestNames(t *testing.T) {
	for name, good := range map[string]bool{
		"prod": true, "eu-west.1_b": true, "": false, "a b": false, "-c": false, "a\nb": false, strings.Repeat("a", 64): false,
	} {
		if err := new(File).Put(Context{Name: name}); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestThePath(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", "/home/alice/.config")
	if path, err := Path(""); err != nil || path != "/home/alice/.config/seckillctl/contexts.yaml" {
		t.Errorf("%s, %v", path, err)
	}
	if path, err := Path("/x"); err != nil || path != "/x" {
		t.Errorf("%s, %v", path, err)
	}
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("HOME", "")
	if path, err := Path(""); !errors.Is(err, ErrHomeless) {
		t.Errorf("without a home: %q, %v", path, err)
	}
}
