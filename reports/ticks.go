package reports

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// niceStep returns the step of 1, 2 or 5 times a power of ten that divides span into about n parts.
func niceStep(span float64, n int) float64 {
	raw := span / float64(max(n, 1))
	if !(raw > 0) || math.IsInf(raw, 0) {
		return 1
	}
	mag := math.Pow(10, math.Floor(math.Log10(raw)))
	switch f := raw / mag; {
	case f <= 1.5:
		return mag
	case f <= 3.5:
		return 2 * mag
	case f <= 7.5:
		return 5 * mag
	}
	return 10 * mag
}

// linearTicks returns about n labelled ticks within [lo, hi]; with whole, at whole numbers only.
func linearTicks(lo, hi float64, n int, whole bool, format func(v, step float64) string) []plot.Tick {
	step := niceStep(hi-lo, n)
	if whole {
		step = max(1, math.Round(step))
	}
	slack := 1e-9 * min(step, hi-lo) // a whole step may be far longer than the range
	first := math.Ceil((lo - slack) / step)
	var ticks []plot.Tick
	for i := 0.0; i < 50; i++ { // 50 is never reached with a nice step: it bounds the loop whatever lo and hi are
		v := (first + i) * step
		if v > hi+slack {
			break
		}
		if v == 0 {
			v = 0 // no minus zero
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: format(v, step)})
	}
	return ticks
}

// logTicks returns ticks at 1, 2 and 5 times the powers of ten within [lo, hi], both positive. Over more than three
// decades only the powers of ten are labelled, and not all of them if there are many; within a factor of about three
// 1-2-5 would leave too few, so linear ticks stand in; with whole, at whole numbers only.
func logTicks(lo, hi float64, n int, whole bool, format func(v, step float64) string) []plot.Tick {
	decades := math.Log10(hi / lo)
	if decades < 0.5 {
		return linearTicks(lo, hi, n, whole, format)
	}
	every := max(1, int(math.Ceil(decades/float64(max(n, 2)))))
	var ticks []plot.Tick
	for e := int(math.Floor(math.Log10(lo))); e <= int(math.Ceil(math.Log10(hi))); e++ {
		for _, m := range [...]float64{1, 2, 5} {
			v, err := strconv.ParseFloat(strconv.FormatFloat(m, 'f', 0, 64)+"e"+strconv.Itoa(e), 64) // exact: 0.2, not 0.2000001
			if err != nil || v < lo*(1-1e-9) || v > hi*(1+1e-9) || whole && v < 1 {
				continue
			}
			t := plot.Tick{Value: v}
			if (m == 1 && e%every == 0) || (m != 1 && decades <= 2.2) {
				t.Label = format(v, v)
			}
			if t.Label != "" || every == 1 {
				ticks = append(ticks, t)
			}
		}
	}
	return ticks
}

// Formats of numbers on an axis; step is the distance of the ticks, which decides the decimals.

// formatPlain writes 17k and 1.2M from ten thousand on, powers of ten where digits would not end, and otherwise as
// many decimals as the step needs.
func formatPlain(v, step float64) string {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 0):
		return "infinite"
	case a < step*1e-6 && (step < 1e-4 || step >= 1e4):
		return "0"
	case a >= 1e15, a < 1e-4 && a > step*1e-6, step < 1e-12 && step > 0:
		return power(v, step)
	case a >= 1e4 && step >= a/1e4:
		return si(v, step)
	}
	decimals := 0
	if step > 0 && step < 1 {
		decimals = min(12, int(math.Ceil(-math.Log10(step)-1e-9)))
	}
	return minus(group(strconv.FormatFloat(v, 'f', decimals, 64), 5))
}

// group separates the thousands of a number with so many digits or more before the point: 12,345.6.
func group(s string, digits int) string {
	whole, rest, _ := strings.Cut(s, ".")
	if len(strings.TrimPrefix(whole, "-")) < digits {
		return s
	}
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		return whole + "." + rest
	}
	return whole
}

// power writes 5e-6, with as many digits as the step needs.
func power(v, step float64) string {
	digits := -1
	if step > 0 {
		digits = min(max(int(math.Floor(math.Log10(math.Abs(v))+1e-9)-math.Floor(math.Log10(step)+1e-9)), 0), 12)
	}
	s := strconv.FormatFloat(v, 'e', digits, 64)
	mantissa, exponent, _ := strings.Cut(s, "e")
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	sign := strings.TrimLeft(exponent[:1], "+")
	return minus(mantissa) + "e" + sign + strings.TrimLeft(exponent[1:], "0")
}

// formatPercent writes a share as percent.
func formatPercent(v, step float64) string { return formatPlain(100*v, 100*step) + " %" }

// si writes a number with a prefix: 17k, 1.38M, 2.5G. step, when positive, says how fine it has to be.
func si(v, step float64) string {
	a := math.Abs(v)
	unit, prefix := 1.0, ""
	for _, u := range [...]struct {
		unit   float64
		prefix string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if a >= u.unit*0.99999 {
			unit, prefix = u.unit, u.prefix
			break
		}
	}
	x := v / unit
	decimals := 0
	if step > 0 && step < unit {
		decimals = min(3, int(math.Ceil(-math.Log10(step/unit)-1e-9)))
	}
	s := strconv.FormatFloat(x, 'f', decimals, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return minus(s) + prefix
}

// minus writes a true minus sign.
func minus(s string) string {
	if strings.HasPrefix(s, "-") {
		return "−" + s[1:]
	}
	return s
}
