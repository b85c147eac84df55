package reports

import (
	"fmt"
	"unicode/utf8"
)

// Texts is what a model has written.
type Texts struct {
	Trial, Label string
	Seed         uint64
	Texts        []Text // the first ones
	Count        int    // texts written in all
	// Compared says that all were short enough to be documents of the training part, and that Known of them are. Repeated
	// are the same as one before.
	Compared        bool
	Known, Repeated int
}

// Text is one text.
type Text struct {
	Text  string
	Ended bool // otherwise it was cut off
	Known bool // it is a document of the training part
}

// pageTexts is how the page shows them.
type pageTexts struct {
	Sentences, Texts []string
	Short            bool // several stand in a line
}

// texts words what a model has written; nil if it is nothing.
func (s *study) texts(t *Texts) *pageTexts {
	if t == nil || len(t.Texts) == 0 {
		return nil
	}
	which := "trial " + t.Trial
	if t.Label != "" {
		which += " (" + t.Label + ")"
	}
	out := &pageTexts{Sentences: []string{fmt.Sprintf("Written by %s, symbol after symbol from its own probabilities, with seed %d: nothing is chosen.", which, t.Seed)}}
	known := false
	longest := 0
	for _, x := range t.Texts {
		text := x.Text
		if !x.Ended {
			text += " …"
		}
		if x.Known {
			text, known = text+" *", true
		}
		if text == "" {
			text = "(an empty text)"
		}
		longest = max(longest, utf8.RuneCountInString(text))
		out.Texts = append(out.Texts, text)
	}
	out.Short = longest <= 24
	if t.Compared && t.Count > 0 {
		share := func(n int) float64 { return 100 * float64(n) / float64(t.Count) }
		line := fmt.Sprintf("Of %s, %.1f %% are in the training part already, and %.1f %% repeat an earlier one.",
			count(t.Count, "text"), share(t.Known), share(t.Repeated))
		if known {
			line += " A * marks those of the training part."
		}
		out.Sentences = append(out.Sentences, line)
	}
	return out
}
