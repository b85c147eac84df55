package corpus

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Unknown is the symbol that stands for every word that the vocabulary leaves out.
const Unknown = "<unk>"

// sentenceEnd is how the boundary is written; at character level only where the text itself holds a full stop.
const sentenceEnd = "</s>"

// A Vocabulary numbers the symbols: 0 is the boundary, the others follow by falling frequency. It is read-only.
type Vocabulary struct {
	symbols []string
	index   map[string]int
	counts  []int64
	unk     int
}

// Size returns the number of symbols, boundary and <unk> included.
func (v *Vocabulary) Size() int { return len(v.symbols) }

// Symbol returns symbol i, 0 <= i < Size. The boundary, 0, is "</s>" among words and "." among characters ("</s>" where
// the text holds a full stop of its own).
func (v *Vocabulary) Symbol(i int) string { return v.symbols[i] }

// Index returns the index of symbol and whether the vocabulary holds it.
func (v *Vocabulary) Index(symbol string) (int, bool) {
	i, ok := v.index[symbol]
	return i, ok
}

// Lookup returns the index of symbol, that of <unk> if the vocabulary does not hold it, or -1 if it has no <unk>.
func (v *Vocabulary) Lookup(symbol string) int {
	if i, ok := v.index[symbol]; ok {
		return i
	}
	return v.unk
}

// Count returns how often symbol i is a target in the training part.
func (v *Vocabulary) Count(i int) int64 { return v.counts[i] }

// Unk returns the index of <unk>, or -1 if there is none.
func (v *Vocabulary) Unk() int { return v.unk }

func (v *Vocabulary) hash() string { return sum(v.symbols) }

func (v *Vocabulary) count(train Part) {
	v.counts = make([]int64, len(v.symbols))
	for _, s := range train.stream {
		v.counts[s]++
	}
}

// encoding maps the numbers of the lexicon to those of the vocabulary; -1 where there is neither the symbol nor <unk>.
func (v *Vocabulary) encoding(words *lexicon) []int32 {
	m := make([]int32, words.size())
	for id, s := range words.symbols {
		m[id] = int32(v.Lookup(s))
	}
	return m
}

// boundarySymbol says how index 0 is written; a text of words must not hold that word.
func boundarySymbol(level string, words *lexicon) (string, error) {
	if level == Char {
		if _, taken := words.index["."]; !taken {
			return ".", nil
		}
		return sentenceEnd, nil // two code points or more, so no character of the text
	}
	if _, taken := words.index[sentenceEnd]; taken {
		return "", &OptionError{Option: "corpus", Message: "the text holds the word " + sentenceEnd + ", which is the boundary between documents",
			Hint: "take it out: the end of a line is the end of a document"}
	}
	return sentenceEnd, nil
}

// newVocabulary chooses the symbols. counts are of the lexicon, by part.
func newVocabulary(o Options, words *lexicon, parts [3]docList, counts [3][]int64) (*Vocabulary, error) {
	boundary, err := boundarySymbol(o.Level, words)
	if err != nil {
		return nil, err
	}
	total := make([]int64, words.size())
	for id := range total {
		total[id] = counts[0][id] + counts[1][id] + counts[2][id]
	}
	c := candidates{level: o.Level}
	switch {
	case o.Corpus == Synthetic: // with words that chance never put into the training part
		c.rank(words, counts[0], 0)
	case o.VocabFrom == "train":
		c.rank(words, counts[0], max(1, o.MinCount))
	case o.VocabFrom == "all":
		c.rank(words, total, max(1, o.MinCount))
	default:
		if err := c.load(o.VocabFrom, boundary); err != nil {
			return nil, err
		}
	}
	c.leaveOut(words, total)
	if o.Level == Char && c.missing >= 0 {
		return nil, unseen(o, words, parts, c.missing)
	}
	if err := c.cut(o.VocabSize); err != nil {
		return nil, err
	}
	v := &Vocabulary{symbols: []string{boundary}, index: map[string]int{boundary: 0}, unk: -1}
	for _, s := range c.symbols {
		if s == Unknown && o.Level == Word {
			v.unk = len(v.symbols)
		}
		v.index[s] = len(v.symbols)
		v.symbols = append(v.symbols, s)
	}
	return v, nil
}

// candidates are the symbols that a vocabulary may hold, the boundary apart, best first.
type candidates struct {
	level   string
	symbols []string
	counts  []int64 // beside symbols; nil if they come from a file, which gives the order
	unk     bool    // words are left out, so <unk> must exist; it stands in symbols only if it came from a file
	unkSum  int64   // occurrences of <unk> where symbols are counted
	missing int     // a symbol of the text that is left out, or -1
}

// rank takes the symbols that occur at least min times, by frequency.
func (c *candidates) rank(words *lexicon, counts []int64, min int) {
	var ids []int
	for id, n := range counts {
		switch {
		case c.level == Word && words.symbols[id] == Unknown, n < int64(min):
			c.unkSum += n // of a word that is not in these parts, nothing
		default:
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b int) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(words.symbols[a], words.symbols[b]))
	})
	c.counts = make([]int64, 0, len(ids))
	for _, id := range ids {
		c.symbols = append(c.symbols, words.symbols[id])
		c.counts = append(c.counts, counts[id])
	}
}

// load takes the symbols of a file, one a line; among words what follows the first field is not read.
func (c *candidates) load(file, boundary string) error {
	hint := ""
	if near := nearest(file, []string{"train", "all"}); near != "" {
		hint = "did you mean " + near
	}
	if _, err := os.Stat(file); err != nil {
		return &OptionError{Option: "vocab_from", Message: fmt.Sprintf("no file %q", file), Hint: hint, Err: err}
	}
	seen := map[string]bool{}
	return readLines("vocab_from", file, nil, func(line int, text []byte) error {
		s := string(text)
		if c.level == Word {
			f := strings.Fields(s)
			if len(f) == 0 {
				return nil
			}
			s = f[0]
		} else if s != boundary && utf8.RuneCountInString(s) != 1 {
			return &OptionError{Option: "vocab_from", Message: fmt.Sprintf("%s:%d: %q is not one character", file, line, s)}
		}
		if s == boundary {
			return nil
		}
		if seen[s] {
			return &OptionError{Option: "vocab_from", Message: fmt.Sprintf("%s:%d: %q stands there twice", file, line, s)}
		}
		seen[s] = true
		c.symbols = append(c.symbols, s)
		return nil
	})
}

// leaveOut finds whether the text holds words that are no candidates, or a literal <unk>.
func (c *candidates) leaveOut(words *lexicon, total []int64) {
	in := make(map[string]bool, len(c.symbols))
	for _, s := range c.symbols {
		in[s] = true
	}
	c.missing = -1
	for id, n := range total {
		if n > 0 && !in[words.symbols[id]] {
			c.missing = id
			break
		}
	}
	c.unk = c.level == Word && c.missing >= 0
}

// cut brings the candidates to the size asked for, boundary included, and puts <unk> in its place.
func (c *candidates) cut(size int) error {
	listed := c.level == Word && slices.Contains(c.symbols, Unknown)
	offered := 1 + len(c.symbols)
	if c.unk && !listed {
		offered++
	}
	if size == 0 {
		size = offered
		if c.level == Word {
			size = min(size, DefaultVocabSize)
		}
	}
	if size > offered {
		return &OptionError{Option: "vocab_size", Message: fmt.Sprintf("%s is more than the %s symbols that the text offers, boundary included", thousands(size), thousands(offered)),
			Hint: "leave it out to take them all"}
	}
	if size == offered && (!c.unk || listed) {
		return nil
	}
	if c.level == Char {
		return &OptionError{Option: "vocab_size", Message: fmt.Sprintf("%s would leave characters out, and they are never cut: there are %s with the boundary", thousands(size), thousands(offered)),
			Hint: "leave it out"}
	}
	if c.counts == nil {
		if at := slices.Index(c.symbols, Unknown); at >= 0 && at < size-1 {
			c.symbols = c.symbols[:size-1]
			return nil
		}
		c.symbols = append(slices.Clip(c.symbols[:size-2]), Unknown)
		return nil
	}
	keep := size - 2 // without the boundary and <unk>
	for _, n := range c.counts[keep:] {
		c.unkSum += n
	}
	at := 0 // the place of <unk> by its frequency, ties by the order of bytes
	for at < keep && (c.counts[at] > c.unkSum || c.counts[at] == c.unkSum && c.symbols[at] < Unknown) {
		at++
	}
	c.symbols = slices.Insert(slices.Clip(c.symbols[:keep]), at, Unknown)
	return nil
}

// unseen names a character that the vocabulary does not hold, and its first place.
func unseen(o Options, words *lexicon, parts [3]docList, id int) error {
	options := [3]string{"corpus", "corpus", "corpus"}
	if o.ValCorpus != "" {
		options[1] = "val_corpus"
	}
	if o.TestCorpus != "" {
		options[2] = "test_corpus"
	}
	by := "the training part"
	hint := "a character is never cut: take it out of the text, or use vocab_from: all"
	if o.VocabFrom != "train" && o.VocabFrom != "all" {
		by, hint = o.VocabFrom, "a character is never cut: add it to the file"
	}
	for k, p := range parts {
		for _, d := range p.docs {
			if at := slices.Index(p.text(d), int32(id)); at >= 0 {
				return &OptionError{Option: options[k], Message: fmt.Sprintf("%s:%d:%d: the character %s does not occur in %s",
					p.from.files[d.file], d.line, at+1, strconv.Quote(words.symbols[id]), by), Hint: hint}
			}
		}
	}
	return fmt.Errorf("find character %q: it is in no part", words.symbols[id])
}

// thousands writes n with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
