package vectors

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// binary reads word2vec's binary format. The original writes a line end after each row, others do not.
func (s *source) binary(set *Set, keep func(string) bool) error {
	count, dim, err := s.header()
	if err != nil {
		return err
	}
	set.Dim = dim
	raw, row := make([]byte, 4*dim), make([]float32, dim)
	var word []byte
	for ; set.Rows < count; set.Rows++ {
		if set.Rows&0xff == 0 && s.ctx.Err() != nil {
			return context.Cause(s.ctx)
		}
		if word, err = s.binaryWord(word[:0], set.Rows+1, count); err != nil {
			return err
		}
		if _, err := io.ReadFull(s.r, raw); err != nil {
			return s.cut(err, set.Rows+1, count)
		}
		if w := string(word); keep(w) {
			for i := range row {
				row[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
				if !finite(float64(row[i])) {
					return &Error{Message: fmt.Sprintf("%s: row %d, %s: number %d is %g, which is not finite", s.name, set.Rows+1, clip(word), i+1, row[i]),
						Hint: "take the word out, or give it finite numbers"}
				}
			}
			if err := set.add(w, row); err != nil {
				return err
			}
		}
	}
	rest, err := io.ReadAll(io.LimitReader(s.r, 16))
	if err != nil {
		return s.unreadable(err)
	}
	if len(bytes.TrimSpace(rest)) > 0 || len(rest) == 16 {
		return &Error{Message: fmt.Sprintf("%s: something follows the %d rows of %d numbers that the first line announces", s.name, count, dim)}
	}
	return nil
}

// binaryWord reads up to the space that ends a word.
func (s *source) binaryWord(word []byte, row, count int64) ([]byte, error) {
	for {
		c, err := s.r.ReadByte()
		switch {
		case err != nil:
			return nil, s.cut(err, row, count)
		case c == ' ':
			return word, nil
		case c == '\n' && len(word) == 0:
			continue
		case len(word) == maxWord:
			return nil, &Error{Message: fmt.Sprintf("%s: row %d: no space after a word within %d bytes: %s", s.name, row, maxWord, clip(word)),
				Hint: "the first line may give another number of columns than the rows have"}
		}
		word = append(word, c)
	}
}

// cut is the error of a file that ends too early.
func (s *source) cut(err error, row, count int64) error {
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		return s.unreadable(err)
	}
	return &Error{Message: fmt.Sprintf("%s: it ends in row %d of the %d that the first line announces", s.name, row, count),
		Hint: "it may have been cut off: fetch it again", Err: err}
}
