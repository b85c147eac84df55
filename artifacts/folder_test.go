package artifacts

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

func whole(text string) *checked {
	sum := sha256.Sum256([]byte(text))
	return &checked{r: strings.NewReader(text), hash: sha256.New(), want: hex.EncodeToString(sum[:])}
}

// What is synced, and when: a file before it has its name, and then every folder that has a new name in it.
func TestFolderSyncs(t *testing.T) {
	dir := t.TempDir()
	var synced []string
	d := &folder{dir, func(f *os.File) error {
		name, _ := filepath.Rel(dir, f.Name())
		if strings.Contains(name, ".sweep-part-") {
			if _, err := os.Stat(filepath.Join(dir, "a", "b", "object")); err == nil {
				t.Error("the object had its name before it was synced")
			}
			name = "temporary file"
		} else if name == filepath.Join("a", "b") {
			if _, err := os.Stat(filepath.Join(dir, "a", "b", "object")); err != nil {
				t.Error("the folder was synced before the object had its name in it")
			}
		}
		synced = append(synced, filepath.ToSlash(name))
		return f.Sync()
	}}
	if err := d.write("a/b/object", whole("text")); err != nil {
		t.Fatal(err)
	}
	if want := []string{".", "a", "temporary file", "a/b"}; !slices.Equal(synced, want) {
		t.Errorf("synced %q, want %q", synced, want)
	}
	d.prune("a/b/other")
	if _, err := os.Stat(filepath.Join(dir, "a", "b", "object")); err != nil {
		t.Errorf("pruned too much: %v", err)
	}
}

// A disk that is full, and a file that changes, leave nothing.
func TestFolderFails(t *testing.T) {
	for name, c := range map[string]struct {
		d    folder
		from *checked
		want error
	}{
		"sync":    {folder{sync: func(*os.File) error { return syscall.ENOSPC }}, whole("text"), syscall.ENOSPC},
		"read":    {folder{sync: (*os.File).Sync}, &checked{r: iotest.ErrReader(syscall.EIO), hash: sha256.New()}, syscall.EIO},
		"changed": {folder{sync: (*os.File).Sync}, &checked{r: strings.NewReader("text"), hash: sha256.New(), want: "another"}, ErrChanged},
	} {
		t.Run(name, func(t *testing.T) {
			c.d.dir = t.TempDir()
			if err := os.MkdirAll(filepath.Join(c.d.dir, "p"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := c.d.write("p/object", c.from); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if left, _ := os.ReadDir(filepath.Join(c.d.dir, "p")); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}
