package nplm

import (
	"context"
	"fmt"

	"sweep/trainer"
	"sweep/trainer/corpus"
	"sweep/trainer/embeddings"
)

// TrueClasses are the classes of words in the language that a model's text was drawn from: of nouns, verbs and all others
// of which there are enough to have neighbours of their own kind. ok is false for a text that was not drawn.
func TrueClasses(m *trainer.Model) (c embeddings.Classes, ok bool) {
	l, ok := corpus.LanguageOf(m.Data, m.Symbols)
	if !ok {
		return c, false
	}
	c = embeddings.Classes{Of: map[string]string{}, Column: "class"}
	for i, s := range m.Symbols {
		if class := int(l.Classes[i]); l.Grows(class) {
			c.Of[s] = l.ClassName(class)
		}
	}
	return c, true
}

const (
	kindNeighbours = 5
	// oftenSeen is how often a word has to be in the training part to be asked whether its class was found.
	oftenSeen = 50
	// enoughWords is how many words there have to be: of a handful everybody is a neighbour.
	enoughWords = 50
	kindSeed    = 1
)

// Kinds is how far the nearest words are of a word's own class, in the language that the text was drawn from.
type Kinds struct {
	Often, All   Effect // purity of the five nearest, mean over replicates: of words seen often, of all
	Words, Whole int    // how many those are

	ChanceOften, ChanceAll float64 // what each would be by chance
}

// MeasureKinds asks the tables of replicates. counts are how often each symbol occurs in training. It returns the context's cause when ctx ends.
func MeasureKinds(ctx context.Context, tables []*embeddings.Table, classes embeddings.Classes, counts []int64) (k Kinds, err error) {
	var often, all []float64
	for _, t := range tables {
		p, err := embeddings.MeasurePurity(ctx, t, classes, kindNeighbours, func(i int) bool { return counts[i] >= oftenSeen }, kindSeed)
		if err != nil {
			return k, err
		}
		q, err := embeddings.MeasurePurity(ctx, t, classes, kindNeighbours, nil, kindSeed)
		if err != nil {
			return k, err
		}
		often, all = append(often, p.Mean), append(all, q.Mean)
		k.Words, k.Whole, k.ChanceOften, k.ChanceAll = p.Used, q.Used, p.Chance, q.Chance
	}
	k.Often, k.All = effectOf(often), effectOf(all)
	return k, nil
}

// Sentences say it in words, first for the words seen often, if there are enough of them to have neighbours.
func (k Kinds) Sentences() []string {
	say := func(words string, n int, e Effect, chance float64) string {
		return fmt.Sprintf("Of the %d nearest words %s are of the word's own class, for %s (%d); by chance %.1f %%.", kindNeighbours, percent(e), words, n, 100*chance)
	}
	var out []string
	if k.Words >= enoughWords && k.Words < k.Whole {
		out = append(out, say(fmt.Sprintf("words seen %d times or more in training", oftenSeen), k.Words, k.Often, k.ChanceOften))
	}
	if k.Whole >= enoughWords {
		words := "all words"
		if k.Words == k.Whole {
			words += fmt.Sprintf(", each seen %d times or more in training", oftenSeen)
		}
		out = append(out, say(words, k.Whole, k.All, k.ChanceAll))
	}
	return out
}
