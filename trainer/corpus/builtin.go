package corpus

import (
	"context"
	"strings"
)

// A Builtin is a corpus that needs no path.
type Builtin struct{ Name, Description, Source string }

// List returns the built-in corpora.
func List() []Builtin {
	return []Builtin{
		{
			Name:        "gostd",
			Description: "sentences from the comments of the Go distribution, split by package; 1.7 million words",
			Source:      "the Go distribution of this machine (go env GOROOT), read in place",
		},
		{
			Name:        "names",
			Description: "29,693 given names, each once, the most frequent first; 26 letters",
			Source:      "US Social Security Administration, births in 2018 (public domain), embedded",
		},
		{
			Name:        Synthetic,
			Description: "sentences of a language of classes whose entropy is known; any number of words",
			Source:      "drawn by this program from a seed",
		},
	}
}

func builtinNames() []string {
	var names []string
	for _, b := range List() {
		names = append(names, b.Name)
	}
	return names
}

// builtinHint says what a corpus may be.
func builtinHint() string {
	return "give " + strings.Join(append(builtinNames(), "the path of a text"), ", ")
}

// read reads the texts that the options name.
func read(ctx context.Context, o Options, words *lexicon) (*texts, error) {
	if o.Corpus == Synthetic {
		return readSynthetic(ctx, o, words)
	}
	t := &texts{}
	for _, s := range []struct {
		option, name string
		dst          **text
	}{{"corpus", o.Corpus, &t.main}, {"val_corpus", o.ValCorpus, &t.val}, {"test_corpus", o.TestCorpus, &t.test}} {
		if s.name == "" {
			continue
		}
		got, source, err := readCorpus(ctx, s.option, s.name, o, words)
		if err != nil {
			return nil, err
		}
		*s.dst = got
		t.sources = append(t.sources, source)
	}
	return t, nil
}

func readCorpus(ctx context.Context, option, name string, o Options, words *lexicon) (*text, Source, error) {
	switch {
	case option == "corpus" && name == "gostd":
		return readGostd(ctx, o, words)
	case option == "corpus" && name == "names":
		return readNames(o, words)
	}
	if t, src, found, err := readNamed(ctx, option, name, o, words); found {
		return t, src, err
	}
	return readPaths(ctx, option, name, o, words)
}
