package program

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// readLines reads all; a line that was cut gets a mark.
func readLines(t *testing.T, r io.Reader) []string {
	t.Helper()
	var out []string
	for ls := newLines(r); ; {
		text, cut, err := ls.next()
		if err != nil {
			if err != io.EOF {
				t.Fatal(err)
			}
			return out
		}
		s := string(text)
		if len(s) > 100 {
			s = fmt.Sprintf("%c x %d", s[0], len(s))
		}
		if cut {
			s += " cut"
		}
		out = append(out, s)
	}
}

func TestLines(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"a\n\nb\n", []string{"a", "", "b"}},
		{"a\nb", []string{"a", "b"}},
		{"\x00\xff\n\x1b", []string{"\x00\xff", "\x1b"}},
		{x(maxLine-1) + "\nb\n", []string{"x x 65535", "b"}},
		{x(maxLine) + "\nb\n", []string{"x x 65536 cut", "b"}},
		{x(3*maxLine) + "\nb\n" + x(maxLine+5) + "\nc", []string{"x x 65536 cut", "b", "x x 65536 cut", "c"}},
		{x(5 * maxLine), []string{"x x 65536 cut"}},
	} {
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(c.in), "by halves": iotest.HalfReader(strings.NewReader(c.in)),
			"with its end": iotest.DataErrReader(strings.NewReader(c.in)),
		} {
			if diff := cmp.Diff(c.want, readLines(t, r)); diff != "" {
				t.Errorf("%.20q of %d bytes, read %s (-want +got):\n%s", c.in, len(c.in), name, diff)
			}
		}
	}
}
