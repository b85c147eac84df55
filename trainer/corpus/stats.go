package corpus

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Stats describe a corpus: what "data show" prints. Shares are between 0 and 1.
type Stats struct {
	Corpus     string      `json:"corpus"`
	Level      string      `json:"level"`
	Boundary   string      `json:"boundary"`
	Sources    []Source    `json:"sources"`
	SplitHash  string      `json:"split_hash"`
	VocabHash  string      `json:"vocab_hash"`
	VocabSize  int         `json:"vocab_size"`
	Parts      []PartStats `json:"parts"`    // training, validation, test
	Coverage   float64     `json:"coverage"` // share of the validation tokens that the vocabulary knows
	Frequent   []Frequency `json:"frequent"` // the most frequent symbols of the training part, boundary included
	Grams      []GramStats `json:"grams"`    // orders 2 to n+1
	Table      string      `json:"table"`    // contexts of n symbols that there could be, "17,000^3 = 4.9e12"
	TableNext  string      `json:"table_next"`
	ContextLen int         `json:"context_length"`
}

// PartStats describe one part. Tokens, Types and Repeated are those of the text, boundaries not counted and before the
// vocabulary was cut.
type PartStats struct {
	Name         string  `json:"name"` // "train", "val" or "test"
	Documents    int     `json:"documents"`
	Tokens       int64   `json:"tokens"`
	Types        int     `json:"types"`         // distinct tokens
	Repeated     int     `json:"repeated"`      // types that occur more than once
	Examples     int     `json:"examples"`      // predictions
	OOV          float64 `json:"oov"`           // share of the tokens that are <unk>
	UnknownShare float64 `json:"unknown_share"` // share of the targets that are <unk>, boundaries counted
}

// Frequency is a symbol and how often it is a target in training.
type Frequency struct {
	Symbol string `json:"symbol"`
	Index  int    `json:"index"`
	Count  int64  `json:"count"`
}

// GramStats describe the runs of Order symbols that lie within one document, the boundary not counted (with boundaries
// "stream" and "none": within the part). <unk> counts as a symbol.
type GramStats struct {
	Order    int     `json:"order"`
	Distinct int     `json:"distinct"` // different ones in training
	Unseen   float64 `json:"unseen"`   // share of those in validation that never occur in training, each as often as it occurs
}

// Stats counts, for contexts of n symbols, and lists the top most frequent symbols. It takes a fraction of a second for
// a million tokens and each order.
func (d *Data) Stats(n, top int) Stats {
	s := Stats{
		Corpus: d.Name, Level: d.Options.Level, Boundary: d.Options.Boundary, Sources: d.Sources,
		SplitHash: d.SplitHash, VocabHash: d.VocabHash, VocabSize: d.Vocab.Size(),
		Frequent: d.Vocab.frequent(top), Grams: grams(d.Train, d.Val, n+1),
		Table: Power(d.Vocab.Size(), n), TableNext: Power(d.Vocab.Size(), n+1), ContextLen: n,
	}
	for k, p := range []Part{d.Train, d.Val, d.Test} {
		c := d.counts[k]
		s.Parts = append(s.Parts, PartStats{
			Name: []string{"train", "val", "test"}[k], Documents: p.Documents(),
			Tokens: c.tokens, Types: c.types, Repeated: c.repeated, Examples: p.Len(),
			OOV: share(c.unknown, c.tokens), UnknownShare: share(c.unknown, int64(p.Len())),
		})
	}
	s.Coverage = 1 - s.Parts[1].OOV
	return s
}

func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

func (v *Vocabulary) frequent(top int) []Frequency {
	all := make([]Frequency, v.Size())
	for i, s := range v.symbols {
		all[i] = Frequency{Symbol: s, Index: i, Count: v.counts[i]}
	}
	slices.SortStableFunc(all, func(a, b Frequency) int { return int(b.Count - a.Count) })
	return all[:min(max(top, 0), len(all))]
}

// grams counts runs of 2 to last symbols. Every run of k symbols is numbered, and one of k+1 is the number of its first
// k and one symbol more, so that no order costs more than the one before it.
func grams(train, val Part, last int) []GramStats {
	var out []GramStats
	trainRuns, valRuns := newRuns(train), newRuns(val)
	for order := 2; order <= last; order++ {
		numbers := map[uint64]int32{}
		trainRuns.extend(order, func(key uint64) int32 {
			number, ok := numbers[key]
			if !ok {
				number = int32(len(numbers))
				numbers[key] = number
			}
			return number
		})
		var all, unseen int64
		valRuns.extend(order, func(key uint64) int32 {
			all++
			if number, ok := numbers[key]; ok {
				return number
			}
			unseen++
			return unseenRun
		})
		out = append(out, GramStats{Order: order, Distinct: len(numbers), Unseen: share(unseen, all)})
	}
	return out
}

// unseenRun numbers all runs of validation that training does not hold: what starts with one is unseen too.
const unseenRun = -1

// runs holds the number of the run of symbols that starts at each position of a part.
type runs struct {
	stream  []int32
	ends    []int32 // behind the last symbol of each document
	skip    int     // symbols between documents: the boundary
	numbers []int32
}

func newRuns(p Part) *runs {
	r := &runs{stream: p.stream, numbers: slices.Clone(p.stream)}
	switch {
	case p.docs == nil:
	case p.Padded():
		r.ends, r.skip = p.docs.ends, 1
	default:
		r.ends = []int32{int32(len(p.stream))}
	}
	return r
}

// extend turns runs of order-1 symbols into runs of order.
func (r *runs) extend(order int, number func(key uint64) int32) {
	start := 0
	for _, end := range r.ends {
		for i := start; i+order <= int(end)-r.skip; i++ {
			r.numbers[i] = number(uint64(uint32(r.numbers[i]))<<32 | uint64(uint32(r.stream[i+order-1])))
		}
		start = int(end)
	}
}

// Power writes base^exponent with its value: "27^3 = 19,683", "17,000^4 = 8.4e16".
func Power(base, exponent int) string {
	value := new(big.Int).Exp(big.NewInt(int64(base)), big.NewInt(int64(exponent)), nil)
	if value.IsInt64() && value.Int64() < 1_000_000 {
		return fmt.Sprintf("%s^%d = %s", thousands(base), exponent, thousands(int(value.Int64())))
	}
	mantissa, power, _ := strings.Cut(new(big.Float).SetInt(value).Text('e', 1), "e+")
	return fmt.Sprintf("%s^%d = %se%s", thousands(base), exponent, mantissa, strings.TrimLeft(power, "0"))
}

// partCounts describe a part before the vocabulary was cut.
type partCounts struct {
	tokens   int64 // without boundaries
	types    int   // distinct symbols
	repeated int   // of them, those that occur more than once
	unknown  int64 // tokens that are <unk>
}

// countPart sums up the symbols of a part; encode maps them to the vocabulary.
func countPart(counts []int64, encode []int32, unk int) partCounts {
	var c partCounts
	for id, n := range counts {
		if n == 0 {
			continue
		}
		c.tokens += n
		c.types++
		if n > 1 {
			c.repeated++
		}
		if unk >= 0 && encode[id] == int32(unk) {
			c.unknown += n
		}
	}
	return c
}
