package importance

import (
	"errors"
	"fmt"
	"math"

	"sweep/internal/stats"
)

// table is a complete grid in the order of its indices, the last factor running fastest.
type table struct {
	levels     []int       // of each factor
	level      [][]int     // factor x cell
	pairs      [][2]int    // of factors
	freedom    []float64   // degrees of freedom of each factor, each pair and the rest
	replicates [][]float64 // cell x replicate, in units of the largest absolute value
	mean       []float64   // of each cell, in the same units
}

func newTable(factors []Factor, cells []Cell) (*table, error) {
	if err := checkGrid(factors, cells); err != nil {
		return nil, err
	}
	n := len(cells)
	t := &table{replicates: make([][]float64, n), mean: make([]float64, n)}
	rest := float64(n - 1)
	for _, f := range factors {
		t.levels = append(t.levels, f.Levels)
		t.level = append(t.level, make([]int, n))
		t.freedom = append(t.freedom, float64(f.Levels-1))
		rest -= float64(f.Levels - 1)
	}
	for i := range factors {
		for j := i + 1; j < len(factors); j++ {
			df := t.freedom[i] * t.freedom[j]
			t.pairs = append(t.pairs, [2]int{i, j})
			t.freedom = append(t.freedom, df)
			rest -= df
		}
	}
	t.freedom = append(t.freedom, rest)
	t.fill(factors, cells)
	return t, nil
}

// fill puts the cells in their places.
func (t *table) fill(factors []Factor, cells []Cell) {
	unit := 0.0
	for _, c := range cells {
		for _, v := range c.Replicates {
			unit = max(unit, math.Abs(v))
		}
	}
	for _, c := range cells {
		at := place(factors, c.Levels)
		for i, l := range c.Levels {
			t.level[i][at] = l
		}
		for _, v := range c.Replicates {
			if unit > 0 {
				v /= unit // so that no square overflows or vanishes
			}
			t.replicates[at] = append(t.replicates[at], v)
		}
		t.mean[at] = stats.Mean(t.replicates[at])
	}
}

// place is the index of a cell in the table.
func place(factors []Factor, levels []int) int {
	at := 0
	for i, l := range levels {
		at = at*factors[i].Levels + l
	}
	return at
}

func checkGrid(factors []Factor, cells []Cell) error {
	incomplete := fmt.Errorf("importance: %d cells do not make a complete grid", len(cells))
	size := 1
	var problems []error
	for _, f := range factors {
		if f.Levels < 1 {
			return fmt.Errorf("importance: factor %s has %d levels", f.Name, f.Levels)
		}
		if f.Levels > len(cells)/size {
			return incomplete
		}
		size *= f.Levels
	}
	if size != len(cells) {
		return incomplete
	}
	seen := make([]bool, size)
	for i, c := range cells {
		if err := checkCell(factors, c); err != nil {
			problems = append(problems, fmt.Errorf("importance: cell %d: %w", i, err))
			continue
		}
		if at := place(factors, c.Levels); seen[at] {
			problems = append(problems, fmt.Errorf("importance: cell %d: levels %v occur twice", i, c.Levels))
		} else {
			seen[at] = true
		}
	}
	return errors.Join(problems...)
}

func checkCell(factors []Factor, c Cell) error {
	if len(c.Levels) != len(factors) {
		return fmt.Errorf("%d levels for %d factors", len(c.Levels), len(factors))
	}
	for i, l := range c.Levels {
		if l < 0 || l >= factors[i].Levels {
			return fmt.Errorf("factor %s has no level %d", factors[i].Name, l)
		}
	}
	if len(c.Replicates) == 0 {
		return errors.New("no value")
	}
	for _, v := range c.Replicates {
		if !finite(v) {
			return fmt.Errorf("value %v", v)
		}
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
