package trainer

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// aFile returns a file of tensors of several shapes, a scalar and an empty one among them.
func aFile() *tensorFile {
	return &tensorFile{
		meta: map[string]string{"config": `{"a":1}`, "odd \" key": "<&>\u2028"},
		tensors: []Tensor{
			{"C", []int{2, 3}, []float32{1, -2, 3.5, float32(math.Inf(1)), 0, 1e-40}},
			{"empty", []int{0, 7}, []float32{}},
			{"scalar", []int{}, []float32{42}},
			{"b", []int{3}, []float32{7, 8, 9}},
		},
	}
}

func encoded(t testing.TB, f *tensorFile) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sameFile(t *testing.T, got, want *tensorFile) {
	t.Helper()
	if len(got.tensors) != len(want.tensors) {
		t.Fatalf("%d tensors, want %d", len(got.tensors), len(want.tensors))
	}
	for i, w := range want.tensors {
		g := got.tensors[i]
		if g.Name != w.Name || !slices.Equal(g.Shape, w.Shape) || !slices.Equal(g.Data, w.Data) {
			t.Errorf("tensor %d = %v, want %v", i, g, w)
		}
	}
	for k, v := range want.meta {
		if got.meta[k] != v {
			t.Errorf("metadata %q = %q, want %q", k, got.meta[k], v)
		}
	}
}

func TestSafetensors(t *testing.T) {
	b := encoded(t, aFile())
	f, err := readTensors(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	sameFile(t, f, aFile())
	// What the format asks for.
	n := binary.LittleEndian.Uint64(b)
	if n%8 != 0 || b[8] != '{' {
		t.Errorf("header of %d bytes begins with %q", n, b[8])
	}
	var header map[string]json.RawMessage
	if err := json.Unmarshal(b[8:8+n], &header); err != nil || !strings.Contains(string(header["b"]), `"data_offsets":[28,40]`) {
		t.Errorf("header %s, %v", b[8:8+n], err)
	}
}

// TestSafetensorsDamage finds every flipped bit and every truncation.
func TestSafetensorsDamage(t *testing.T) {
	b := encoded(t, aFile())
	for i := range len(b) * 8 {
		c := slices.Clone(b)
		c[i/8] ^= 1 << (i % 8)
		if _, err := readTensors(bytes.NewReader(c), int64(len(c))); !errors.Is(err, ErrCorrupt) {
			t.Errorf("bit %d of byte %d (%q): %v", i%8, i/8, b[i/8], err)
		}
	}
	for i := range b {
		if _, err := readTensors(bytes.NewReader(b[:i]), int64(i)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("cut at %d: %v", i, err)
		}
		if _, err := readTensors(bytes.NewReader(b[:i]), int64(len(b))); !errors.Is(err, ErrCorrupt) {
			t.Errorf("cut at %d while it was read: %v", i, err)
		}
	}
	if _, err := readTensors(bytes.NewReader(append(b, 0)), int64(len(b)+1)); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a byte too many: %v", err)
	}
}

// TestSafetensorsUnread tells a disk that does not answer from a file that is damaged: only that may be removed.
func TestSafetensorsUnread(t *testing.T) {
	b, broken := encoded(t, aFile()), errors.New("input/output error")
	for i := range len(b) + 1 {
		r := io.MultiReader(bytes.NewReader(b[:i]), iotest.ErrReader(broken))
		if _, err := readTensors(r, int64(len(b))); !errors.Is(err, broken) || errors.Is(err, ErrCorrupt) {
			t.Errorf("after %d bytes: %v", i, err)
		}
	}
}

// raw makes a file of a header and so many bytes of data.
func raw(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestSafetensorsHeader(t *testing.T) {
	one := func(dtype, shape, offsets string) string {
		return fmt.Sprintf(`{"a":{"dtype":%q,"shape":%s,"data_offsets":%s}}`, dtype, shape, offsets)
	}
	for name, b := range map[string][]byte{
		"header too long":     binary.LittleEndian.AppendUint64(nil, 1<<62),
		"no object":           raw(`[1]`, 0),
		"unfinished":          raw(`{"a":`, 0),
		"rest":                raw(`{} {}`, 0),
		"half precision":      raw(one("F16", "[2]", "[0,4]"), 4),
		"negative shape":      raw(one("F32", "[-1]", "[0,4]"), 4),
		"overflow":            raw(one("F32", "[4294967296,4294967296,4294967296]", "[0,0]"), 0),
		"overflow past zero":  raw(one("F32", "[9223372036854775807,9223372036854775807]", "[0,4]"), 4),
		"huge":                raw(one("F32", "[1000000000000]", "[0,4000000000000]"), 4),
		"wrong length":        raw(one("F32", "[2]", "[0,4]"), 4),
		"behind the end":      raw(one("F32", "[2]", "[0,8]"), 4),
		"negative offset":     raw(one("F32", "[1]", "[-4,0]"), 4),
		"reversed":            raw(one("F32", "[1]", "[4,0]"), 4),
		"gap":                 raw(one("F32", "[1]", "[4,8]"), 8),
		"data left":           raw(one("F32", "[1]", "[0,4]"), 8),
		"overlap":             raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8),
		"twice":               raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4),
		"shape of words":      raw(one("F32", `["x"]`, "[0,4]"), 4),
		"metadata of numbers": raw(`{"__metadata__":{"a":1}}`, 0),
		"null metadata":       raw(`{"__metadata__":null}`, 0),
	} {
		if f, err := decodeTensors(bytes.NewReader(b), int64(len(b)), false); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	good := raw(one("F32", "[1]", "[0,4]")+"   ", 4)
	if _, err := decodeTensors(bytes.NewReader(good), int64(len(good)), false); err != nil {
		t.Errorf("a file of another program: %v", err)
	}
	if _, err := readTensors(bytes.NewReader(good), int64(len(good))); !errors.Is(err, ErrCorrupt) {
		t.Errorf("without hash: %v", err)
	}
}

// FuzzSafetensors reads anything without panic or more memory than the file, and what it accepts it writes back.
func FuzzSafetensors(f *testing.F) {
	f.Add(encoded(f, aFile()))
	f.Add(encoded(f, &tensorFile{}))
	f.Add(raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4))
	f.Add(raw(`{"a":{"dtype":"F32","shape":[0,99],"data_offsets":[0,0]},"__metadata__":{"b":"c"}}`, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = readTensors(bytes.NewReader(b), int64(len(b)))
		got, err := decodeTensors(bytes.NewReader(b), int64(len(b)), false)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("error %v", err)
			}
			return
		}
		for i := range got.tensors {
			for j, x := range got.tensors[i].Data {
				if x != x {
					got.tensors[i].Data[j] = 0 // NaN is not equal to itself
				}
			}
		}
		b = encoded(t, got)
		again, err := readTensors(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		sameFile(t, again, got)
		if _, err := modelFrom(got); err == nil && got.meta["format"] != "nplm" {
			t.Error("a model without its mark")
		}
	})
}

// TestSaveLoad brings every kind of model back, and refuses what is none.
func TestSaveLoad(t *testing.T) {
	data := withUnknown(t)
	file := filepath.Join(t.TempDir(), "m.safetensors")
	for _, cfg := range []Config{{HiddenSize: 7}, {HiddenSize: 7, Direct: true}, {Direct: true}} {
		m := untrained(data, cfg)
		if err := Save(file, m); err != nil {
			t.Fatal(err)
		}
		got, err := Load(file)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := fingerprint(got), fingerprint(m); a != b || !slices.Equal(got.w.all, m.w.all) {
			t.Errorf("weights %s, want %s", a, b)
		}
		if got.Config != m.Config || got.Unknown != m.Unknown || !slices.Equal(got.Symbols, m.Symbols) || got.Data != m.Data ||
			got.SplitHash != m.SplitHash || got.VocabHash != m.VocabHash {
			t.Errorf("got %+v, want %+v", got, m)
		}
	}
	whole, err := openTensors(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(f *tensorFile){
		"no model":          func(f *tensorFile) { delete(f.meta, "format") },
		"no vocabulary":     func(f *tensorFile) { delete(f.meta, "vocabulary") },
		"other vocabulary":  func(f *tensorFile) { f.meta["vocabulary"] = `["a","b"]` },
		"impossible config": func(f *tensorFile) { f.meta["config"] = `{}` },
		"unknown unknown":   func(f *tensorFile) { f.meta["unknown"] = "1000" },
		"missing tensor":    func(f *tensorFile) { f.tensors = f.tensors[1:] },
		"renamed tensor":    func(f *tensorFile) { f.tensors[0].Name = "X" },
	} {
		f := &tensorFile{meta: map[string]string{}, tensors: slices.Clone(whole.tensors)}
		for k, v := range whole.meta {
			f.meta[k] = v
		}
		damage(f)
		if _, err := modelFrom(f); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := Load(t.TempDir()); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a folder: %v", err)
	}
	if err := Save(filepath.Join(t.TempDir(), "no", "folder"), untrained(data, Config{})); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder to save to: %v", err)
	}
}
