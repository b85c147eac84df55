package results

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// list joins names as prose does: "a", "a and b", "a, b and c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// count writes a number of things: "1 replicate", "3 replicates".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// quantity writes a figure with as many decimals as its uncertainty lets stand: two digits of it. Without one
// (NaN or 0) it has four significant digits.
func quantity(v, uncertainty float64) string {
	if !(uncertainty > 0) || math.IsInf(uncertainty, 0) {
		return digits(v, 4)
	}
	return strconv.FormatFloat(v, 'f', decimals(uncertainty), 64)
}

func decimals(uncertainty float64) int {
	return max(0, min(9, 1-int(math.Floor(math.Log10(uncertainty)))))
}

// digits writes a figure with n significant digits, without an exponent where one can do without.
func digits(v float64, n int) string {
	if v == 0 || math.Abs(v) >= 1e9 || math.Abs(v) < 1e-6 {
		return strconv.FormatFloat(v, 'g', n, 64)
	}
	return strconv.FormatFloat(v, 'f', max(0, n-1-int(math.Floor(math.Log10(math.Abs(v))))), 64)
}

// withInterval writes a configuration's mean as "133.52 [132.91, 134.13]", without brackets where there is none.
func withInterval(c *Configuration) string {
	if c.Mean == nil {
		return "no value"
	}
	if c.Low == nil || c.High == nil {
		return quantity(*c.Mean, math.NaN())
	}
	half := (*c.High - *c.Low) / 2
	return fmt.Sprintf("%s [%s, %s]", quantity(*c.Mean, half), quantity(*c.Low, half), quantity(*c.High, half))
}

// grouped writes a whole number with commas: 1,381,550.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
