package corpus

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// readPaths reads the files that a path or a pattern names, in the order of their names.
func readPaths(ctx context.Context, option, name string, o Options, words *lexicon) (*text, Source, error) {
	files, err := matching(option, name)
	if err != nil {
		return nil, Source{}, err
	}
	t := &text{files: files}
	src := Source{Option: option, Name: name, Files: len(files)}
	var sums []string
	for k, file := range files {
		h := sha256.New()
		add := adder(o, words, t)
		err := readLines(option, file, h, func(line int, s []byte) error {
			if line&0xfff == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if isJSONLines(file) {
				var err error
				if s, err = textField(option, file, line, s); err != nil || len(s) == 0 {
					return err
				}
			}
			return add(option, k, line, s)
		})
		if err != nil {
			return nil, Source{}, err
		}
		sums = append(sums, hex.EncodeToString(h.Sum(nil)))
	}
	if len(t.docs) == 0 {
		return nil, Source{}, &OptionError{Option: option, Message: fmt.Sprintf("%s holds no text", name), Hint: "a document is a line; empty lines are skipped"}
	}
	src.Hash = sums[0]
	if len(sums) > 1 {
		src.Hash = sum(sums)
	}
	return t, src, nil
}

// adder returns a function that cuts a line into symbols and adds them as a document.
func adder(o Options, words *lexicon, t *text) func(option string, file, line int, s []byte) error {
	cut := cutWords
	if o.Level == Char {
		cut = cutChars
	}
	return func(option string, file, line int, s []byte) error {
		if o.Lowercase {
			s = bytes.ToLower(s)
		}
		t.begin(file, line, 0)
		cut(s, func(symbol []byte) { t.stream = append(t.stream, words.id(symbol)) })
		if !t.end() {
			return &OptionError{Option: option, Message: "the text has more than 2,147,483,647 symbols", Hint: "take a part of it"}
		}
		return nil
	}
}

// matching returns the files that name stands for.
func matching(option, name string) ([]string, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return nil, &OptionError{Option: option, Message: fmt.Sprintf("%s is a directory", name),
			Hint: "name the files: " + filepath.Join(name, "*.txt")}
	case err == nil && info.Mode()&fs.ModeDevice != 0:
		return nil, &OptionError{Option: option, Message: fmt.Sprintf("%s is a device, which may never end", name), Hint: "name a file"}
	case err == nil:
		return []string{name}, nil
	case !errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(name, "*?["):
		return nil, &OptionError{Option: option, Message: fmt.Sprintf("cannot read %s: %v", name, cause(err)), Err: err}
	case !strings.ContainsAny(name, "*?["):
		return nil, noSuchFile(option, name, err)
	}
	found, err := filepath.Glob(name)
	if err != nil {
		return nil, &OptionError{Option: option, Message: fmt.Sprintf("%q is no pattern: %v", name, err), Err: err}
	}
	found = slices.DeleteFunc(found, func(f string) bool {
		info, err := os.Stat(f)
		return err != nil || info.IsDir()
	})
	if len(found) == 0 {
		return nil, &OptionError{Option: option, Message: fmt.Sprintf("no file matches %q", name)}
	}
	slices.Sort(found)
	return found, nil
}

func noSuchFile(option, name string, err error) error {
	e := &OptionError{Option: option, Message: fmt.Sprintf("no file %q", name), Err: err}
	if option == "corpus" {
		e.Message = fmt.Sprintf("no corpus and no file %q", name)
		e.Hint = builtinHint()
		if near := nearest(name, knownNames()); near != "" {
			e.Hint = "did you mean " + near
		}
	}
	return e
}

// cause strips the operation and the path, which the message already gives.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// ReadLines calls line for every line of a file that is not empty, as Open reads it: decompressed by its ending (.gz,
// .zst), without the line end and the byte order mark, counted from 1. The slice is valid until line returns. Text that is
// no UTF-8 is an error that names file, line and character; an error of line ends the reading and is returned as it is.
func ReadLines(file string, line func(n int, text []byte) error) error {
	return readLines("", file, nil, line)
}

// readLines calls line for every line of a file that is not empty, without its line end, counted from 1. The slice is
// valid until line returns. What was decompressed goes to h, unless that is nil.
func readLines(option, file string, h hash.Hash, line func(n int, text []byte) error) error {
	f, err := os.Open(file)
	if err != nil {
		return &OptionError{Option: option, Message: fmt.Sprintf("cannot read %s: %v", file, cause(err)), Err: err}
	}
	defer f.Close()
	damaged := func(err error) error {
		return &OptionError{Option: option, Message: fmt.Sprintf("cannot read %s: %v", file, cause(err)), Err: err}
	}
	var r io.Reader = f
	switch filepath.Ext(file) {
	case ".gz":
		z, err := gzip.NewReader(f)
		if err != nil {
			return damaged(err)
		}
		r = z
	case ".zst":
		z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return damaged(err)
		}
		defer z.Close()
		r = z
	}
	if h != nil {
		r = io.TeeReader(r, h)
	}
	failed := error(nil) // of line, told apart from errors of reading
	err = splitLines(r, func(n int, text []byte) error {
		if !utf8.Valid(text) {
			failed = &OptionError{Option: option, Message: fmt.Sprintf("%s:%d:%d: invalid UTF-8", file, n, invalidAt(text)), Hint: "convert the text to UTF-8"}
		} else {
			failed = line(n, text)
		}
		return failed
	})
	if failed != nil {
		return failed
	}
	if err != nil {
		return damaged(err)
	}
	return nil
}

// splitLines cuts what r holds into lines of any length; the byte order mark, carriage returns at line ends and empty
// lines are left out.
func splitLines(r io.Reader, line func(n int, text []byte) error) error {
	in := bufio.NewReaderSize(r, 1<<18)
	var long []byte
	for n := 1; ; n++ {
		s, err := in.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			long = append(long[:0], s...)
			for err == bufio.ErrBufferFull {
				s, err = in.ReadSlice('\n')
				long = append(long, s...)
			}
			s = long
		}
		if err != nil && err != io.EOF {
			return err
		}
		s = bytes.TrimSuffix(bytes.TrimSuffix(s, []byte("\n")), []byte("\r"))
		if n == 1 {
			s = bytes.TrimPrefix(s, []byte("\ufeff"))
		}
		if len(s) > 0 {
			if err := line(n, s); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// invalidAt returns the place of the first byte that is no UTF-8, in characters from 1.
func invalidAt(s []byte) int {
	for at := 1; ; at++ {
		r, size := utf8.DecodeRune(s)
		if r == utf8.RuneError && size <= 1 {
			return at
		}
		s = s[size:]
	}
}

func isJSONLines(file string) bool {
	for _, z := range []string{".gz", ".zst"} {
		file = strings.TrimSuffix(file, z)
	}
	return strings.HasSuffix(file, ".jsonl")
}

// textField returns the text of one line of JSON.
func textField(option, file string, line int, s []byte) ([]byte, error) {
	bad := func(message string, err error) error {
		return &OptionError{Option: option, Message: fmt.Sprintf("%s:%d: %s", file, line, message),
			Hint: `each line is an object with a string "text"`, Err: err}
	}
	var record struct {
		Text *string `json:"text"`
	}
	if err := json.Unmarshal(s, &record); err != nil {
		return nil, bad("no JSON object with a text: "+err.Error(), err)
	}
	if record.Text == nil {
		return nil, bad(`no "text"`, nil)
	}
	return []byte(*record.Text), nil
}
