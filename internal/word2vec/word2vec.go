// Package word2vec writes word vectors in the two formats of the original program, text and binary, which gensim and most
// others read. It knows no model.
package word2vec

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text writes a line "count dim", then a word and its numbers a line. Numbers have nine significant digits, from which a
// reader gets back the same float32, whether it reads them as float32 or as float64. vectors has a row for each word.
func Text(w io.Writer, words []string, vectors [][]float32) error {
	b := bufio.NewWriter(w)
	if err := header(b, words, vectors); err != nil {
		return err
	}
	var line []byte
	for i, word := range Words(words) {
		line = append(line[:0], word...)
		for _, x := range vectors[i] {
			line = append(line, ' ')
			line = strconv.AppendFloat(line, float64(x), 'g', 9, 32)
		}
		if _, err := b.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return b.Flush()
}

// Binary writes a line "count dim", then for each word the word, a space, its numbers as little-endian float32 and a line
// end.
func Binary(w io.Writer, words []string, vectors [][]float32) error {
	b := bufio.NewWriter(w)
	if err := header(b, words, vectors); err != nil {
		return err
	}
	var row []byte
	for i, word := range Words(words) {
		row = append(append(row[:0], word...), ' ')
		for _, x := range vectors[i] {
			row = binary.LittleEndian.AppendUint32(row, math.Float32bits(x))
		}
		if _, err := b.Write(append(row, '\n')); err != nil {
			return err
		}
	}
	return b.Flush()
}

func header(w io.Writer, words []string, vectors [][]float32) error {
	if len(words) == 0 || len(words) != len(vectors) {
		return fmt.Errorf("word2vec: %d words and %d vectors", len(words), len(vectors))
	}
	dim := len(vectors[0])
	for i, v := range vectors {
		if len(v) != dim || dim == 0 {
			return fmt.Errorf("word2vec: %d numbers for %q, %d for %q", len(v), words[i], dim, words[0])
		}
	}
	_, err := fmt.Fprintf(w, "%d %d\n", len(words), dim)
	return err
}

// Words returns words as the formats can hold them: without white space and control characters, at which readers cut, and
// each once. A space becomes ␠, a line end ␊, any other one its picture or code; what then is taken, or empty, gets a _ behind it.
func Words(words []string) []string {
	taken := make(map[string]bool, len(words))
	for _, w := range words {
		taken[w] = true
	}
	out := make([]string, len(words))
	seen := make(map[string]bool, len(words))
	for i, w := range words {
		e := escape(w)
		for e == "" || seen[e] || e != w && taken[e] {
			e += "_"
		}
		seen[e] = true
		out[i] = e
	}
	return out
}

// pictures is the first of Unicode's pictures of control characters, of which the one of the space is the 32nd.
const pictures = '\u2400'

func escape(word string) string {
	bad := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\ufeff' }
	if !strings.ContainsFunc(word, bad) && utf8.ValidString(word) {
		return word
	}
	var b strings.Builder
	for _, r := range word {
		switch {
		case r <= ' ':
			b.WriteRune(pictures + r)
		case bad(r):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
