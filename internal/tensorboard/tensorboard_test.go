package tensorboard

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
)

// crc32c is the definition of the checksum, a bit at a time.
func crc32c(b []byte) uint32 {
	c := ^uint32(0)
	for _, x := range b {
		c ^= uint32(x)
		for range 8 {
			if c&1 == 1 {
				c = c>>1 ^ 0x82f63b78
			} else {
				c >>= 1
			}
		}
	}
	return ^c
}

// records reads TFRecords and checks their checksums.
func records(t *testing.T, b []byte) [][]byte {
	t.Helper()
	check := func(data []byte, sum uint32) {
		c := crc32c(data)
		if want := (c>>15 | c<<17) + 0xa282ead8; sum != want {
			t.Fatalf("checksum %x of %q, want %x", sum, data, want)
		}
	}
	var out [][]byte
	for len(b) > 0 {
		n := binary.LittleEndian.Uint64(b)
		check(b[:8], binary.LittleEndian.Uint32(b[8:]))
		check(b[12:12+n], binary.LittleEndian.Uint32(b[12+n:]))
		out = append(out, b[12:12+n])
		b = b[16+n:]
	}
	return out
}

// message is a decoded message: by field number what stands there, bytes or numbers.
type message map[protowire.Number][]any

func decode(t *testing.T, b []byte) message {
	t.Helper()
	m := message{}
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatalf("no tag: %x", b)
		}
		b = b[n:]
		var v any
		switch typ {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var x uint32
			x, n = protowire.ConsumeFixed32(b)
			v = math.Float32frombits(x)
		case protowire.Fixed64Type:
			var x uint64
			x, n = protowire.ConsumeFixed64(b)
			v = math.Float64frombits(x)
		default:
			var x []byte
			x, n = protowire.ConsumeBytes(b)
			v = string(x)
		}
		if n < 0 {
			t.Fatalf("field %d: %v", num, protowire.ParseError(n))
		}
		m[num] = append(m[num], v)
		b = b[n:]
	}
	return m
}

// at follows field numbers into nested messages, the first of each.
func (m message) at(t *testing.T, path ...protowire.Number) any {
	t.Helper()
	for i, n := range path {
		if len(m[n]) == 0 {
			return nil
		}
		if i == len(path)-1 {
			return m[n][0]
		}
		m = decode(t, []byte(m[n][0].(string)))
	}
	return m
}

func TestChecksum(t *testing.T) {
	if got := crc32c([]byte("123456789")); got != 0xe3069283 { // the check value of CRC-32C
		t.Fatalf("%x", got)
	}
}

func TestScalars(t *testing.T) {
	var b bytes.Buffer
	w, err := NewEventWriter(&b, 1.5)
	if err != nil {
		t.Fatal(err)
	}
	want := []Scalar{{"val/loss", 0, 2.25, 0.1}, {"val/loss", 1 << 40, 3, math.NaN()}, {"größe", 7, 3, -1e300}}
	for _, s := range want {
		if err := w.Scalar(s); err != nil {
			t.Fatal(err)
		}
	}
	rs := records(t, b.Bytes())
	if len(rs) != 4 {
		t.Fatalf("%d records", len(rs))
	}
	if first := decode(t, rs[0]); first.at(t, 1) != 1.5 || first.at(t, 3) != "brain.Event:2" {
		t.Errorf("%v", first)
	}
	for i, s := range want {
		m := decode(t, rs[i+1])
		step := uint64(0)
		if x, ok := m.at(t, 2).(uint64); ok {
			step = x
		}
		v, _ := m.at(t, 5, 1, 2).(float32)
		if m.at(t, 1) != s.Time || step != uint64(s.Step) || m.at(t, 5, 1, 1) != s.Tag || math.Float32bits(v) != math.Float32bits(float32(s.Value)) {
			t.Errorf("%v, want %+v", m, s)
		}
	}
}

func TestHParams(t *testing.T) {
	var b bytes.Buffer
	w, err := NewEventWriter(&b, 10)
	if err != nil {
		t.Fatal(err)
	}
	many := make([]any, 20)
	for i := range many {
		many[i] = float64(i)
	}
	x := Experiment{Name: "s", Description: "why", Created: 9, Metrics: []Metric{{"final/val/loss", "val/loss"}}, Params: []Param{
		{"lr", []any{0.1, 0.2}}, {"act", []any{"tanh"}}, {"direct", []any{false, true}}, {"many", many},
	}}
	s := Session{Params: map[string]any{"lr": 0.1, "act": "tanh", "direct": false}, Group: "c", Began: 10, Ended: 12, Status: Failure}
	if err := w.HParams(x, s); err != nil {
		t.Fatal(err)
	}
	rs := records(t, b.Bytes())[1:]
	var tags []any
	var content []message
	for _, r := range rs {
		m := decode(t, r)
		tags = append(tags, m.at(t, 5, 1, 1))
		if m.at(t, 5, 1, 9, 1, 1) != "hparams" {
			t.Errorf("plugin %v", m.at(t, 5, 1, 9, 1, 1))
		}
		content = append(content, decode(t, []byte(m.at(t, 5, 1, 9, 1, 2).(string))))
	}
	if d := cmp.Diff([]any{"_hparams_/experiment", "_hparams_/session_start_info", "_hparams_/session_end_info"}, tags); d != "" {
		t.Fatal(d)
	}
	experiment := decode(t, []byte(content[0].at(t, 2).(string)))
	var params []any
	for _, p := range experiment[4] {
		m := decode(t, []byte(p.(string)))
		params = append(params, m.at(t, 1), m.at(t, 4), m.at(t, 7))
	}
	if d := cmp.Diff([]any{"lr", uint64(3), uint64(1), "act", uint64(1), nil, "direct", uint64(2), uint64(1), "many", uint64(3), uint64(1)}, params); d != "" {
		t.Error(d)
	}
	if last := decode(t, []byte(experiment[4][3].(string))); last.at(t, 6, 1) != 0.0 || last.at(t, 6, 2) != 19.0 || last.at(t, 5) != nil {
		t.Errorf("the range of many numbers: %v", last)
	}
	if experiment.at(t, 5, 1, 2) != "final/val/loss" || experiment.at(t, 5, 3) != "val/loss" || experiment.at(t, 6) != "s" || experiment.at(t, 3) != 9.0 {
		t.Errorf("experiment %v", experiment)
	}
	start := decode(t, []byte(content[1].at(t, 3).(string)))
	got := map[any]any{}
	for _, p := range start[1] {
		m := decode(t, []byte(p.(string)))
		value := decode(t, []byte(m.at(t, 2).(string)))
		for _, v := range value {
			got[m.at(t, 1)] = v[0]
		}
	}
	if d := cmp.Diff(map[any]any{"lr": 0.1, "act": "tanh", "direct": uint64(0)}, got); d != "" || start.at(t, 4) != "c" || start.at(t, 5) != 10.0 {
		t.Errorf("start %v: %s", start, d)
	}
	if end := decode(t, []byte(content[2].at(t, 4).(string))); end.at(t, 1) != uint64(Failure) || end.at(t, 2) != 12.0 {
		t.Errorf("end %v", end)
	}
	b.Reset()
	if err := w.HParams(x, Session{Status: Running}); err != nil {
		t.Fatal(err)
	}
	if rs := records(t, b.Bytes()); len(rs) != 2 {
		t.Errorf("a running session has %d records, want no end", len(rs))
	}
}

func TestProjectorFiles(t *testing.T) {
	var vectors, plain, classed, config strings.Builder
	if err := WriteVectors(&vectors, [][]float32{{0.1, -1}, {1e-30, 3}}); err != nil {
		t.Fatal(err)
	}
	if got, want := vectors.String(), "0.100000001\t-1\n1e-30\t3\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	symbols := []string{".", "a\tb", "\n", " ", ""}
	if err := WriteMetadata(&plain, symbols, nil); err != nil {
		t.Fatal(err)
	}
	if got, want := plain.String(), ".\na␉b\n␊\n␠\n(empty)\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if err := WriteMetadata(&classed, symbols[:1], []string{"boundary"}); err != nil {
		t.Fatal(err)
	}
	if got, want := classed.String(), "symbol\tclass\n.\tboundary\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if err := WriteProjectorConfig(&config, "C", 27, 5); err != nil {
		t.Fatal(err)
	}
	if got := config.String(); !strings.Contains(got, `tensor_name: "C"`) || strings.Count(got, "tensor_shape") != 2 || !strings.Contains(got, `metadata_path: "metadata.tsv"`) {
		t.Error(got)
	}
}
