package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"sweep/internal/spreadsheet"
	"sweep/results"
)

func ptr[T any](v T) *T { return &v }

// some are trials with parameters of all kinds, absent ones and texts that want to be something else.
func some() []results.Trial {
	return []results.Trial{
		{Sweep: "s", Trial: "000000000001", Replicate: 1, Seed: 1<<53 - 1, State: "complete", ValLoss: ptr(0.1), Value: ptr(1.0 / 3),
			Params: json.RawMessage(`{"b":true,"lr":1e-7,"n":3,"mix":1,"text":"tanh","wide":9007199254740993}`)},
		{Sweep: "s", Trial: "000000000002", Seed: 2, State: "failed", Retired: true, Error: ptr("=cmd()\n\"quoted\", näive\t\x01"), Seconds: 1e-9,
			Params: json.RawMessage(`{"n":4,"lr":2,"text":"-1","mix":"auto","late":2.5,"wide":0.5}`)},
		{Sweep: "s", Trial: "000000000003", State: "waiting", Value: ptr(math.NaN()), Params: json.RawMessage(`{}`)},
	}
}

var wantParams = []Column{
	{"param.b", Truth, true}, {"param.lr", Real, true}, {"param.n", Integer, true}, {"param.mix", Text, true},
	{"param.text", Text, true}, {"param.wide", Text, true}, {"param.late", Real, true},
}

func TestColumnsAreThoseOfTheViews(t *testing.T) {
	s, err := results.Open(t.Context(), t.TempDir(), results.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	trials, err := Trials(some())
	if err != nil {
		t.Fatal(err)
	}
	for view, table := range map[string]Table{"v_trials": trials, "v_points": Points(nil)} {
		rows, err := s.Query(t.Context(), "SELECT * FROM "+view)
		if err != nil {
			t.Fatal(err)
		}
		want := rows.Columns
		if at := slices.Index(want, "params"); at >= 0 {
			var names []string
			for _, c := range wantParams {
				names = append(names, c.Name)
			}
			want = slices.Replace(want, at, at+1, names...)
		}
		var got []string
		for _, c := range table.Columns {
			got = append(got, c.Name)
			if i := slices.Index(want, c.Name); strings.HasPrefix(c.Name, prefix) && c != wantParams[i-slices.Index(want, "param.b")] {
				t.Errorf("%+v", c)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-view +table):\n%s", view, d)
		}
	}
}

// columns reads the cells of a row by column.
func cellsOf(t *testing.T, table Table) []map[string]any {
	t.Helper()
	var out []map[string]any
	for row := range table.Rows {
		m := map[string]any{}
		for i, v := range row {
			m[table.Columns[i].Name] = v
		}
		out = append(out, m)
	}
	return out
}

func TestTrials(t *testing.T) {
	table, err := Trials(some())
	if err != nil {
		t.Fatal(err)
	}
	rows := cellsOf(t, table)
	for _, c := range []struct {
		row    int
		column string
		want   any
	}{
		{0, "param.lr", 1e-7}, {1, "param.lr", 2.0}, {0, "param.n", int64(3)}, {0, "param.b", true}, {1, "param.b", nil},
		{0, "param.mix", "1"}, {1, "param.mix", "auto"}, {0, "param.wide", "9007199254740993"}, {1, "param.wide", "0.5"},
		{2, "param.text", nil}, {1, "retired", int64(1)}, {0, "seed", int64(1<<53 - 1)}, {0, "val_loss", 0.1}, {1, "val_loss", nil},
	} {
		if got := rows[c.row][c.column]; got != c.want {
			t.Errorf("row %d, %s: %v (%T), want %v", c.row, c.column, got, got, c.want)
		}
	}
	if _, err := Trials([]results.Trial{{Params: json.RawMessage(`[1]`)}}); err == nil {
		t.Error("params that are no object were taken")
	}
}

func TestCSV(t *testing.T) {
	table, err := Trials(some())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := CSV(&b, table); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range cellsOf(t, table) {
		for j, name := range rows[0] {
			got := rows[i+1][j]
			switch v := want[name].(type) {
			case nil:
				if got != "" {
					t.Errorf("row %d, %s: %q, want nothing", i, name, got)
				}
			case float64:
				if x, err := strconv.ParseFloat(got, 64); !math.IsNaN(v) && (err != nil || x != v) || math.IsNaN(v) && got != "" {
					t.Errorf("row %d, %s: %q, want %v", i, name, got, v)
				}
			case string:
				if got != spreadsheet.Text(v) {
					t.Errorf("row %d, %s: %q, want %q", i, name, got, v)
				}
			default:
				if got != fmt.Sprint(v) {
					t.Errorf("row %d, %s: %q, want %v", i, name, got, v)
				}
			}
		}
	}
	if got := rows[2][slices.Index(rows[0], "error")]; !strings.HasPrefix(got, "'=cmd()\n\"quoted\"") {
		t.Errorf("a formula: %q", got)
	}
	if got := rows[2][slices.Index(rows[0], "param.text")]; got != "'-1" {
		t.Errorf("a text that a spreadsheet takes for a sum: %q", got)
	}
}

func TestJSON(t *testing.T) {
	table, err := Trials(some())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := JSON(&b, table); err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(&b)
	d.UseNumber()
	for i, want := range cellsOf(t, table) {
		var got map[string]any
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(table.Columns) {
			t.Errorf("row %d has %d members, want %d", i, len(got), len(table.Columns))
		}
		for name, v := range want {
			g := got[name]
			if n, ok := g.(json.Number); ok {
				if f, isFloat := v.(float64); isFloat {
					if x, err := n.Float64(); err != nil || x != f {
						t.Errorf("row %d, %s: %v, want %v", i, name, n, f)
					}
					continue
				}
				g, _ = n.Int64()
			}
			if f, ok := v.(float64); ok && math.IsNaN(f) {
				v = nil
			}
			if g != v {
				t.Errorf("row %d, %s: %v (%T), want %v", i, name, g, g, v)
			}
		}
	}
	if _, err := d.Token(); err != io.EOF {
		t.Errorf("after the last row: %v", err)
	}
}

func TestParquet(t *testing.T) {
	trials, err := Trials(some())
	if err != nil {
		t.Fatal(err)
	}
	many := make([]results.Point, 3*rowsPerWrite+7)
	for i := range many {
		many[i] = results.Point{Sweep: "s", Trial: fmt.Sprint(i % 5), Metric: "val/loss", Step: int64(i), Seconds: float64(i) / 3}
		if i%3 > 0 {
			many[i].Value = ptr(1 / float64(i))
		}
	}
	for _, table := range []Table{trials, Points(many), Points(nil)} {
		var b bytes.Buffer
		if err := Parquet(&b, table); err != nil {
			t.Fatal(err)
		}
		f, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if v, _ := f.Lookup("sweep.schema"); v != "1" {
			t.Errorf("sweep.schema is %q", v)
		}
		for i, leaf := range f.Schema().Columns() {
			if leaf[0] != table.Columns[i].Name || len(leaf) != 1 {
				t.Fatalf("column %d is %q, want %s", i, leaf, table.Columns[i].Name)
			}
		}
		for _, c := range f.Metadata().RowGroups {
			for _, column := range c.Columns {
				if codec := column.MetaData.Codec.String(); codec != "ZSTD" {
					t.Fatalf("compressed by %s", codec)
				}
			}
		}
		want := cellsOf(t, table)
		if f.NumRows() != int64(len(want)) {
			t.Fatalf("%d rows, want %d", f.NumRows(), len(want))
		}
		n := 0
		for _, group := range f.RowGroups() {
			rows := group.Rows()
			buf := make([]parquet.Row, 100)
			for {
				k, err := rows.ReadRows(buf)
				for _, row := range buf[:k] {
					for i, v := range row {
						if w := want[n][table.Columns[i].Name]; !same(v, w) {
							t.Fatalf("row %d, %s: %v, want %v", n, table.Columns[i].Name, v, w)
						}
					}
					n++
				}
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if n != len(want) {
			t.Errorf("read %d rows of %d", n, len(want))
		}
	}
}

func same(v parquet.Value, want any) bool {
	switch want := want.(type) {
	case nil:
		return v.IsNull()
	case string:
		return !v.IsNull() && string(v.ByteArray()) == want
	case int64:
		return !v.IsNull() && v.Int64() == want
	case float64:
		return !v.IsNull() && math.Float64bits(v.Double()) == math.Float64bits(want)
	case bool:
		return !v.IsNull() && v.Boolean() == want
	}
	return false
}
