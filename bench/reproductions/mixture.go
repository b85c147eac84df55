package main

import (
	"fmt"
	"io"
)

// mixture is what the last event of `run --json` says of a network mixed with a count model.
type mixture struct {
	With        string   `json:"with"`
	Weight      float64  `json:"weight"`
	Val         *float64 `json:"val_perplexity"`
	Test        *float64 `json:"test_perplexity"`
	Low         *float64 `json:"test_low"`
	High        *float64 `json:"test_high"`
	Even        *float64 `json:"even_test_perplexity"`
	NetworkTest *float64 `json:"network_test_perplexity"`
	CountTest   *float64 `json:"count_test_perplexity"`
	N           int      `json:"n"`
}

// writeMixtures tables them. The weight is fitted on validation, so only test is judged: the mixture is to lie under both
// of its parts.
func writeMixtures(w io.Writer, all []mixture) {
	fmt.Fprint(w, "\n| mixed with | weight of the network | test: network | counts | mixture | half and half | n | under both |\n| --- | ---: | ---: | ---: | --- | ---: | ---: | --- |\n")
	for _, m := range all {
		verdict := "**missed**"
		if m.Test != nil && *m.Test < *m.NetworkTest && *m.Test < *m.CountTest {
			verdict = "reached"
		}
		mixed := perplexity(m.Test)
		if m.Low != nil {
			mixed += fmt.Sprintf(" [%s, %s]", perplexity(m.Low), perplexity(m.High))
		}
		fmt.Fprintf(w, "| %s | %.2f | %s | %s | %s | %s | %d | %s |\n", m.With, m.Weight, perplexity(m.NetworkTest),
			perplexity(m.CountTest), mixed, perplexity(m.Even), m.N, verdict)
	}
}

func perplexity(v *float64) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf("%.1f", *v)
}
