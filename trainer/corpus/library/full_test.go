//go:build linux

package library

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// An import that fills the disk leaves nothing but what was there before.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("this user cannot mount a small file system: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	l := At(filepath.Join(dir, "data"))
	mustWrite(t, l, "mine", "a b\n", false)
	_, err := l.Write("mine", true, func(w io.Writer) (Manifest, error) {
		_, err := io.WriteString(w, strings.Repeat("a line of a long text\n", 10_000))
		return Manifest{}, err
	})
	var full *FullError
	if !errors.As(err, &full) || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), l.Dir()) {
		t.Errorf("got %v, want a full disk", err)
	}
	if e, err := l.Find("mine"); err != nil || e.Verify(t.Context()) != nil {
		t.Errorf("the text before is %+v, %v", e, err)
	}
	mustWrite(t, l, "also", strings.Repeat("there is room again\n", 1000), false)
}
