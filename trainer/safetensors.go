package trainer

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"slices"
	"strings"
)

// The safetensors format (github.com/huggingface/safetensors): eight bytes of little-endian header length, a JSON
// object of name -> {dtype, shape, data_offsets} with an optional "__metadata__" of strings, padded with spaces to a
// multiple of eight, and the tensors' bytes, without gaps. This package writes float32 only, and one metadata entry of
// its own, the SHA-256 of the whole file with that entry's digits as zeros.

// ErrCorrupt reports a file of tensors that is truncated, damaged or no such file at all.
var ErrCorrupt = errors.New("trainer: damaged file of tensors")

const (
	maxHeader   = 64 << 20 // a vocabulary of a million words fits
	maxTensors  = 1 << 12
	hashEntry   = "sha256"
	hashDigits  = 2 * sha256.Size
	metadataKey = "__metadata__"
)

// tensorFile is the content of one file.
type tensorFile struct {
	meta    map[string]string
	tensors []Tensor // in the order of their bytes
}

// headerEntry describes one tensor in the header.
type headerEntry struct {
	Dtype   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// write writes the file to w.
func (f *tensorFile) write(w io.Writer) error {
	head, err := f.header(strings.Repeat("0", hashDigits))
	if err != nil {
		return err
	}
	sum := sha256.New()
	sum.Write(head)
	if err := f.writeData(sum); err != nil {
		return err
	}
	if head, err = f.header(hex.EncodeToString(sum.Sum(nil))); err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	return f.writeData(w)
}

// header returns the bytes before the data, the length among them, with the given digits as hash.
func (f *tensorFile) header(digits string) ([]byte, error) {
	meta := map[string]string{hashEntry: digits}
	for k, v := range f.meta {
		meta[k] = v
	}
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	put := func(lead byte, key string, v any) error {
		k, err := json.Marshal(key)
		if err != nil {
			return err
		}
		val, err := json.Marshal(v)
		if err != nil {
			return err
		}
		b.WriteByte(lead)
		b.Write(k)
		b.WriteByte(':')
		b.Write(val)
		return nil
	}
	if err := put('{', metadataKey, meta); err != nil {
		return nil, err
	}
	at := int64(0)
	for _, t := range f.tensors {
		end := at + 4*int64(len(t.Data))
		if err := put(',', t.Name, headerEntry{"F32", t.Shape, [2]int64{at, end}}); err != nil {
			return nil, err
		}
		at = end
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	head := b.Bytes()
	binary.LittleEndian.PutUint64(head, uint64(len(head)-8))
	return head, nil
}

// writeData writes the tensors' numbers, little-endian.
func (f *tensorFile) writeData(w io.Writer) error {
	buf := make([]byte, 0, 64<<10)
	for _, t := range f.tensors {
		for part := range slices.Chunk(t.Data, cap(buf)/4) {
			buf = buf[:0]
			for _, x := range part {
				buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(x))
			}
			if _, err := w.Write(buf); err != nil {
				return err
			}
		}
	}
	return nil
}

// readTensors reads a file of size bytes and checks its hash. It never allocates much more than size. What is wrong
// with the content is an error that wraps ErrCorrupt.
func readTensors(r io.Reader, size int64) (*tensorFile, error) {
	return decodeTensors(r, size, true)
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// unread says why a part of a file could not be read. Only an early end is the fault of the content: a disk that fails
// to answer may hold an intact file.
func unread(err error, part string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return corrupt("it ends within its %s", part)
	}
	return fmt.Errorf("%s: %w", part, err)
}

func decodeTensors(r io.Reader, size int64, verify bool) (*tensorFile, error) {
	var length [8]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, unread(err, "length")
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, corrupt("a header of %d bytes in a file of %d", n, size)
	}
	head := make([]byte, n)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, unread(err, "header")
	}
	f, err := parseHeader(head, size-8-int64(n))
	if err != nil {
		return nil, err
	}
	var sum hash.Hash
	digits := f.meta[hashEntry]
	if verify {
		if sum, err = startHash(length, head, digits); err != nil {
			return nil, err
		}
		r = io.TeeReader(r, sum)
	}
	if err := f.readData(r); err != nil {
		return nil, err
	}
	if verify && hex.EncodeToString(sum.Sum(nil)) != digits {
		return nil, corrupt("the hash does not match")
	}
	delete(f.meta, hashEntry)
	return f, nil
}

// startHash hashes length and header with the digits of the hash as zeros.
func startHash(length [8]byte, head []byte, digits string) (hash.Hash, error) {
	entry := []byte(`"` + hashEntry + `":"` + digits)
	at := bytes.Index(head, entry)
	if len(digits) != hashDigits || at < 0 {
		return nil, corrupt("it has no hash")
	}
	at += len(entry)
	sum := sha256.New()
	sum.Write(length[:])
	sum.Write(head[:at-hashDigits])
	sum.Write(bytes.Repeat([]byte{'0'}, hashDigits))
	sum.Write(head[at:])
	return sum, nil
}

// parseHeader checks that the tensors it describes cover data bytes without gap or overlap.
func parseHeader(head []byte, data int64) (*tensorFile, error) {
	entries, err := headerEntries(head)
	if err != nil {
		return nil, err
	}
	f := &tensorFile{meta: map[string]string{}}
	offsets := map[string][2]int64{}
	for name, raw := range entries {
		if name == metadataKey {
			if err := json.Unmarshal(raw, &f.meta); err != nil || f.meta == nil {
				return nil, corrupt("metadata that are not strings")
			}
			continue
		}
		var e headerEntry
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil, corrupt("tensor %q: %v", name, err)
		}
		if e.Dtype != "F32" {
			return nil, corrupt("tensor %q holds %q, not F32", name, e.Dtype)
		}
		count := int64(1)
		for _, s := range e.Shape {
			if s < 0 || s > 0 && count > data/int64(s) {
				return nil, corrupt("tensor %q of shape %v is larger than the file", name, e.Shape)
			}
			count *= int64(s)
		}
		if e.Offsets[0] < 0 || e.Offsets[1] > data || e.Offsets[1]-e.Offsets[0] != 4*count {
			return nil, corrupt("tensor %q of shape %v lies at %v", name, e.Shape, e.Offsets)
		}
		offsets[name] = e.Offsets
		f.tensors = append(f.tensors, Tensor{Name: name, Shape: e.Shape})
	}
	slices.SortFunc(f.tensors, func(a, b Tensor) int {
		x, y := offsets[a.Name], offsets[b.Name]
		return cmp.Or(slices.Compare(x[:], y[:]), strings.Compare(a.Name, b.Name))
	})
	at := int64(0)
	for i, t := range f.tensors {
		o := offsets[t.Name]
		if o[0] != at {
			return nil, corrupt("tensor %q lies at %v, where %d was due", t.Name, o, at)
		}
		at = o[1]
		f.tensors[i].Data = make([]float32, (o[1]-o[0])/4)
	}
	if at != data {
		return nil, corrupt("%d bytes of data, of which the tensors take %d", data, at)
	}
	return f, nil
}

// headerEntries splits the header's object into its members and refuses a name that stands there twice.
func headerEntries(head []byte) (map[string]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(head))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, corrupt("the header is not a JSON object")
	}
	entries := map[string]json.RawMessage{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, corrupt("header: %v", err)
		}
		name, _ := t.(string)
		if _, twice := entries[name]; twice || len(entries) > maxTensors {
			return nil, corrupt("tensor %q stands there twice, or there are too many", name)
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, corrupt("header: %v", err)
		}
		entries[name] = raw
	}
	if _, err := dec.Token(); err != nil {
		return nil, corrupt("header: %v", err)
	}
	if rest := bytes.Trim(head[dec.InputOffset():], " "); len(rest) > 0 {
		return nil, corrupt("%d bytes after the header", len(rest))
	}
	return entries, nil
}

// readData fills the tensors, in order, and expects the end of the file behind them.
func (f *tensorFile) readData(r io.Reader) error {
	buf := make([]byte, 64<<10)
	for _, t := range f.tensors {
		for part := range slices.Chunk(t.Data, len(buf)/4) {
			b := buf[:4*len(part)]
			if _, err := io.ReadFull(r, b); err != nil {
				return unread(err, fmt.Sprintf("tensor %q", t.Name))
			}
			for i := range part {
				part[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
			}
		}
	}
	switch n, err := io.ReadFull(r, buf[:1]); {
	case n > 0:
		return corrupt("bytes behind the last tensor")
	case !errors.Is(err, io.EOF):
		return unread(err, "end")
	}
	return nil
}
