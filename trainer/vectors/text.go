package vectors

import (
	"bytes"
	"io"
	"strconv"
)

// text reads word2vec text or GloVe text.
func (s *source) text(set *Set, keep func(string) bool) error {
	claimed := int64(-1)
	if set.Format == Word2vecText {
		count, dim, err := s.header()
		if err != nil {
			return err
		}
		claimed, set.Dim = count, dim
	}
	var row []float32
	for {
		line, err := s.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if len(bytes.TrimRight(line, " \t")) == 0 {
			continue
		}
		fields := split(line)
		if set.Dim == 0 {
			if set.Dim = len(fields) - 1; set.Dim > maxDim {
				return s.wrong("", "%d numbers a word; at most %d can be read", set.Dim, maxDim)
			}
		}
		set.Rows++
		if claimed >= 0 && set.Rows > claimed {
			return s.wrong("", "more rows than the %d that the first line announces", claimed)
		}
		word, fields, err := s.word(fields, set.Dim)
		if err != nil {
			return err
		}
		if !keep(word) {
			continue
		}
		if row, err = s.row(row[:0], fields); err != nil {
			return err
		}
		if err := set.add(word, row); err != nil {
			return err
		}
	}
	if set.Rows < claimed {
		return &Error{Message: s.name + ": the first line announces " + strconv.FormatInt(claimed, 10) + " rows, the file holds " +
			strconv.FormatInt(set.Rows, 10), Hint: "it may have been cut off: fetch it again"}
	}
	return nil
}

// header reads "count dim".
func (s *source) header() (count int64, dim int, err error) {
	line, err := s.next()
	if err != nil {
		return 0, 0, err
	}
	fields := split(line)
	count, err = strconv.ParseInt(string(fields[0]), 10, 64)
	d, derr := strconv.ParseInt(string(fields[1]), 10, 64)
	switch {
	case err != nil || derr != nil:
		return 0, 0, s.wrong(`expected "count dim"`, "no numbers of rows and columns: %s", clip(line))
	case d < 1 || d > maxDim:
		return 0, 0, s.wrong("", "%d numbers a word; 1 to %d can be read", d, maxDim)
	}
	return count, int(d), nil
}

// word parts the word from its numbers. Some files have words with spaces in them, as GloVe's largest has.
func (s *source) word(fields [][]byte, dim int) (string, [][]byte, error) {
	first := len(fields) - dim
	if first < 1 || first > 1 && numbers(fields[1:2]) {
		return "", nil, s.wrong("each line is a word and its numbers, separated by single spaces",
			"%d numbers where %d are expected: %s", max(0, len(fields)-1), dim, clip(bytes.Join(fields, []byte(" "))))
	}
	return string(bytes.Join(fields[:first], []byte(" "))), fields[first:], nil
}

// row reads numbers.
func (s *source) row(row []float32, fields [][]byte) ([]float32, error) {
	for i, f := range fields {
		x, err := strconv.ParseFloat(string(f), 32)
		switch {
		case overflow(err) || err == nil && !finite(x):
			return nil, s.wrong("take the word out, or give it finite numbers", "number %d is %s, which is not finite", i+1, f)
		case err != nil:
			return nil, s.wrong("", "number %d is no number: %s", i+1, clip(f))
		}
		row = append(row, float32(x))
	}
	return row, nil
}
