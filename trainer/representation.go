package trainer

import (
	"fmt"
	"math/bits"
)

// Representations of a symbol at the input.
const (
	repLearned    = "learned"    // a row of the trained table C
	repIndex      = "index"      // its number, scaled to [0, 1]
	repOneHot     = "onehot"     // |V| inputs, of which one is 1
	repBinary     = "binary"     // a fixed code of m bits, each -1 or 1
	repRandom     = "random"     // a fixed vector of m random numbers
	repPretrained = "pretrained" // a row of init_vectors, fixed
)

// Orders of the numbers that stand for symbols.
const (
	indexFrequency = "frequency" // the vocabulary's own: the boundary, then from frequent to rare
	indexRandom    = "random"    // shuffled, with the replicate's seed
)

// codeWidth returns the numbers of one symbol's vector at the input: m, or 1 for an index. A one-hot input has none, for
// nothing is multiplied with it.
func (c Config) codeWidth() int {
	switch c.Representation {
	case repIndex:
		return 1
	case repOneHot:
		return 0
	}
	return c.EmbeddingDim
}

// InputWidth returns how many inputs the network has over vocab symbols: n times those of one symbol.
func (c Config) InputWidth(vocab int) int {
	if c.Representation == repOneHot {
		return c.ContextLength * vocab
	}
	return c.ContextLength * c.codeWidth()
}

// fixedInput reports whether the symbols' vectors are never trained.
func (c Config) fixedInput() bool {
	switch c.Representation {
	case repIndex, repBinary, repRandom, repPretrained:
		return true
	}
	return false
}

// Suits returns a *ConfigError if the model that c describes, itself valid, cannot be over vocab symbols: a binary code
// that is too short to tell them apart.
func (c Config) Suits(vocab int) error {
	need := bits.Len(uint(vocab - 1))
	if c.Representation != repBinary || c.EmbeddingDim >= need {
		return nil
	}
	return &ConfigError{"embedding_dim", fmt.Sprintf("%d bits name %d symbols, and there are %d", c.EmbeddingDim, 1<<c.EmbeddingDim, vocab),
		fmt.Sprintf("with representation: binary give at least %d", need)}
}

// setCodes fills C with the fixed vectors of a representation.
func (w *weights) setCodes(c Config) {
	var rng stream
	rng.key(c.Seed, forCode, 0)
	switch c.Representation {
	case repIndex:
		at := make([]int32, w.vocab)
		for i := range at {
			at[i] = int32(i)
		}
		if c.IndexOrder == indexRandom {
			rng.shuffle(at)
		}
		for v, i := range at {
			w.C[v*w.cs] = float32(float64(i) / float64(w.vocab-1))
		}
	case repBinary:
		w.setBits(&rng)
	}
}

// setBits gives every symbol another code of m bits, drawn at random.
func (w *weights) setBits(rng *stream) {
	taken := make(map[string]bool, w.vocab)
	code := make([]byte, w.m)
	for v := range w.vocab {
		for {
			rng.bits(code)
			if !taken[string(code)] {
				break
			}
		}
		taken[string(code)] = true
		for i, b := range code {
			w.C[v*w.cs+i] = float32(2*int(b) - 1)
		}
	}
}

// bits fills code with random zeros and ones.
func (s *stream) bits(code []byte) {
	for i := 0; i < len(code); i += 64 {
		word := s.pcg.Uint64()
		for j := range code[i:min(i+64, len(code))] {
			code[i+j] = byte(word >> j & 1)
		}
	}
}
