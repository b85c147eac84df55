package main

import (
	"math"
	"strings"
	"testing"
)

func TestFigure(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 135.2478: "135.2", 0.23051: "0.2305", 17000: "17,000", -2.5: "-2.500", 5.88e-5: "5.88e-05", 999.96: "1000",
		1381550: "1,381,550", 6.2e39: "6.2e+39", math.Inf(1): "+Inf",
	} {
		if got := figure(v); got != want {
			t.Errorf("figure(%g) = %s, want %s", v, got, want)
		}
	}
}

func TestGroupedAndSeconds(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %s, want %s", n, got, want)
		}
	}
	for s, want := range map[float64]string{0.04: "0.0 s", 59.9: "59.9 s", 125: "2m05s", 3725: "1h02m"} {
		if got := seconds(s); got != want {
			t.Errorf("seconds(%g) = %s, want %s", s, got, want)
		}
	}
}

func TestTableAligns(t *testing.T) {
	var b strings.Builder
	tab := table{header: []string{"name", ">value"}}
	tab.row("é", "1")
	tab.row("long name", "100")
	if err := tab.write(&b); err != nil {
		t.Fatal(err)
	}
	if want := "name       value\né              1\nlong name    100\n"; b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{"": "''", "gostd": "gostd", "a b": "'a b'", "it's": `'it'\''s'`, "--x=1e-3": "--x=1e-3", "$HOME": "'$HOME'"} {
		if got := shellQuote(in); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestControlCharactersAreShown(t *testing.T) {
	for in, want := range map[string]string{
		"a\nb\tc é 漢": "a\nb\tc é 漢", "\x1b]0;t\a\r\b\x00\x7f": `\x1b]0;t\x07\x0d\x08\x00\x7f`, "\u009b2J": `\x9b2J`, "\x9b2J": `\x9b2J`,
		"a\u202eb": `a\u202eb`, "\ufffd\x01": "\ufffd" + `\x01`,
	} {
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
	}
	var b strings.Builder
	tab := table{header: []string{"na\x1bme", ">value"}}
	tab.row("\x1b[31m", "1")
	if err := tab.write(&b); err != nil {
		t.Fatal(err)
	}
	if err := pairs(&b, "k\x1b", "v\f"); err != nil {
		t.Fatal(err)
	}
	if want := "na\\x1bme  value\n\\x1b[31m      1\nk\\x1b  v\\x0c\n"; b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}
