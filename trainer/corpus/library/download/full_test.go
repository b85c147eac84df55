package download

import (
	"errors"
	"io"
	"log"
	"os"
	"runtime"
	"strings"
	"testing"

	"sweep/trainer/corpus/library"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// A disk that is full ends the download, says how much is needed, and gets back what the download took.
func TestFullDisk(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no /dev/full on " + runtime.GOOS)
	}
	f := newFixture(t)
	// Every write to the part is refused by the system, as on a full disk.
	if err := errors.Join(f.lib.Make(), os.Symlink("/dev/full", f.lib.PartPath("sample"))); err != nil {
		t.Fatal(err)
	}
	_, err := f.get(public(serve(t, file(text, `"1"`))))
	var full *library.FullError
	if !errors.As(err, &full) || full.Need != int64(len(text)) || !strings.Contains(err.Error(), "320000 bytes or more are needed in "+f.lib.Dir()) {
		t.Errorf("got %v, want a full disk and the size of the text", err)
	}
	f.nothing()
	if _, err := os.Lstat(f.lib.PartPath("sample")); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("the part is left: %v", err)
	}
	if _, err := f.get(public(serve(t, file(text, `"1"`)))); err != nil {
		t.Fatal(err)
	}
	f.whole()
}
