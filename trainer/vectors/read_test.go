package vectors

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// file writes content to a file of that name, and returns its path.
func file(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// packedBinary writes vectors in word2vec's binary format, with or without line ends.
func packedBinary(words []string, values []float32, ends bool) []byte {
	dim := len(values) / len(words)
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d %d\n", len(words), dim)
	for i, w := range words {
		b.WriteString(w + " ")
		for _, x := range values[i*dim:][:dim] {
			b.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)))
		}
		if ends {
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}

// zipped compresses with gzip, standard with Zstandard.
func zipped(t testing.TB, content []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func standard(t testing.TB, content []byte) []byte {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(content, nil)
}

// TestRead reads the same two words from every format.
func TestRead(t *testing.T) {
	const rows = "the 1 -2.5 3e-1\ncat 0 4 .5\n"
	words, values := []string{"the", "cat"}, []float32{1, -2.5, 0.3, 0, 4, 0.5}
	for _, c := range []struct {
		name    string
		content []byte
		format  Format
	}{
		{"v.txt", []byte("2 3\n" + rows), Word2vecText},
		{"v.vec", []byte("2 3\r\nthe 1 -2.5 3e-1 \r\n\r\ncat 0 4 .5"), Word2vecText},
		{"v.bin", packedBinary(words, values, true), Word2vecBinary},
		{"tight.bin", packedBinary(words, values, false), Word2vecBinary},
		{"glove.txt", []byte(rows), GloveText},
		{"bom.txt", []byte("\ufeff" + rows), GloveText},
		{"repeated.txt", []byte(rows + "the 9 9 9\n"), GloveText},
		{"v.tsv", []byte("word\ta\tb\tc\nthe\t1\t-2.5\t3e-1\n\ncat\t0\t4\t.5\n"), FeatureTable},
		{"v.csv", []byte("word,a,b,c\nthe,1,-2.5,3e-1\n\"cat\",0,4,.5\n"), FeatureTable},
		{"comma.txt", []byte("word,a,b,c\nthe,1,-2.5,3e-1\ncat,0,4,.5\n"), FeatureTable},
	} {
		for _, form := range []struct {
			suffix string
			pack   func(testing.TB, []byte) []byte
		}{{"", nil}, {".gz", zipped}, {".zst", standard}} {
			t.Run(c.name+form.suffix, func(t *testing.T) {
				content := c.content
				if form.pack != nil {
					content = form.pack(t, content)
				}
				s, err := Read(t.Context(), file(t, c.name+form.suffix, content), nil)
				if err != nil {
					t.Fatal(err)
				}
				if s.Format != c.format || s.Dim != 3 || !slices.Equal(s.Words, words) || !slices.Equal(s.Values, values) {
					t.Errorf("%s, %d wide: %v %v", s.Format, s.Dim, s.Words, s.Values)
				}
				repeated := 0
				if strings.HasPrefix(c.name, "repeated") {
					repeated = 1
				}
				if s.Repeated != repeated || s.Rows != int64(2+repeated) {
					t.Errorf("%d rows, %d repeated", s.Rows, s.Repeated)
				}
				plain, err := Read(t.Context(), file(t, "plain"+c.name, c.content), nil)
				if err != nil || plain.Hash != s.Hash || len(s.Hash) != 64 {
					t.Errorf("hash %s, of the plain file %s, %v", s.Hash, plain.Hash, err)
				}
				kept, err := Read(t.Context(), file(t, c.name+form.suffix, content), func(w string) bool { return w == "cat" })
				if err != nil || !slices.Equal(kept.Words, words[1:]) || !slices.Equal(kept.Values, values[3:]) || kept.Hash != s.Hash {
					t.Errorf("only cat: %+v, %v", kept, err)
				}
			})
		}
	}
}

func TestTable(t *testing.T) {
	s, err := Read(t.Context(), file(t, "f.tsv", []byte("word\tkind\tlegs\tuse\ncat\tanimal\t4\tpet\ncar\tvehicle\t0\t\nhen\tanimal\t2\tfood\n")), nil)
	if err != nil {
		t.Fatal(err)
	}
	columns := []string{"kind=animal", "kind=vehicle", "legs", "use=food", "use=pet"}
	if !slices.Equal(s.Columns, columns) {
		t.Errorf("columns %v, want %v", s.Columns, columns)
	}
	want := []float32{1, 0, 4, 0, 1, 0, 1, 0, 0, 0, 1, 0, 2, 1, 0}
	if !slices.Equal(s.Values, want) {
		t.Errorf("values %v, want %v", s.Values, want)
	}
	if i, ok := s.Index("car"); !ok || !slices.Equal(s.Row(i), want[5:10]) {
		t.Errorf("car is row %d, %t", i, ok)
	}
}

// TestWords keeps words that are odd: with spaces in them, or of white space that is none between fields.
func TestWords(t *testing.T) {
	s, err := Read(t.Context(), file(t, "g.txt", []byte("plain 1 2\n. . . 3 4\n\u00a0 5 6\n7 7 8\n")), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"plain", ". . .", "\u00a0", "7"}; !slices.Equal(s.Words, want) {
		t.Errorf("words %q, want %q", s.Words, want)
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		name, content, want string
	}{
		{"empty.txt", "", "empty.txt is empty; expected word2vec"},
		{"prose.txt", "It was a dark night.\nAnd cold.\n", `prose.txt:1: expected word2vec ("count dim" in the first line), GloVe (a word and its numbers in each line), or a table whose first line names tab or comma separated columns; found "It was a dark night."`},
		{"short.txt", "3 2\na 1 2\nb 3 4\n", "short.txt: the first line announces 3 rows, the file holds 2; it may have been cut off"},
		{"long.txt", "1 2\na 1 2\nb 3 4\n", "long.txt:3: more rows than the 1 that the first line announces"},
		{"none.txt", "0 2\n", "none.txt holds no vectors"},
		{"width.txt", "a 1 2\nb 3\n", `width.txt:2: 1 numbers where 2 are expected: "b 3"`},
		{"wider.txt", "a 1 2\nb 3 4 5\n", `wider.txt:2: 3 numbers where 2 are expected: "b 3 4 5"`},
		{"nan.txt", "a 1 2\nb 3 nan\n", "nan.txt:2: number 2 is nan, which is not finite"},
		{"inf.txt", "2 2\na 1 2\nb -Inf 3\n", "inf.txt:3: number 1 is -Inf, which is not finite"},
		{"huge.txt", "a 1 2\nb 1e39 3\n", "huge.txt:2: number 1 is 1e39, which is not finite"},
		{"letters.txt", "a 1 2\nb 3 x\n", `letters.txt:2: number 2 is no number: "x"`},
		{"dim.txt", "10 100000\n", "dim.txt:1: 100000 numbers a word; 1 to 4096 can be read"},
		{"zero.txt", "10 0\n", "zero.txt:1: 0 numbers a word"},
		{"digits.txt", "99999999999999999999 3\n", `digits.txt:1: no numbers of rows and columns: "99999999999999999999 3"; expected "count dim"`},
		{"claim.bin", "1000000000000 300\nword \x00\x01\x02", "claim.bin: it ends in row 1 of the 1000000000000 that the first line announces"},
		{"claim2.bin", "1000000000000 4000\n\x00\x01\x02", "claim2.bin: it ends in row 1 of the 1000000000000"},
		{"rest.bin", "1 1\na \x00\x00\x80\x3fmore", "rest.bin: something follows the 1 rows of 1 numbers"},
		{"nan.bin", "2 1\na \x00\x00\x80\x3fb \x00\x00\xc0\x7f", `nan.bin: row 2, "b": number 1 is NaN, which is not finite`},
		{"columns.bin", "2 1\n\x01" + strings.Repeat("x", 5000), "columns.bin: row 1: no space after a word within 4096 bytes"},
		{"header.tsv", "cat\t1\t2\n", "header.tsv:1: the first line has numbers where a table of features has the names of its columns"},
		{"both.tsv", "word\tsize\na\t3\nb\tlarge\n", `both.tsv:3: column size holds both numbers and words: "large" here, "3" in line 2`},
		{"gap.tsv", "word\tsize\na\t3\nb\t\n", "gap.tsv:3: column size has no number here"},
		{"hollow.tsv", "word\tsize\na\t\nb\t\n", "hollow.tsv: column size is empty; leave it out"},
		{"infinite.tsv", "word\tsize\na\t3\nb\tNaN\n", "infinite.tsv:3: column size: NaN is not finite"},
		{"ragged.tsv", "word\tsize\na\t3\t4\n", "ragged.tsv:2: 3 columns where the first line has 2"},
		{"head.tsv", "word\tsize\n", "head.tsv: column size is empty"},
		{"quote.csv", "word,size\n\"a,3\n", `quote.csv:2: extraneous or missing " in quoted-field`},
		{"cut.gz", string(zipped(t, []byte("a 1 2\nb 3 4\n"))[:20]), "it ends in the middle"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := file(t, c.name, []byte(c.content))
			_, err := Read(t.Context(), path, nil)
			if e := (*Error)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got:  %v\nwant: %s", err, c.want)
			}
		})
	}
	for _, c := range []struct{ path, want string }{
		{"no-such-file", `no file "no-such-file"; give the path of a file, or the built-in table features`},
		{t.TempDir(), "is not a file"},
	} {
		if _, err := Read(t.Context(), c.path, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, file(t, "v.txt", []byte("a 1\n")), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a reading that was cancelled ends with %v", err)
	}
}

// TestFeatures reads the table that comes with the program: every word once, and every column with something to say.
func TestFeatures(t *testing.T) {
	s, err := Read(t.Context(), "features", nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Repeated != 0 || len(s.Words) < 1000 || s.Dim < 30 {
		t.Errorf("%d words, %d of them again, %d columns", len(s.Words), s.Repeated, s.Dim)
	}
	for k, name := range s.Columns {
		different := map[float32]bool{}
		for i := range s.Words {
			different[s.Row(i)[k]] = true
		}
		if len(different) < 2 {
			t.Errorf("%s is the same for all words", name)
		}
	}
}

// TestRealFiles reads vectors that others have made, where they are at hand, and reads the same from a binary file.
func TestRealFiles(t *testing.T) {
	for _, c := range []struct {
		name        string
		rows, width int
	}{{"w2v_googlenews_top1000_300d.txt", 1000, 300}, {"gensim_test_glove_50d.txt", 76, 50}} {
		path := filepath.Join("..", "..", "..", "shared", "data", "wordvecs", c.name)
		if _, err := os.Stat(path); err != nil {
			t.Skip("the shared word vectors are not at hand: ", err)
		}
		s, err := Read(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.Format != GloveText || s.Dim != c.width || len(s.Words)+s.Repeated != c.rows {
			t.Errorf("%s: %s, %d words of %d numbers", c.name, s.Format, len(s.Words), s.Dim)
		}
		b, err := Read(t.Context(), file(t, "v.bin", packedBinary(s.Words, s.Values, true)), nil)
		if err != nil || b.Format != Word2vecBinary || !slices.Equal(b.Words, s.Words) || !slices.Equal(b.Values, s.Values) {
			t.Errorf("%s: binary differs: %v", c.name, err)
		}
	}
}

// FuzzRead looks for files that bring the parsers down, or that they misread: what is read is finite, each word once.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"2 3\nthe 1 -2.5 3e-1\ncat 0 4 .5\n", "the 1 2\ncat 3 4\n", "word\tkind\tlegs\ncat\tanimal\t4\n", "a,b\nx,1\n",
		"1000000000000 300\nword \x00\x01", string(packedBinary([]string{"a", "b"}, []float32{1, 2, 3, 4}, true)),
		"\x1f\x8b\x08", "\x28\xb5\x2f\xfd\x00", "1 1\n", "\ufeffa 1\n", "\n", "a\t\n", "\"\n,\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		checkRead(t, "fuzz.csv", content)
		checkRead(t, "fuzz", content)
	})
}

// FuzzText and FuzzBinary begin with a header, which a fuzzer seldom finds.
func FuzzText(f *testing.F) {
	f.Add("a 1 2\nb 3 4\n", byte(2), byte(2))
	f.Fuzz(func(t *testing.T, rows string, count, dim byte) {
		checkRead(t, "fuzz", fmt.Appendf(nil, "%d %d\n%s", count, dim, rows))
	})
}

func FuzzBinary(f *testing.F) {
	f.Add([]byte("a \x00\x00\x80\x3f\nb \x00\x00\x80\x3f"), byte(2), byte(1))
	f.Fuzz(func(t *testing.T, rows []byte, count, dim byte) {
		s := &Set{Format: Word2vecBinary, index: map[string]int{}}
		in := inMemory(t, "fuzz", fmt.Appendf(nil, "%d %d\n%s", count, dim, rows))
		if in == nil {
			return
		}
		if err := in.binary(s, func(string) bool { return true }); err == nil {
			checkSet(t, s)
		}
	})
}

// FuzzTable likewise reads only tables.
func FuzzTable(f *testing.F) {
	f.Add("cat\tanimal\t4\ncar\tvehicle\t0\n")
	f.Fuzz(func(t *testing.T, rows string) {
		checkRead(t, "fuzz", []byte("word\tkind\tlegs\n"+rows))
		checkRead(t, "fuzz.csv", []byte("word,kind,legs\n"+strings.ReplaceAll(rows, "\t", ",")))
	})
}

// inMemory is a file of that name and content without a disk; nil if it is wrongly compressed.
func inMemory(t *testing.T, name string, content []byte) *source {
	s := &source{ctx: t.Context(), name: name, hash: sha256.New(), close: func() {}}
	if s.attach(bytes.NewReader(content)) != nil {
		return nil
	}
	return s
}

func checkRead(t *testing.T, name string, content []byte) {
	in := inMemory(t, name, content)
	if in == nil {
		return
	}
	defer in.close()
	s, err := in.read(nil)
	if e := (*Error)(nil); err != nil && !errors.As(err, &e) {
		t.Fatalf("an error of another kind: %v", err)
	}
	if err == nil {
		checkSet(t, s)
	}
}

func checkSet(t *testing.T, s *Set) {
	if len(s.Values) != len(s.Words)*s.Dim || int64(len(s.Words)+s.Repeated) != s.Rows {
		t.Fatalf("%d words of %d numbers, %d rows, %d repeated, %d numbers", len(s.Words), s.Dim, s.Rows, s.Repeated, len(s.Values))
	}
	seen := map[string]bool{}
	for i, w := range s.Words {
		if at, ok := s.Index(w); seen[w] || !ok || at != i {
			t.Fatalf("word %q is row %d and %d", w, i, at)
		}
		seen[w] = true
	}
	for _, x := range s.Values {
		if !finite(float64(x)) {
			t.Fatalf("%g was read", x)
		}
	}
}
