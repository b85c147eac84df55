package tensorboard

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The files of a run that the projector reads. Which is which stands in the first.
const (
	ProjectorConfig   = "projector_config.pbtxt"
	ProjectorVectors  = "embedding.tsv"
	ProjectorMetadata = "metadata.tsv"
)

// WriteProjectorConfig writes the text that names a run's embedding and its files.
func WriteProjectorConfig(w io.Writer, name string, rows, columns int) error {
	_, err := fmt.Fprintf(w, "embeddings {\n  tensor_name: %s\n  tensor_shape: %d\n  tensor_shape: %d\n  tensor_path: %q\n  metadata_path: %q\n}\n",
		strconv.QuoteToASCII(name), rows, columns, ProjectorVectors, ProjectorMetadata)
	return err
}

// WriteVectors writes a row of numbers a line, between tabs. The projector takes raw float32 as well, but only where they
// are no UTF-8 by chance. Nine significant digits are enough for the same float32 again.
func WriteVectors(w io.Writer, rows [][]float32) error {
	b := bufio.NewWriter(w)
	var line []byte
	for _, row := range rows {
		line = line[:0]
		for i, x := range row {
			if i > 0 {
				line = append(line, '\t')
			}
			line = strconv.AppendFloat(line, float64(x), 'g', 9, 32)
		}
		if _, err := b.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return b.Flush()
}

// WriteMetadata writes a symbol a line, in the order of the vectors; with classes, which then has an entry a symbol, two
// columns and a header. (The projector takes a first line for a header only if it holds a tab.)
func WriteMetadata(w io.Writer, symbols, classes []string) error {
	b := bufio.NewWriter(w)
	line := func(cells ...string) {
		for i, c := range cells {
			cells[i] = cell(c)
		}
		fmt.Fprintln(b, strings.Join(cells, "\t"))
	}
	if classes != nil {
		line("symbol", "class")
	}
	for i, s := range symbols {
		if classes != nil {
			line(s, classes[i])
		} else {
			line(s)
		}
	}
	return b.Flush()
}

// cell keeps a text in its line and column. An empty line would be no row.
func cell(s string) string {
	switch s {
	case "":
		return "(empty)"
	case " ":
		return "␠"
	}
	return strings.NewReplacer("\t", "␉", "\n", "␊", "\r", "␍", "\u2028", " ", "\u2029", " ", "\u0085", " ", "\v", " ", "\f", " ").Replace(s)
}
