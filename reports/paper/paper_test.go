package paper

import (
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sweep/results"
	"sweep/sweeps"
)

func value(v float64) *float64 { return &v }

// sample is a table with every kind of cell.
func sample() results.Crosstab {
	return results.Crosstab{
		Sweep: "hidden", Metric: "val/loss", Rows: "hidden_size", Cols: "lr|_x",
		RowValues: []sweeps.Value{sweeps.IntValue(50), sweeps.StringValue("[a|b]*\n_c_"), {}},
		ColValues: []sweeps.Value{sweeps.FloatValue(1e-3), sweeps.StringValue(`100% <&#$^~\{}">`)},
		Chosen:    []string{"dropout"},
		Cells: [][]results.Cell{
			{{Configuration: "a", N: 3, Mean: value(133.5166), SD: value(0.25), Low: value(132.9), High: value(134.14), Best: true, TiedWithBest: true,
				Chosen: sweeps.Values{{Name: "dropout", Value: sweeps.FloatValue(0.1)}}},
				{Configuration: "b", N: 2, Mean: value(133.7), SD: value(0.1), Low: value(132.8), High: value(134.6), TiedWithBest: true}},
			{{}, {Configuration: "c", N: 1, Mean: value(-0.0001), TiedWithBest: true, Diverged: 1}},
			{{Configuration: "d", State: "diverged", Diverged: 2}, {Configuration: "e", State: "waiting"}},
		},
		Notes: []string{"Cells: a, b.", results.Dagger + " A replicate diverged at 5% of x_1 | y."},
	}
}

func TestMarkdown(t *testing.T) {
	var b strings.Builder
	if err := Markdown(&b, sample()); err != nil {
		t.Fatal(err)
	}
	want := `| hidden_size / lr\|\_x | 0.001 | 100% \<\&\#\$^\~\\{}"\> |
| --- | --- | --- |
| 50 | **133.52** [132.90, 134.14], n = 3 | <ins>133.70</ins> [132.80, 134.60], n = 2 |
| \[a\|b\]\* \_c\_ | ` + "\u2014" + ` | 0.00` + results.Dagger + ` n = 1 |
| none | diverged` + results.Dagger + ` | waiting |

Cells: a, b.

` + results.Dagger + ` A replicate diverged at 5% of x_1 \| y.
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestLaTeX(t *testing.T) {
	var b strings.Builder
	if err := LaTeX(&b, sample()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`\begin{tabular}{lcc}`, `& \multicolumn{2}{c}{lr\textbar{}\_x} \\`, `\label{tab:hidden-hidden-size-lr--x}`,
		`hidden\_size & 0.001 & 100\% \textless{}\&\#\$\textasciicircum{}\textasciitilde{}\textbackslash{}\{\}{"}\textgreater{} \\`,
		`50 & \textbf{133.52} {\scriptsize [132.90, 134.14], $n$ = 3} & \underline{133.70} {\scriptsize [132.80, 134.60], $n$ = 2} \\`,
		`{[}a\textbar{}b{]}{*} \_c\_ & --- & 0.00\textsuperscript{\dag} {\scriptsize $n$ = 1} \\`,
		`none & diverged\textsuperscript{\dag} & waiting \\`, `\textsuperscript{\dag} A replicate diverged at 5\% of x\_1 \textbar{} y.`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
	compile(t, b.String())
}

// compile has LaTeX itself read a table, where there is one.
func compile(t *testing.T, table string) {
	t.Helper()
	latex, err := exec.LookPath("pdflatex")
	if err != nil {
		t.Skip("no pdflatex here")
	}
	dir := t.TempDir()
	text := "\\documentclass{article}\n\\usepackage{booktabs}\n\\begin{document}\n" + table + "\\end{document}\n"
	if err := os.WriteFile(filepath.Join(dir, "t.tex"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), latex, "-halt-on-error", "-interaction=nonstopmode", "t.tex")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil || strings.Contains(string(out), "LaTeX Error") {
		t.Errorf("%v\n%s\n%s", err, out, text)
	}
}

// TestLaTeXOfEveryCharacter has every printable character of ASCII at the beginning of a row, within and at the end.
func TestLaTeXOfEveryCharacter(t *testing.T) {
	tab := results.Crosstab{Sweep: "s", Metric: "m", Rows: "r", ColValues: []sweeps.Value{{}}}
	for c := byte(' '); c < 0x7f; c++ {
		s := string(c)
		tab.RowValues = append(tab.RowValues, sweeps.StringValue(s+"a"+s+s+"b"+s))
		tab.Cells = append(tab.Cells, []results.Cell{{Configuration: "x", State: s}})
	}
	var b strings.Builder
	if err := LaTeX(&b, tab); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "--") {
		t.Error("dashes join")
	}
	// A table does not break over pages; LaTeX only says so.
	compile(t, b.String())
}

func TestCSV(t *testing.T) {
	var b strings.Builder
	if err := CSV(&b, sample()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil || len(rows) != 7 {
		t.Fatalf("%q, %v", rows, err)
	}
	for i, want := range map[int]string{
		0: "param.hidden_size|param.lr|_x|param.dropout|metric|n|mean|sd|low|high|best|tied_with_best|diverged|state|configuration",
		1: "50|0.001|0.1|val/loss|3|133.5166|0.25|132.9|134.14|1|1|0||a",
		3: "[a|b]*\n_c_|0.001||val/loss|0|||||0|0|0|missing|",
		4: "[a|b]*\n_c_|100% <&#$^~\\{}\">||val/loss|1|-0.0001||||0|1|1||c",
		5: "|0.001||val/loss|0|||||0|0|2|diverged|d",
	} {
		if got := strings.Join(rows[i], "|"); got != want {
			t.Errorf("line %d: got\n%s\nwant\n%s", i, got, want)
		}
	}
}

func TestFiguresHaveTheDigitsOfTheirUncertainty(t *testing.T) {
	cell := func(mean, half float64) results.Cell {
		c := results.Cell{Configuration: "x", Mean: value(mean)}
		if half > 0 {
			c.Low, c.High = value(mean-half), value(mean+half)
		}
		return c
	}
	for _, c := range []struct {
		cells []results.Cell
		v     float64
		want  string
	}{
		{[]results.Cell{cell(133.51, 0.6), cell(200, 900), cell(100, 9), cell(300, 0.01)}, 133.5166, "133.52"},
		{[]results.Cell{cell(133.51, 12)}, 133.5166, "134"},
		{[]results.Cell{cell(0.25, 0)}, 0.250049, "0.2500"},
		{[]results.Cell{cell(12345, 0)}, 12345.6, "12346"},
		{[]results.Cell{cell(0, 0)}, 0, "0"},
		{nil, 2.5, "2"},
		{[]results.Cell{cell(1e-12, 0)}, 1e-12, "0.000000000"},
		{[]results.Cell{cell(5, 1)}, 1e300, "1e+300"},
	} {
		if got := number(results.Crosstab{Cells: [][]results.Cell{c.cells}})(c.v); got != c.want {
			t.Errorf("%g: got %s, want %s", c.v, got, c.want)
		}
	}
}
