package vectors

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	_ "embed" // of the built-in table
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// features is a table of what common words of English prose, above all of prose about programs, mean and how they are
// used. It is written by hand for this program.
//
//go:embed features.tsv
var features []byte

// source is a file that is being read.
type source struct {
	ctx   context.Context
	name  string
	r     *bufio.Reader // of what is decompressed
	hash  hash.Hash     // of the same
	line  int           // number of the line that was read last
	close func()
}

func open(ctx context.Context, name string) (*source, error) {
	s := &source{ctx: ctx, name: name, hash: sha256.New(), close: func() {}}
	if builtin(name) {
		return s, s.attach(bytes.NewReader(features))
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Error{Message: fmt.Sprintf("no file %q", name), Hint: "give the path of a file, or the built-in table " + strings.Join(Builtin(), ", "), Err: err}
	case err != nil:
		return nil, s.unreadable(err)
	case !info.Mode().IsRegular():
		return nil, &Error{Message: fmt.Sprintf("%s is not a file", name)}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, s.unreadable(err)
	}
	s.close = func() { f.Close() }
	if err := s.attach(f); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// attach makes f what is read.
func (s *source) attach(f io.Reader) error {
	plain, err := s.decompress(f)
	if err != nil {
		return s.unreadable(err)
	}
	s.r = bufio.NewReaderSize(io.TeeReader(plain, s.hash), maxLine)
	return nil
}

// decompress looks at the first bytes: names lie.
func (s *source) decompress(f io.Reader) (io.Reader, error) {
	raw := bufio.NewReaderSize(f, 1<<18)
	magic, err := raw.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return gzip.NewReader(raw)
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30))
		if err != nil {
			return nil, err
		}
		closeFile := s.close
		s.close = func() { z.Close(); closeFile() }
		return z, nil
	}
	return raw, nil
}

// sum is the hash of the whole content, of which the rest is read for it.
func (s *source) sum() string { return hex.EncodeToString(s.hash.Sum(nil)) }

// unreadable is an error of reading the file.
func (s *source) unreadable(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	if err == io.ErrUnexpectedEOF {
		return &Error{Message: fmt.Sprintf("cannot read %s: it ends in the middle", s.name), Err: err}
	}
	return &Error{Message: fmt.Sprintf("cannot read %s: %v", s.name, err), Err: err}
}

// wrong is a mistake in the line that was read last.
func (s *source) wrong(hint, format string, args ...any) error {
	return &Error{Message: fmt.Sprintf("%s:%d: ", s.name, s.line) + fmt.Sprintf(format, args...), Hint: hint}
}

// next returns the next line without its end, which is valid until the next call, or io.EOF.
func (s *source) next() ([]byte, error) {
	if s.line&0xff == 0 && s.ctx.Err() != nil {
		return nil, context.Cause(s.ctx)
	}
	b, err := s.r.ReadSlice('\n')
	s.line++
	switch {
	case err == bufio.ErrBufferFull:
		return nil, s.wrong(expected, "the line has more than %d bytes", maxLine)
	case err == io.EOF && len(b) == 0:
		return nil, io.EOF
	case err != nil && err != io.EOF:
		return nil, s.unreadable(err)
	}
	if s.line == 1 {
		b = bytes.TrimPrefix(b, []byte("\ufeff"))
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r")), nil
}
