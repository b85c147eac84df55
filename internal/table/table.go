// Package table holds a benchmark that comes with the project: every configuration of a grid of character models of names,
// trained with five seeds by the spec nplm-names.yaml beside this file, with its whole curve. Tests of samplers and
// stopping rules search it in place of training.
//
// It was made by
//
//	go run ./cmd/sweep run internal/table/nplm-names.yaml --dir DIR
//	go run ./internal/cmd/table -dir DIR -out internal/table/nplm_names.csv.gz
package table

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// The shape of the table.
const (
	Seeds  = 5
	Points = 36 // of a curve, evenly spaced
	Steady = 27 // points before the learning rate begins to fall
)

//go:embed nplm_names.csv.gz
var packed []byte

// Params are the names of the swept hyperparameters, in the order of Row.Params.
var Params = []string{"context_length", "embedding_dim", "hidden_size", "learning_rate"}

// Row is one configuration. Values are validation perplexities.
type Row struct {
	Params []string
	Final  [Seeds]float64         // over the whole part, at the end
	Curve  [Seeds][Points]float64 // over a sample of it
}

// Mean is the mean of the final values.
func (r Row) Mean() float64 {
	sum := 0.0
	for _, v := range r.Final {
		sum += v
	}
	return sum / Seeds
}

// Rows returns the table in the order of the grid, the last parameter fastest. It must not be changed.
var Rows = sync.OnceValue(func() []Row {
	rows, err := read(packed)
	if err != nil {
		panic(fmt.Sprintf("table: the embedded file is damaged: %v", err))
	}
	return rows
})

func read(packed []byte) ([]Row, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	lines, err := csv.NewReader(z).ReadAll()
	if err != nil {
		return nil, err
	}
	rows := make([]Row, len(lines)-1)
	for i, line := range lines[1:] {
		n := len(Params)
		rows[i].Params = line[:n]
		for s := range Seeds {
			if rows[i].Final[s], err = strconv.ParseFloat(line[n+s], 64); err != nil {
				return nil, err
			}
			points := strings.Fields(line[n+Seeds+s])
			if len(points) != Points {
				return nil, fmt.Errorf("line %d: a curve of %d points", i+2, len(points))
			}
			for p, text := range points {
				if rows[i].Curve[s][p], err = strconv.ParseFloat(text, 64); err != nil {
					return nil, err
				}
			}
		}
	}
	return rows, nil
}
