package word2vec

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sweep/trainer/vectors"
)

var words = []string{"</s>", "the", " ", "\n", "\t", "a b", "␠", "näive", "\u00a0", "\u0085", "5", "-", "\ufeff", "\x7f", "a␠b", "</s>_"}

// rows are numbers that are hard to write in few digits.
func rows(n, dim int) [][]float32 {
	out := make([][]float32, n)
	for i := range out {
		out[i] = make([]float32, dim)
		for j := range out[i] {
			out[i][j] = math.Float32frombits(uint32(0x3f800000 + 7919*i + 104729*j))
		}
	}
	out[0][0], out[1][0], out[2][0] = math.SmallestNonzeroFloat32, -math.MaxFloat32, 0.1
	return out
}

// TestReadBack reads both formats with the reader of this program.
func TestReadBack(t *testing.T) {
	for name, write := range map[string]func(*os.File, []string, [][]float32) error{
		"text":   func(f *os.File, w []string, v [][]float32) error { return Text(f, w, v) },
		"binary": func(f *os.File, w []string, v [][]float32) error { return Binary(f, w, v) },
	} {
		for _, dim := range []int{1, 2, 30} {
			file := filepath.Join(t.TempDir(), "v")
			f, err := os.Create(file)
			if err != nil {
				t.Fatal(err)
			}
			want := rows(len(words), dim)
			if err := write(f, words, want); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			got, err := vectors.Read(t.Context(), file, nil)
			if err != nil {
				t.Fatalf("%s, %d numbers: %v", name, dim, err)
			}
			if got.Format != vectors.Format("word2vec "+name) || got.Dim != dim || got.Repeated > 0 || !slices.Equal(got.Words, Words(words)) {
				t.Errorf("%s: %s of %d, %q", name, got.Format, got.Dim, got.Words)
			}
			for i := range want {
				if !slices.Equal(got.Row(i), want[i]) {
					t.Errorf("%s, %d numbers: row %d is %v, want %v", name, dim, i, got.Row(i), want[i])
				}
			}
		}
	}
}

func TestWords(t *testing.T) {
	want := []string{"</s>", "the", "␠_", "␊", "␉", "a␠b_", "␠", "näive", "<U+00A0>", "<U+0085>", "5", "-", "<U+FEFF>", "<U+007F>", "a␠b", "</s>_"}
	if got := Words(words); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := Words([]string{"", "_", "\r"}); !slices.Equal(got, []string{"__", "_", "␍"}) {
		t.Errorf("%q", got)
	}
}

func TestWrongShapes(t *testing.T) {
	for _, v := range [][][]float32{nil, {{1}}, {{1}, {1, 2}}, {{}, {}}} {
		if err := Text(&bytes.Buffer{}, []string{"a", "b"}, v); err == nil {
			t.Errorf("%v was taken", v)
		}
	}
}
