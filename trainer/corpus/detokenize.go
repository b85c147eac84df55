package corpus

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Detokenize writes symbols as a reader expects them: characters side by side, words with spaces between them but none
// before a closing mark, after an opening one or before what an apostrophe joins. Which capitals gostd's
// words had cannot be told, but Tokenize cuts the text into the same words and marks again.
func Detokenize(level string, symbols []string) string {
	if level == Char {
		return strings.Join(symbols, "")
	}
	var b strings.Builder
	for i, s := range symbols {
		if i > 0 && !closes(s) && !opens(symbols[i-1]) {
			b.WriteByte(' ')
		}
		b.WriteString(s)
	}
	return b.String()
}

// closes reports whether a token belongs to the word before it.
func closes(s string) bool {
	switch s {
	case ".", ",", ";", ":", "?", "!", ")", "]", "}", "''", "n't":
		return true
	}
	rest, ok := strings.CutPrefix(s, "'")
	r, _ := utf8.DecodeRuneInString(rest)
	return ok && unicode.IsLetter(r)
}

// opens reports whether a token belongs to the word after it.
func opens(s string) bool {
	switch s {
	case "(", "[", "{", "``":
		return true
	}
	return false
}
