package corpus

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// ExportedFiles are the names of the files that Export writes: the training, validation and test part.
var ExportedFiles = [3]string{"train.txt", "val.txt", "test.txt"}

// Export writes the parts as text, one document a line, words with single spaces between them and whole although the
// vocabulary may leave them out. Read back as corpus, val_corpus and test_corpus with the same level, they give the
// same parts, vocabulary and hashes. It reads the text again, because Data keeps none, and fails if that has changed.
// Files of these names are replaced; dir is made if need be.
func (d *Data) Export(ctx context.Context, dir string) error {
	words := newLexicon()
	parts, _, err := readParts(ctx, d.Options, words)
	if err != nil {
		return err
	}
	if splitHash(d.Options, words, parts) != d.SplitHash {
		return &OptionError{Option: "corpus", Message: fmt.Sprintf("the text of %s has changed since it was opened", d.Name)}
	}
	for _, p := range parts {
		if err := p.exportable(words); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("export corpus: %w", err)
	}
	for k, p := range parts {
		if err := p.export(filepath.Join(dir, ExportedFiles[k]), d.Options.Level, words); err != nil {
			return fmt.Errorf("export corpus: %w", err)
		}
	}
	return nil
}

// exportable checks that no document holds what would end its line, as a text out of JSON may.
func (p docList) exportable(words *lexicon) error {
	bad := map[int32]bool{}
	for _, s := range []string{"\n", "\r", "\ufeff"} {
		if id, ok := words.index[s]; ok {
			bad[id] = true
		}
	}
	if len(bad) == 0 {
		return nil
	}
	for _, d := range p.docs {
		for _, id := range p.text(d) {
			if bad[id] {
				return &OptionError{Option: "corpus", Message: fmt.Sprintf("%s:%d: the document holds %q, which no line of text can hold at its end",
					p.from.files[d.file], d.line, words.symbols[id]), Hint: "take it out, or use level: word"}
			}
		}
	}
	return nil
}

func (p docList) export(file, level string, words *lexicon) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".export-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // nothing is left to remove once the file has its name
	defer f.Close()
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<16)
	var line []byte
	for _, d := range p.docs {
		line = line[:0]
		for i, id := range p.text(d) {
			if i > 0 && level == Word {
				line = append(line, ' ')
			}
			line = append(line, words.symbols[id]...)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
