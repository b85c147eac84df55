package library

import "slices"

// Public is a file on the web that can be fetched by name. Where it lies is no reason to trust it: Size and SHA256 are.
type Public struct {
	Name        string
	Description string
	Licence     string // as far as it is known
	Source      string // the repository, at the commit that URL names
	URL         string
	Size        int64  // bytes
	SHA256      string // hex, of the whole file
	Level       string // "char", or "" for word: the default level of a corpus of this name
	Questions   bool   // analogy questions, which a trained model is asked: not a text to learn from
}

// The hashes are those of copies of these files. The URLs follow from repository, commit and path; they have not been
// tried.
var catalogue = []Public{
	{
		Name:        "makemore-names",
		Description: "32,033 given names, some of them twice; 26 letters",
		Licence:     "MIT (repository); names of the US Social Security Administration, public domain",
		Source:      "github.com/karpathy/makemore, commit 988aa59e",
		URL:         "https://raw.githubusercontent.com/karpathy/makemore/988aa59e4d8fefa526d06f3b453ad116258398d4/names.txt",
		Size:        228_145,
		SHA256:      "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
		Level:       "char",
	},
	{
		Name:        "tinyshakespeare",
		Description: "40,000 lines of Shakespeare's plays; 65 characters",
		Licence:     "public domain (text); the repository states none",
		Source:      "github.com/karpathy/char-rnn, commit 6f9487a6",
		URL:         "https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt",
		Size:        1_115_394,
		SHA256:      "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
	},
	{
		Name:        "google-analogies",
		Description: "19,544 analogy questions for trained models, not a text to learn from",
		Licence:     "LGPL-2.1 (repository); first published with word2vec, Apache-2.0",
		Source:      "github.com/piskvorky/gensim, commit 37f90ec1",
		URL:         "https://raw.githubusercontent.com/piskvorky/gensim/37f90ec121eb7cd401448a947e80953e0c53ccdc/gensim/test/test_data/questions-words.txt",
		Size:        603_955,
		SHA256:      "8c29b3332afc46f3fb8be04cb5297bf96f39aa7131272dff57869b4485b22a36",
		Questions:   true,
	},
}

// Catalogue lists what can be fetched by name.
func Catalogue() []Public { return slices.Clone(catalogue) }

// Lookup finds a name in the catalogue.
func Lookup(name string) (Public, bool) {
	i := slices.IndexFunc(catalogue, func(p Public) bool { return p.Name == name })
	if i < 0 {
		return Public{}, false
	}
	return catalogue[i], true
}

// Level is the default level of the corpus of that name, "" if the catalogue says nothing of it.
func Level(name string) string {
	p, _ := Lookup(name)
	return p.Level
}
