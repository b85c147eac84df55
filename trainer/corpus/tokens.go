package corpus

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Tokenize cuts text into symbols as Open cuts a document of the corpus, for a model that was trained on it; level may
// be "" for the corpus's own. At word level gostd cuts prose into lower-case words, <num> and marks, and leaves <num>
// and <unk> as they are; every other corpus is cut at white space.
func Tokenize(level, corpus string, lowercase bool, text string) []string {
	if lowercase {
		text = strings.ToLower(text)
	}
	level = Options{Corpus: corpus, Level: level}.WithDefaults().Level
	var symbols []string
	add := func(s []byte) { symbols = append(symbols, string(s)) }
	if corpus == "gostd" {
		cutWords([]byte(text), func(s []byte) {
			if string(s) == Number || string(s) == Unknown {
				add(s)
			} else {
				cutProse(s, add)
			}
		})
		if level == Word {
			return symbols
		}
		text = strings.Join(symbols, " ")
		symbols = nil
	}
	if level == Char {
		cutChars([]byte(text), add)
	} else {
		cutWords([]byte(text), add)
	}
	return symbols
}

// cutWords calls add for every token between white space.
func cutWords(s []byte, add func([]byte)) {
	start := -1
	for i := 0; i < len(s); {
		space, size := isSpace(s[i:])
		if space && start >= 0 {
			add(s[start:i])
			start = -1
		} else if !space && start < 0 {
			start = i
		}
		i += size
	}
	if start >= 0 {
		add(s[start:])
	}
}

// isSpace reports whether s starts with white space, and the length of its first character.
func isSpace(s []byte) (bool, int) {
	if c := s[0]; c < utf8.RuneSelf {
		return c == ' ' || '\t' <= c && c <= '\r', 1
	}
	r, size := utf8.DecodeRune(s)
	return unicode.IsSpace(r), size
}

// cutChars calls add for every code point.
func cutChars(s []byte, add func([]byte)) {
	for len(s) > 0 {
		_, size := utf8.DecodeRune(s)
		add(s[:size])
		s = s[size:]
	}
}
