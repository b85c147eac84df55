package main

import (
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sweep/sweeps/sampler"
)

// table is a benchmark: what every configuration of a grid comes to.
type table struct {
	name         string
	space        sampler.Space
	rows         map[string]int // by the levels of its parameters
	values       [][]float64    // of each row, a value a seed, smaller is better
	means        []float64      // over the seeds
	best, median float64        // of the means
}

// readTable reads a file. A column of numbers is an ordered dimension, any other one without an order.
func readTable(file string) (*table, error) {
	lines, err := readCSV(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	name, _, _ := strings.Cut(filepath.Base(file), ".")
	t := &table{name: name, rows: map[string]int{}}
	head, lines := lines[0], lines[1:]
	params := slices.IndexFunc(head, func(s string) bool { return strings.HasPrefix(s, "value_") })
	if params < 1 || len(lines) == 0 {
		return nil, fmt.Errorf("%s: no columns value_0, value_1, ... after those of parameters, or no line", file)
	}
	level := make([]map[string]int, params)
	for i := range params {
		var dim sampler.Dimension
		level[i], dim = levels(lines, i)
		t.space.Dims = append(t.space.Dims, dim)
	}
	sign := 1.0
	if strings.HasPrefix(name, "hpobench") {
		sign = -1
	}
	for r, line := range lines {
		p := make(sampler.Point, params)
		for i := range p {
			p[i] = float64(level[i][line[i]])
		}
		var values []float64
		sum := 0.0
		for i, s := range line[params:] {
			if !strings.HasPrefix(head[params+i], "value_") {
				continue
			}
			v, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return nil, fmt.Errorf("%s: line %d: %w", file, r+2, err)
			}
			values = append(values, sign*v)
			sum += sign * v
		}
		t.rows[key(p)] = len(t.values)
		t.values = append(t.values, values)
		t.means = append(t.means, sum/float64(len(values)))
	}
	sorted := slices.Sorted(slices.Values(t.means))
	n := len(sorted)
	t.best, t.median = sorted[0], (sorted[(n-1)/2]+sorted[n/2])/2
	return t, nil
}

func readCSV(file string) ([][]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return csv.NewReader(z).ReadAll()
}

// levels numbers the values of a column: numbers by size, others in the order in which they appear.
func levels(lines [][]string, column int) (map[string]int, sampler.Dimension) {
	var texts []string
	seen := map[string]bool{}
	numbers := map[string]float64{}
	for _, line := range lines {
		s := line[column]
		if seen[s] {
			continue
		}
		seen[s] = true
		texts = append(texts, s)
		if x, err := strconv.ParseFloat(s, 64); err == nil {
			numbers[s] = x
		}
	}
	ordered := len(numbers) == len(texts)
	if ordered {
		slices.SortFunc(texts, func(a, b string) int { return cmp.Compare(numbers[a], numbers[b]) })
	}
	at := map[string]int{}
	for i, s := range texts {
		at[s] = i
	}
	return at, sampler.Dimension{Levels: len(texts), Ordered: ordered}
}

// row finds the row of a point.
func (t *table) row(p sampler.Point) (int, bool) {
	r, ok := t.rows[key(p)]
	return r, ok
}

func key(p sampler.Point) string {
	b := make([]byte, 0, 2*len(p))
	for _, x := range p {
		b = append(b, byte(int(x)>>8), byte(int(x)))
	}
	return string(b)
}
