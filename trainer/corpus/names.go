package corpus

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
)

// nationalNames holds "name births" a line: every given name that at least five children of one sex were given in the
// United States in 2018, lower case, the births of both sexes added, the most frequent first. The figures are those of
// the Social Security Administration, a work of the United States government and in the public domain; NAMES.md says
// how the file was made.
//
//go:embed names.txt
var nationalNames []byte

// readNames takes each name as a document.
func readNames(o Options, words *lexicon) (*text, Source, error) {
	t := &text{files: []string{"names.txt"}}
	add := adder(o, words, t)
	var names []string
	err := splitLines(bytes.NewReader(nationalNames), func(n int, line []byte) error {
		name, _, ok := bytes.Cut(line, []byte(" "))
		if !ok {
			return fmt.Errorf("read the embedded names: line %d: no number of births", n)
		}
		names = append(names, string(name))
		return add("corpus", 0, n, name)
	})
	if err != nil {
		return nil, Source{}, err
	}
	return t, Source{Option: "corpus", Name: "names", Detail: "births in 2018", Files: 1, Hash: hashText(strings.Join(names, "\n") + "\n")}, nil
}
