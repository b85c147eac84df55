package vectors

import (
	"bufio"
	"bytes"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// detect finds the file's format in its beginning, of which nothing is consumed. A line of two whole numbers is taken for
// the header of word2vec, never for a word that is a number with a single number of its own.
func (s *source) detect() (Format, error) {
	head, err := s.r.Peek(maxLine)
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return "", s.unreadable(err)
	}
	head = bytes.TrimPrefix(head, []byte("\ufeff"))
	first, rest, _ := bytes.Cut(head, []byte("\n"))
	first = bytes.TrimSuffix(first, []byte("\r"))
	s.line = 1
	defer func() { s.line = 0 }()
	fields := split(first)
	switch {
	case len(head) == 0:
		return "", &Error{Message: s.name + " is empty", Hint: expected}
	case isHeader(fields):
		return binaryOrText(fields, rest), nil
	case bytes.IndexByte(first, '\t') >= 0 || s.extension() == ".csv":
		if numbers(tabs(first)[1:]) {
			return "", s.wrong("in the first line name the columns", "the first line has numbers where a table of features has the names of its columns")
		}
		return FeatureTable, nil
	case len(fields) > 1 && numbers(fields[1:]):
		return GloveText, nil
	case bytes.IndexByte(first, ',') > 0 && printable(first):
		return FeatureTable, nil
	}
	return "", s.wrong("", "%s; found %s", expected, clip(first))
}

// extension is that of the file's name before it was compressed.
func (s *source) extension() string {
	name := strings.ToLower(s.name)
	for _, z := range []string{".gz", ".zst"} {
		name = strings.TrimSuffix(name, z)
	}
	return name[max(0, strings.LastIndexByte(name, '.')):]
}

// binaryOrText tells the two word2vec formats apart by the first row, which rest begins with.
func binaryOrText(header [][]byte, rest []byte) Format {
	row, _, _ := bytes.Cut(rest, []byte("\n"))
	fields := split(row)
	dim, err := strconv.Atoi(string(header[1]))
	if err == nil && dim > 0 && len(fields) > dim && numbers(fields[len(fields)-dim:]) {
		return Word2vecText
	}
	if len(row) == 0 && len(rest) > 0 || !printable(rest[:min(len(rest), 4096)]) {
		return Word2vecBinary
	}
	return Word2vecText
}

// printable reports whether a text, which may end in the middle of a character, is UTF-8 without control characters.
func printable(b []byte) bool {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 && utf8.FullRune(b) {
			return false
		}
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f {
			return false
		}
		b = b[size:]
	}
	return true
}

// isHeader reports whether fields are "count dim".
func isHeader(fields [][]byte) bool {
	return len(fields) == 2 && digits(fields[0]) && digits(fields[1])
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// numbers reports whether all fields are numbers, finite or not; of none it is not so.
func numbers(fields [][]byte) bool {
	for _, f := range fields {
		if _, err := strconv.ParseFloat(string(f), 64); err != nil && !overflow(err) {
			return false
		}
	}
	return len(fields) > 0
}

// overflow reports whether a number was one, but too large.
func overflow(err error) bool {
	e, ok := err.(*strconv.NumError)
	return ok && e.Err == strconv.ErrRange
}

// split cuts a line at spaces and tabs. Other white space belongs to words, of which it may be all there is.
func split(line []byte) [][]byte {
	return bytes.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
}

// tabs cuts a line at the tabs, or at the commas if there are none; there is always a first.
func tabs(line []byte) [][]byte {
	sep := []byte("\t")
	if !bytes.Contains(line, sep) {
		sep = []byte(",")
	}
	return bytes.Split(line, sep)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
