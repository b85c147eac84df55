package sweeps

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// gridSize returns how many values a grid takes from the distribution, before equal ones are merged; 0 if it cannot.
// A float, because it may be beyond every integer.
func (d Distribution) gridSize() float64 {
	switch {
	case d.Type == constant || d.Type == categorical:
		return float64(len(d.Values))
	case d.Count > 0:
		return float64(d.Count)
	case d.Type == intUniform:
		return max(0, d.Max-d.Min+1)
	case d.Type == quantUniform:
		// W&B's steps from min exclude max. The margin keeps 0.3/0.1, which is a little below 3 in binary, at 3.
		return max(1, math.Ceil((d.Max-d.Min)/d.Q-1e-9))
	}
	return 0
}

// Grid returns the values that a grid takes: the list, each whole number of an int_uniform, min, min+q, ... below max
// of a q_uniform, or Count points of a range, ends included, evenly spaced in what the distribution is uniform in.
func (d Distribution) Grid() []Value {
	if d.Listed() {
		return d.Values
	}
	values := make([]Value, int(d.gridSize()))
	for i := range values {
		values[i] = d.gridPoint(i, len(values))
	}
	return values
}

func (d Distribution) gridPoint(i, n int) Value {
	low, high, _ := d.Bounds()
	switch {
	case d.Count == 0 && d.Type == intUniform:
		return IntValue(int64(d.Min) + int64(i))
	case d.Count == 0:
		return numberLike(decimalRound(d.Min+float64(i)*d.Q, 15), d.Min, d.Q)
	}
	u := float64(i) / float64(n-1)
	if d.Type == intUniform {
		return IntValue(int64(math.RoundToEven(d.Min + u*(d.Max-d.Min))))
	}
	x := d.quantile(u, low, high)
	switch i { // the ends to the digit
	case 0:
		x = low
	case n - 1:
		x = high
	}
	f, _ := formOf(d.Type)
	switch {
	case d.Q > 0:
		return d.quantised(x)
	case (i == 0 || i == n-1) && !f.exponents:
		return FloatValue(x)
	}
	return FloatValue(round(x, high-low))
}

// numberLike is x as a whole number if all of others are.
func numberLike(x float64, others ...float64) Value {
	for _, o := range append(others, x) {
		if o != math.Trunc(o) || math.Abs(o) > float64(maxWhole) {
			return FloatValue(x)
		}
	}
	return IntValue(int64(x))
}

// axis is one direction of a grid: a parameter, or several that advance together.
type axis struct {
	members []int // indices of parameters
	rows    [][]Value
}

// gridAxes returns the axes, without rows yet, in the order of declaration; zipped parameters take the place of the first
// of them. Derived parameters have none. A grid that is too large is a problem.
func (s *Spec) gridAxes() ([]axis, Problems) {
	var axes []axis
	size := 1.0
	for i, p := range s.Parameters {
		if p.Derive != nil {
			continue
		}
		members := s.zippedWith(i)
		if members[0] != i {
			continue
		}
		axes = append(axes, axis{members: members})
		size *= p.Dist.gridSize()
	}
	if size > MaxGrid {
		return nil, Problems{s.parameters.problem("parameters",
			fmt.Sprintf("the grid has %s configurations, more than %s", grouped(size), grouped(MaxGrid)),
			"fewer values, or method: random with budget: {configurations: 100}")}
	}
	return axes, nil
}

// grouped writes a count so that it can be read: 1,000,000, or 1.2e+30.
func grouped(x float64) string {
	if math.IsInf(x, 0) {
		return "over 1e+308"
	}
	if x >= 1e15 {
		return fmt.Sprintf("%.2g", x)
	}
	digits := fmt.Sprintf("%.0f", x)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// zippedWith returns the indices of the parameters that advance with parameter i, itself included, in declaration order.
func (s *Spec) zippedWith(i int) []int {
	for _, names := range s.Zip {
		if !slices.Contains(names, s.Parameters[i].Name) {
			continue
		}
		var members []int
		for j, p := range s.Parameters {
			if slices.Contains(names, p.Name) {
				members = append(members, j)
			}
		}
		return members
	}
	return []int{i}
}

// rows are the values of parameters that advance together, equal rows once.
func (s *Spec) rows(members []int) [][]Value {
	columns := make([][]Value, len(members))
	for j, m := range members {
		columns[j] = s.Parameters[m].Dist.Grid()
	}
	rows := make([][]Value, 0, len(columns[0]))
	first := s.Parameters[members[0]].Dist
	distinct := len(members) == 1 && !first.Listed() && first.Count == 0 // steps of a range cannot meet
	seen := make(map[string]bool)
	for i := range columns[0] {
		row := make([]Value, len(members))
		for j, m := range members {
			row[j] = s.Parameters[m].converted(columns[j][i])
		}
		if !distinct {
			k := rowKey(row)
			if seen[k] {
				continue
			}
			seen[k] = true
		}
		rows = append(rows, row)
	}
	return rows
}

// rowKey is the same for rows of equal values.
func rowKey(row []Value) string {
	var key []byte
	for _, v := range row {
		if f, ok := v.Float(); ok {
			v = FloatValue(f) // 3000000 is 3e6
		}
		text := v.String()
		key = append(key, byte(v.kind))
		key = append(strconv.AppendInt(key, int64(len(text)), 10), ' ')
		key = append(key, text...)
	}
	return string(key)
}

// grid calls yield for every point of the grid, the last axis fastest. values has one entry a parameter, absent for
// derived ones; yield must not keep it.
func (s *Spec) grid(axes []axis, yield func(values []Value) bool) {
	for i := range axes {
		axes[i].rows = s.rows(axes[i].members)
	}
	at := make([]int, len(axes))
	values := make([]Value, len(s.Parameters))
	for {
		for i, a := range axes {
			for j, m := range a.members {
				values[m] = a.rows[at[i]][j]
			}
		}
		if !yield(values) {
			return
		}
		i := len(axes) - 1
		for ; i >= 0; i-- {
			if at[i]++; at[i] < len(axes[i].rows) {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return
		}
	}
}
