package corpus

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
)

// The list that is embedded is what NAMES.md says: 3,515,897 births, each name once, the most frequent first.
func TestNationalNames(t *testing.T) {
	seen := map[string]bool{}
	births, before, last := 0, 1<<30, ""
	err := splitLines(bytes.NewReader(nationalNames), func(line int, s []byte) error {
		name, count, _ := strings.Cut(string(s), " ")
		n, err := strconv.Atoi(count)
		if err != nil {
			return err
		}
		if n > before || n == before && name <= last {
			t.Errorf("line %d: %s does not follow %s", line, name, last)
		}
		if seen[name] || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("line %d: %q", line, name)
		}
		seen[name] = true
		births += n
		before, last = n, name
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != 29_693 || births != 3_515_897 {
		t.Errorf("%d names, %d births; want 29,693 and 3,515,897", len(seen), births)
	}
}

func TestNames(t *testing.T) {
	d := mustOpen(t, Options{Corpus: "names"})
	if d.Vocab.Size() != 27 || d.Vocab.Symbol(0) != "." || d.Vocab.Unk() != -1 {
		t.Errorf("%d symbols: %q", d.Vocab.Size(), d.Vocab.symbols)
	}
	for c := 'a'; c <= 'z'; c++ {
		if _, ok := d.Vocab.Index(string(c)); !ok {
			t.Errorf("no %c", c)
		}
	}
	if got, want := [3]int{d.Train.Documents(), d.Val.Documents(), d.Test.Documents()}, [3]int{23_754, 2_970, 2_969}; got != want {
		t.Errorf("got %v names, want %v", got, want)
	}
	// The hash of the split that sweeps of names are compared under: it must never move.
	if want := "9fbbc2bc0931fffefc322d6880299013207bf556589616b464dabb4b07923608"; d.SplitHash != want {
		t.Errorf("split %s, want %s", d.SplitHash, want)
	}
}
