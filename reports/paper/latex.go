package paper

import (
	"fmt"
	"io"
	"strings"

	"sweep/results"
)

// LaTeX writes a table environment that wants the package booktabs and nothing else.
func LaTeX(w io.Writer, t results.Crosstab) error {
	write := number(t)
	s := style{
		escape: escapeLaTeX, empty: "---",
		minus:     func(s string) string { return strings.ReplaceAll(s, "-", "$-$") },
		small:     func(s string) string { return `{\scriptsize ` + strings.Replace(s, "n = ", "$n$ = ", 1) + "}" },
		bold:      func(s string) string { return `\textbf{` + s + "}" },
		underline: func(s string) string { return `\underline{` + s + "}" },
	}
	var b strings.Builder
	by := escapeLaTeX(t.Rows)
	if t.Cols != "" {
		by += " and " + escapeLaTeX(t.Cols)
	}
	fmt.Fprintf(&b, "%% \\usepackage{booktabs}\n\\begin{table}\n  \\centering\n  \\caption{%s of sweep %s by %s.}\n  \\label{tab:%s}\n",
		escapeLaTeX(t.Metric), escapeLaTeX(t.Sweep), by, label(t.Sweep+"-"+t.Rows+"-"+t.Cols))
	fmt.Fprintf(&b, "  \\begin{tabular}{l%s}\n    \\toprule\n", strings.Repeat("c", len(t.ColValues)))
	head := []string{escapeLaTeX(t.Rows)}
	if t.Cols == "" {
		head = append(head, escapeLaTeX(t.Metric))
	} else {
		fmt.Fprintf(&b, "    & \\multicolumn{%d}{c}{%s} \\\\\n    \\cmidrule(lr){2-%d}\n", len(t.ColValues), escapeLaTeX(t.Cols), len(t.ColValues)+1)
		for _, v := range t.ColValues {
			head = append(head, escapeLaTeX(heading(v)))
		}
	}
	row := func(cells []string) { b.WriteString("    " + strings.Join(cells, " & ") + " \\\\\n") }
	row(head)
	b.WriteString("    \\midrule\n")
	for i, line := range t.Cells {
		cells := []string{escapeLaTeX(heading(t.RowValues[i]))}
		for _, c := range line {
			cells = append(cells, s.cell(c, write))
		}
		row(cells)
	}
	b.WriteString("    \\bottomrule\n  \\end{tabular}\n\n  \\smallskip\n  \\begin{minipage}{\\linewidth}\\footnotesize\n")
	for i, n := range t.Notes {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString("    " + escapeLaTeX(n) + "\n")
	}
	b.WriteString("  \\end{minipage}\n\\end{table}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// special is what LaTeX would not print as it is. A bracket or a star at the beginning of a row would be an argument of the
// row break before it, and dashes and back quotes would join with their neighbours.
var special = strings.NewReplacer(
	`\`, `\textbackslash{}`, `{`, `\{`, `}`, `\}`, `$`, `\$`, `&`, `\&`, `#`, `\#`, `%`, `\%`, `_`, `\_`,
	`^`, `\textasciicircum{}`, `~`, `\textasciitilde{}`, `<`, `\textless{}`, `>`, `\textgreater{}`, `|`, `\textbar{}`,
	`[`, `{[}`, `]`, `{]}`, `*`, `{*}`, `-`, `{-}`, "`", "{`}", `'`, `{'}`, `"`, `{"}`, `,`, `{,}`, `!`, `{!}`, `?`, `{?}`,
	results.Dagger, `\textsuperscript{\dag}`, "\uFFFD", "{?}",
)

// escapeLaTeX writes a text so that LaTeX prints it.
func escapeLaTeX(s string) string {
	var b strings.Builder
	for i, part := range strings.Split(oneLine(s), ", ") { // prose stays readable
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(special.Replace(part))
	}
	return b.String()
}

// label keeps what may stand in the name of a reference.
func label(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, s), "-")
}
