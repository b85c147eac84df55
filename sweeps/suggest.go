package sweeps

import (
	"slices"
	"strings"
)

// didYouMean is the hint for an unknown name: the closest known one, else all of them.
func didYouMean(name string, known []string) string {
	if s := suggest(name, known); s != "" {
		return "did you mean " + s
	}
	if len(known) == 0 {
		return ""
	}
	return "there is " + strings.Join(known, ", ")
}

// suggest returns the known name that was probably meant, "" if none is close: by edit distance, as a part
// ("hidden" for hidden_size) or nearly one ("hiden"), or by initials ("lr" for learning_rate).
func suggest(name string, known []string) string {
	name = plainName(name)
	most := max(len(name)/3, 1)
	if len(name) < 3 {
		most = 0
	}
	best, limit := "", most
	for _, k := range known {
		if d := distance(name, plainName(k)); d <= limit {
			best, limit = k, d-1
		}
	}
	if best != "" {
		return best
	}
	for _, k := range known {
		words := wordsOf(k)
		if len(words) < 2 {
			continue
		}
		if initials(words) == name || len(name) > 2 && slices.Contains(words, name) {
			return k
		}
	}
	if len(name) < 4 { // a letter more or less makes another word of it
		return ""
	}
	limit = min(most, 2)
	for _, k := range known {
		for _, w := range wordsOf(k) {
			if d := distance(name, w); d <= limit {
				best, limit = k, d-1
			}
		}
	}
	return best
}

// wordsOf are the parts of a name.
func wordsOf(name string) []string {
	return strings.FieldsFunc(plainName(name), func(r rune) bool { return r == '_' || r == '/' })
}

func initials(words []string) string {
	var b strings.Builder
	for _, w := range words {
		b.WriteByte(w[0])
	}
	return b.String()
}

// plainName forgets what people mix up: case, and which of - . _ joins words.
func plainName(s string) string {
	return strings.NewReplacer("-", "_", ".", "_", " ", "_").Replace(strings.ToLower(s))
}

// distance counts the insertions, deletions, replacements and swaps of neighbours between a and b.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return len(a) + len(b) // no name is that long; do not fill a large table for it
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(row[j]+1, last[j+1]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// Suggest is the hint for an unknown name: "did you mean" the known one that was probably meant, else all known ones.
func Suggest(name string, known []string) string { return didYouMean(name, known) }
