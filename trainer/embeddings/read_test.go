package embeddings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadPairs(t *testing.T) {
	want := []Pair{{"tiger", "cat", 7.35}, {"old", "new", -1.5}}
	for name, text := range map[string]string{
		"white space":   "tiger  cat 7.35\nold new   -1.5\n",
		"tabs":          "# a comment\ntiger\tcat\t7.35\r\n\nold\tnew\t-1.5\r\n",
		"named":         "\uFEFFword1\tword2\tPOS\tSimLex999\tconc\ntiger\tcat\tN\t7.35\t1\nold\tnew\tA\t-1.5\t2\n",
		"commas":        "Word 1,Word 2,Human (mean)\ntiger,cat,7.35\nold, new, -1.5\n",
		"plain header":  "word1 word2 judgement\ntiger cat 7.35\nold new -1.5",
		"column beyond": "tiger\tcat\tN\t7.35\tHYPERNYMS\nold\tnew\tA\t-1.5\tANTONYMS\n",
	} {
		got, err := ReadPairs("f", strings.NewReader(text))
		if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for text, want := range map[string]string{
		"a b 1\nc d x\ne f NaN\n":           "f:2: \"x\" is not a score\nf:3: \"NaN\" is not a score",
		"a\tb\tN\t1\nc\td\tN\n":             "f:2: 3 fields, so there is none in column 4, which holds the scores",
		"a b\n":                             "f:1: 2 fields where two words and a score are expected",
		"first\tsecond\tkind\tnote\nx\ty\n": "f:1: no score among first, second, kind, note; if this line names the columns, call that of the scores \"score\"\nf:2: 2 fields",
		"\tb\t1\n":                          "f:1: a word is empty",
		"# nothing\n":                       "f holds no pairs of words",
		"a b 1\n" + strings.Repeat("x", longestLine+1): "f:2: the line is longer than a megabyte",
		strings.Repeat("a b\n", 50):                    "f:10: 2 fields where two words and a score are expected\nf: and perhaps more",
	} {
		if _, err := ReadPairs("f", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v, want %s", text, err, want)
		}
	}
}

func TestReadQuestions(t *testing.T) {
	for text, want := range map[string]string{
		"a b c d\n: s\na b c\n\nx y z w v\n": "f:3: 3 words where the four of a question are expected\nf:5: 5 words",
		":\na b c d\n":                       "f:1: the section has no name",
		"// nothing\n: s\n":                  "f holds no questions",
	} {
		if _, err := ReadQuestions("f", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestReadClasses(t *testing.T) {
	const wide = "# lemma\tpos\tkind of thing\tn\ncat\tn\tanimal\t1\nbat\tn\tanimal\t2\nbat\tn\ttool\t2\nsaw\tn\ttool\t1\nsaw\tv\ttool\t1\n"
	for _, column := range []string{"kind", "3"} {
		c, err := ReadClasses("f", strings.NewReader(wide), column)
		if err != nil || len(c.Of) != 2 || c.Of["cat"] != "animal" || c.Of["saw"] != "tool" || c.Ambiguous != 1 || c.Column != "kind of thing" {
			t.Errorf("column %s: %+v, %v", column, c, err)
		}
	}
	for text, column := range map[string]string{
		"cat\tanimal\nsaw\ttool\n":                       "2",
		"word\tn\tclass\ncat\t1\tanimal\nsaw\t2\ttool\n": "class",
	} {
		c, err := ReadClasses("f", strings.NewReader(text), "")
		if err != nil || len(c.Of) != 2 || c.Of["cat"] != "animal" || c.Column != column {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
	for _, c := range []struct{ text, column, want string }{
		{wide, "", "f: which of the columns holds the classes? name one of 2 (pos), 3 (kind), 4 (n)"},
		{wide, "5", "f: no column 5 for the classes; there are 2 (pos), 3 (kind), 4 (n)"},
		{wide, "lemma", "f: no column lemma"},
		{"cat animal\n", "", "f: a word and its class are expected, with a tab between them"},
		{"cat\tanimal\ndog\n", "", "f:2: 1 field, so there is none in column 2, which holds the classes"},
		{"cat\tanimal\ndog\t \n", "", "f:2: "},
		{"cat\ta\ncat\tb\n", "", "f holds no words with one class"},
	} {
		if _, err := ReadClasses("f", strings.NewReader(c.text), c.column); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.20q column %q: %v, want %s", c.text, c.column, err, c.want)
		}
	}
}

// shared opens a file of the data that lies beside the repository.
func shared(t *testing.T, name string) *os.File {
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", name))
	if err != nil {
		t.Skipf("no data to read: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestRealFiles(t *testing.T) {
	for name, want := range map[string]int{
		"wordsim353/wordsim353.tsv": 353, "simlex999/simlex999.txt": 999,
		"word-sim/EN-MC-30.txt": 30, "word-sim/EN-MEN-TR-3k.txt": 3000, "word-sim/EN-MTurk-287.txt": 287, "word-sim/EN-MTurk-771.txt": 771,
		"word-sim/EN-RG-65.txt": 65, "word-sim/EN-RW-STANFORD.txt": 2034, "word-sim/EN-SIMLEX-999.txt": 999,
		"word-sim/EN-SimVerb-3500.txt": 3500, "word-sim/EN-VERB-143.txt": 144, "word-sim/EN-WS-353-ALL.txt": 353,
		"word-sim/EN-WS-353-REL.txt": 252, "word-sim/EN-WS-353-SIM.txt": 203, "word-sim/EN-YP-130.txt": 130,
	} {
		if got, err := ReadPairs(name, shared(t, name)); err != nil || len(got) != want {
			t.Errorf("%s: %d pairs, want %d; %v", name, len(got), want, err)
		}
	}
	qs, err := ReadQuestions("questions", shared(t, "google-analogies/questions-words.txt"))
	if err != nil || len(qs) != 19544 || qs[0] != (Question{"capital-common-countries", "Athens", "Greece", "Baghdad", "Iraq"}) {
		t.Errorf("%d questions, %v", len(qs), err)
	}
	if _, err := ReadClasses("senses", shared(t, "wordnet-supersense/supersense.tsv"), ""); err == nil || !strings.Contains(err.Error(), "first_sense_lexfile") {
		t.Errorf("a file of five columns: %v", err)
	}
	c, err := ReadClasses("senses", shared(t, "wordnet-supersense/supersense.tsv"), "first_sense_lexfile")
	if err != nil || len(c.Of)+c.Ambiguous < 35000 || c.Of["sparrow"] != "noun.animal" {
		t.Errorf("%d words and %d ambiguous, sparrow is %s; %v", len(c.Of), c.Ambiguous, c.Of["sparrow"], err)
	}
}

func FuzzReadPairs(f *testing.F) {
	f.Add("word1\tword2\tscore\na\tb\t1\n")
	f.Add("a b 1\nc d 2")
	f.Fuzz(func(t *testing.T, text string) {
		pairs, err := ReadPairs("f", strings.NewReader(text))
		if err == nil && len(pairs) == 0 {
			t.Error("no pairs and no error")
		}
		for _, p := range pairs {
			if p.A == "" || p.B == "" || p.Score-p.Score != 0 {
				t.Errorf("pair %v", p)
			}
		}
	})
}

func FuzzReadQuestions(f *testing.F) {
	f.Add(": s\na b c d\n")
	f.Fuzz(func(t *testing.T, text string) {
		qs, err := ReadQuestions("f", strings.NewReader(text))
		if err == nil && len(qs) == 0 {
			t.Error("no questions and no error")
		}
	})
}

func FuzzReadClasses(f *testing.F) {
	f.Add("# word\tclass\na\tb\n", "class")
	f.Add("a\tb\tc\n", "3")
	f.Fuzz(func(t *testing.T, text, column string) {
		c, err := ReadClasses("f", strings.NewReader(text), column)
		if err == nil && len(c.Of) == 0 {
			t.Error("no classes and no error")
		}
		for w, class := range c.Of {
			if err == nil && (w == "" || class == "") {
				t.Errorf("%q: %q", w, class)
			}
		}
	})
}
