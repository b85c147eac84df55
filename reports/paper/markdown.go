package paper

import (
	"io"
	"strings"
	"unicode"

	"sweep/results"
)

// Markdown writes a table of GitHub's kind with its notes below. Underlining is <ins>, which Markdown has no sign for.
func Markdown(w io.Writer, t results.Crosstab) error {
	write := number(t)
	s := style{
		escape: escapeMarkdown, empty: "\u2014", minus: same, small: same,
		bold:      func(s string) string { return "**" + s + "**" },
		underline: func(s string) string { return "<ins>" + s + "</ins>" },
	}
	var b strings.Builder
	row := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	head, rule := []string{escapeMarkdown(t.Rows)}, []string{"---"}
	if t.Cols != "" {
		head[0] += " / " + escapeMarkdown(t.Cols)
	}
	for _, v := range t.ColValues {
		name := t.Metric
		if t.Cols != "" {
			name = heading(v)
		}
		head, rule = append(head, escapeMarkdown(name)), append(rule, "---")
	}
	row(head)
	row(rule)
	for i, line := range t.Cells {
		cells := []string{escapeMarkdown(heading(t.RowValues[i]))}
		for _, c := range line {
			cells = append(cells, s.cell(c, write))
		}
		row(cells)
	}
	for _, n := range t.Notes {
		b.WriteString("\n" + escapeMarkdown(n) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// escapeMarkdown keeps a text from being read as markup. An underscore within a word is none.
func escapeMarkdown(s string) string {
	runes := []rune(oneLine(s))
	word := func(i int) bool {
		return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]))
	}
	var b strings.Builder
	for i, r := range runes {
		if strings.ContainsRune("\\`*[]<>|~&#!$", r) || r == '_' && !(word(i-1) && word(i+1)) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
