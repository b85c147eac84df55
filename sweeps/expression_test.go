package sweeps

import (
	"errors"
	"testing"
)

// names of the expressions below.
func testNames(name string) (Value, bool) {
	v, ok := map[string]Value{
		"a": IntValue(3), "b": FloatValue(0.5), "s": StringValue("adam"), "t": BoolValue(true), "model.size": IntValue(10),
	}[name]
	return v, ok
}

func TestExpressions(t *testing.T) {
	for source, want := range map[string]string{
		"1 + 2 * 3":      "7",
		"(1 + 2) * 3":    "9",
		"2 ** 3 ** 2":    "512",
		"-2 ** 2":        "-4",
		"2 ** -1":        "0.5",
		"- a":            "-3",
		"7 // 2":         "3",
		"-7 // 2":        "-4",
		"-7 % 3":         "2",
		"7 / 2":          "3.5",
		"10 - 3 - 2":     "5",
		"0.1 + 0.2":      "0.3",
		"2e3 + 1_000":    "3000",
		"1e-3 * a":       "0.003",
		"2 * model.size": "20",
		"min(a, 2, 7)":   "2",
		"max(a)":         "3",
		"round(2.5) + floor(2.7) + ceil(2.1) + abs(-1)": "8",
		"sqrt(16) + log2(8) + log(1) + exp(0)":          "8",
		"a < 4":                                         "true",
		"a <= 3 and a >= 3":                             "true",
		"1 < a < 3":                                     "false",
		"1 < a <= 3 < 9":                                "true",
		"s == 'adam'":                                   "true",
		`s != "adam"`:                                   "false",
		"s == 3":                                        "false",
		"a == 3.0":                                      "true",
		"t":                                             "true",
		"not t or a > 2":                                "true",
		"not (t or a > 2)":                              "false",
		"false or true and false":                       "false",
		"t or nothing > 1":                              "true", // the right side does not count
		"a>2":                                           "true",
	} {
		e, err := parseExpression(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		got, err := e.eval(testNames)
		if err != nil || got.String() != want {
			t.Errorf("%s: %s (%v), want %s", source, got, err, want)
		}
	}
}

func TestExpressionErrors(t *testing.T) {
	for source, want := range map[string]string{
		"":           "it ends too early",
		"1 +":        "it ends too early",
		"1 2":        `unexpected "2" at character 3`,
		"a &&":       `unexpected "&" at character 3`,
		"(1":         "a ) is missing",
		"1)":         `unexpected ")" at character 2`,
		"min(1":      "a ) is missing",
		"min()":      `unexpected ")" at character 5`,
		"sin(1)":     "there is no function sin",
		"sqrt(1, 2)": "sqrt takes one argument, not 2",
		"'x":         "a string that starts at character 1 is not closed",
		"3x":         `"3x" at character 1 is not a number`,
		"a and or b": `unexpected "or" at character 7`,
		"é":          `unexpected "é" at character 1`,
	} {
		if _, err := parseExpression(source); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", source, err, want)
		}
	}
	for source, want := range map[string]string{
		"1 / 0":     "the result is not a finite number",
		"9 ** 999":  "the result is not a finite number",
		"log(0)":    "the result is not a finite number",
		"s + 1":     `the string "adam" is not a number`,
		"s < 1":     `the string "adam" < 1 compares what is not numbers`,
		"a and t":   "3 is not true or false",
		"not s":     `the string "adam" is not true or false`,
		"max(1, t)": "true is not a number",
	} {
		e, err := parseExpression(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if _, err := e.eval(testNames); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
	e, err := parseExpression("unknown + 1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.eval(testNames); !errors.Is(err, errAbsent) {
		t.Errorf("an absent parameter: %v", err)
	}
}
