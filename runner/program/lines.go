package program

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine is the longest line that is kept whole, its end included. Of a longer one the rest is read and forgotten.
const maxLine = 64 << 10

// lines reads a stream line by line in memory that does not grow.
type lines struct {
	r    *bufio.Reader
	skip bool // the rest of a line that was cut is yet to come
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReaderSize(r, maxLine)} }

// next returns the next line without its end; cut says that it is the beginning of one that is too long. It is valid
// until the call after. What stands behind the last end of line is a line as well. At the end of the stream err is io.EOF.
func (l *lines) next() (line []byte, cut bool, err error) {
	for l.skip {
		_, err := l.r.ReadSlice('\n')
		if l.skip = errors.Is(err, bufio.ErrBufferFull); err != nil && !l.skip {
			return nil, false, err
		}
	}
	line, err = l.r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		l.skip = true
		return line, true, nil
	case len(line) > 0 && err != nil:
		return line, false, nil // the error comes again
	case err != nil:
		return nil, false, err
	}
	return bytes.TrimSuffix(line, []byte{'\n'}), false, nil
}
