package nplm

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"sweep/trainer"
	"sweep/trainer/corpus"
)

// Text is one text that a model has written.
type Text struct {
	Symbols  []int32
	Text     string // the symbols, as a reader expects them
	Ended    bool   // the model has ended it; otherwise its length did
	Known    bool   // it is a whole document of the training part
	Repeated bool   // the same was written before
}

// Write lets a model write text number i of a seed, which depends on nothing else.
func Write(m *trainer.Model, seed uint64, i int, o trainer.SampleOptions) Text {
	var t Text
	t.Symbols, t.Ended = m.Sample(rand.New(rand.NewPCG(seed, uint64(i))), o)
	words := make([]string, len(t.Symbols))
	for k, s := range t.Symbols {
		words[k] = m.Symbols[s]
	}
	t.Text = corpus.Detokenize(m.Data.Level, words)
	return t
}

// Novelty counts what of some texts is not new.
type Novelty struct {
	Texts    int `json:"texts"`
	Known    int `json:"known"`    // whole documents of the training part
	Repeated int `json:"repeated"` // the same as one before
}

// Compare notes of each text whether it is a document of the training part and whether it was written before. A text that
// the model has not ended is no document.
func Compare(texts []Text, train corpus.Part) Novelty {
	n := Novelty{Texts: len(texts)}
	symbols := make([][]int32, len(texts))
	for i, t := range texts {
		symbols[i] = t.Symbols
	}
	seen := map[string]bool{}
	for i, held := range train.Holds(symbols) {
		t := &texts[i]
		t.Known = held && t.Ended
		key := []byte{0}
		if t.Ended {
			key[0] = 1
		}
		for _, s := range t.Symbols {
			key = binary.LittleEndian.AppendUint32(key, uint32(s))
		}
		t.Repeated = seen[string(key)]
		seen[string(key)] = true
		if t.Known {
			n.Known++
		}
		if t.Repeated {
			n.Repeated++
		}
	}
	return n
}

// shortText is the mean length, in symbols, up to which texts count as short.
const shortText = 12

// Short reports whether texts are so short, like names, that a model may write documents of its training part: that most
// of them have ended, after 12 symbols or fewer in the mean.
func Short(texts []Text) bool {
	length, ended := 0, 0
	for _, t := range texts {
		length += len(t.Symbols)
		if t.Ended {
			ended++
		}
	}
	return 2*ended > len(texts) && length <= shortText*len(texts)
}

// Corpus reads the text that a model was trained on again, and fails if that has changed.
func Corpus(ctx context.Context, m *trainer.Model) (*corpus.Data, error) {
	d, err := corpus.Open(ctx, m.Data)
	if err != nil {
		return nil, err
	}
	if d.SplitHash != m.SplitHash || d.VocabHash != m.VocabHash {
		return nil, fmt.Errorf("the text of %s has changed since the model was trained", m.Data.Corpus)
	}
	return d, nil
}

// TrainingPart is the training part of Corpus.
func TrainingPart(ctx context.Context, m *trainer.Model) (corpus.Part, error) {
	d, err := Corpus(ctx, m)
	if err != nil {
		return corpus.Part{}, err
	}
	return d.Train, nil
}

// What WriteSome is to take: multiplications, half a second's or so, and texts.
const (
	writingWork = 5e8
	fewestTexts = 10
	mostTexts   = 1000
	longestText = 40 // symbols
)

// WriteSome lets a model write as many texts as take half a second or so, a thousand at most and ten at least, from its own
// probabilities. How many depends on the model and the seed alone, not on the machine. ctx may end it, with the context's
// cause.
func WriteSome(ctx context.Context, m *trainer.Model, seed uint64) ([]Text, error) {
	var texts []Text
	work, symbol := 0.0, float64(m.Config.ParameterCount(len(m.Symbols)))
	for len(texts) < fewestTexts || len(texts) < mostTexts && work < writingWork {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		t := Write(m, seed, len(texts), trainer.SampleOptions{MaxLen: longestText})
		work += symbol * float64(len(t.Symbols)+1)
		texts = append(texts, t)
	}
	return texts, nil
}
