package trainer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"sweep/trainer/corpus"
	"sweep/trainer/vectors"
)

// noVectors is how a spec says that the table starts random, where another value does not.
const noVectors = "none"

// A Prior is what is known of the symbols of a text before training: rows of the table C, from Config.InitVectors. It is
// read-only and may be shared by trainings.
type Prior struct {
	Name     string  // as it was asked for
	Format   string  // how the file is written: "GloVe text"
	Hash     string  // hex SHA-256 of what the file holds
	Dim      int     // numbers a word in the file
	Words    int64   // words in the file
	Repeated int     // words of the text that stand in the file again; the first counts
	Covered  []int32 // symbols that start from the file, in ascending order
	Symbols  float64 // the share of the vocabulary that they are
	Tokens   float64 // the share of the training part's targets that they are

	rows []float32 // (len(Covered), Dim), as in the file

	mu  sync.Mutex
	fit map[int]*vectors.Projection // of rows, by width
}

// ReadPrior reads the vectors that c.InitVectors names for the symbols of data; it returns nil if c names none. A symbol
// is looked up as it is and then in lower case; the boundary and <unk> only as they are. What is wrong with the file, or
// that it covers no symbol, is a *ConfigError.
func ReadPrior(ctx context.Context, c Config, data *corpus.Data) (*Prior, error) {
	if c.InitVectors == "" {
		return nil, nil
	}
	wanted := map[string]bool{}
	spellings := make([][]string, data.Vocab.Size())
	for i := range spellings {
		spellings[i] = spellingsOf(data.Vocab, i)
		for _, s := range spellings[i] {
			wanted[s] = true
		}
	}
	set, err := vectors.Read(ctx, c.InitVectors, func(word string) bool { return wanted[word] })
	if e := (*vectors.Error)(nil); errors.As(err, &e) {
		return nil, &ConfigError{"init_vectors", e.Message, e.Hint}
	}
	if err != nil {
		return nil, err
	}
	p := &Prior{Name: c.InitVectors, Format: string(set.Format), Hash: set.Hash, Dim: set.Dim, Words: set.Rows, Repeated: set.Repeated,
		fit: map[int]*vectors.Projection{}}
	var tokens, all int64
	for i, names := range spellings {
		n := data.Vocab.Count(i)
		all += n
		for _, s := range names {
			if r, ok := set.Index(s); ok {
				p.Covered = append(p.Covered, int32(i))
				p.rows = append(p.rows, set.Row(r)...)
				tokens += n
				break
			}
		}
	}
	if len(p.Covered) == 0 {
		return nil, &ConfigError{"init_vectors",
			fmt.Sprintf("%s covers none of the %d symbols (%s, words: %d)", p.Name, len(spellings), p.Format, p.Words),
			"does it suit the text's language and level, and is its case the text's or lower?"}
	}
	p.Symbols = float64(len(p.Covered)) / float64(len(spellings))
	p.Tokens = float64(tokens) / float64(max(1, all))
	return p, nil
}

// spellingsOf lists what a symbol is looked up as, the best first.
func spellingsOf(v *corpus.Vocabulary, i int) []string {
	s := v.Symbol(i)
	if lower := strings.ToLower(s); i != 0 && i != v.Unk() && lower != s {
		return []string{s, lower}
	}
	return []string{s}
}

// String says what was read and how much of the text it covers, in a sentence without full stop.
func (p *Prior) String() string {
	s := fmt.Sprintf("%s (%s, %d numbers a word) covers %d symbols, %.3g %% of the vocabulary and %.3g %% of the training part",
		p.Name, p.Format, p.Dim, len(p.Covered), 100*p.Symbols, 100*p.Tokens)
	if p.Repeated > 0 {
		s += fmt.Sprintf("; %d rows of words that had come before were passed over", p.Repeated)
	}
	return s
}

// checkVectors returns what is wrong with the way in which a completed Config uses vectors.
func (c Config) checkVectors() (errs []error) {
	with := c.Representation == repLearned || c.Representation == repPretrained
	switch {
	case c.InitVectors != "" && !with:
		errs = append(errs, &ConfigError{"init_vectors", "with representation: " + c.Representation + " there is no table of vectors to start",
			"give it with representation learned or pretrained only: init_vectors: {value: ..., when: {representation: pretrained}}"})
	case c.InitVectors == "" && c.Representation == repPretrained:
		errs = append(errs, &ConfigError{"representation", "pretrained needs vectors", "name them by init_vectors"})
	case c.InitVectors == "" && c.Freeze:
		errs = append(errs, &ConfigError{"freeze", "there is nothing to freeze: init_vectors names no vectors",
			"leave such configurations out: exclude: [{init_vectors: none, freeze: true}]"})
	}
	return errs
}

// Fits returns nil if the vectors can start a table as wide as c's, a *ConfigError otherwise.
func (p *Prior) Fits(c Config) error {
	_, err := p.projection(c.EmbeddingDim)
	return err
}

// projection returns the covered rows centred and in at most m columns.
func (p *Prior) projection(m int) (*vectors.Projection, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x, ok := p.fit[m]; ok {
		return x, nil
	}
	x, err := vectors.Project(p.rows, p.Dim, m)
	if errors.Is(err, vectors.ErrEqual) {
		return nil, &ConfigError{"init_vectors", fmt.Sprintf("%s has the same numbers for all %d symbols that it covers", p.Name, len(p.Covered)),
			"vectors that do not differ tell no symbol from another"}
	}
	if err != nil {
		return nil, err
	}
	p.fit[m] = x
	return x, nil
}

// put writes the covered rows into C, scaled to the spread that embeddings start with. Columns that the vectors do not
// fill, and all other rows, stay as they are: random.
func (p *Prior) put(w *weights, c Config) error {
	x, err := p.projection(c.EmbeddingDim)
	if err != nil {
		return err
	}
	for i, s := range p.Covered {
		x.Put(w.C[int(s)*w.cs:][:x.Width], i, c.EmbeddingInit)
	}
	return nil
}

// frozen marks the rows of C that are not trained although others are; nil if there are none.
func (p *Prior) frozen(c Config, vocab int) []bool {
	if p == nil || !c.Freeze || c.fixedInput() {
		return nil
	}
	fixed := make([]bool, vocab)
	for _, s := range p.Covered {
		fixed[s] = true
	}
	return fixed
}

// Frozen returns how many of ParameterCount's numbers are not trained after all, because InitVectors covers so many
// symbols and Freeze keeps their rows as they are. Where no row is trained ParameterCount knows it already.
func (c Config) Frozen(covered int) int64 {
	if !c.Freeze || c.fixedInput() {
		return 0
	}
	return int64(covered) * int64(c.EmbeddingDim)
}
