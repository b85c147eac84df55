package sweeps

import (
	"encoding/json"
	"math"
	"testing"
)

func TestValueJSON(t *testing.T) {
	vs := Values{{"z", IntValue(3)}, {"a", FloatValue(4e-3)}, {"s", StringValue("x\"<")}, {"b", BoolValue(true)}, {"n", Value{}}}
	b, err := json.Marshal(vs)
	if want := `{"z":3,"a":0.004,"s":"x\"\u003c","b":true,"n":null}`; err != nil || string(b) != want {
		t.Errorf("%s (%v), want %s: the order is that of the spec", b, err, want)
	}
	for text, want := range map[string]Value{
		"3": IntValue(3), "3.0": FloatValue(3), "3e0": FloatValue(3), "-0.5": FloatValue(-0.5), `"3"`: StringValue("3"),
		"true": BoolValue(true), "null": {}, "12345678901234567890": FloatValue(12345678901234567890),
	} {
		var v Value
		if err := json.Unmarshal([]byte(text), &v); err != nil || v != want {
			t.Errorf("%s: %v %s (%v), want %v", text, v.Kind(), v, err, want)
		}
	}
	for _, text := range []string{"[1]", "{}", "1 2", ""} {
		var v Value
		if err := v.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%q became %s", text, v)
		}
	}
}

func TestValueText(t *testing.T) {
	for want, v := range map[string]Value{
		"200": IntValue(200), "0.002": FloatValue(2e-3), "1e-7": FloatValue(1e-7), "3000000": FloatValue(3e6), "tanh": StringValue("tanh"),
		"false": BoolValue(false), "": {}, "NaN": FloatValue(math.NaN()), "0": FloatValue(math.Copysign(0, -1)),
	} {
		if got := v.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b Value
		want bool
	}{
		{IntValue(3), FloatValue(3), true}, {IntValue(1), BoolValue(true), false}, {StringValue("1"), IntValue(1), false},
		{Value{}, Value{}, true}, {Value{}, IntValue(0), false}, {StringValue("a"), StringValue("a"), true}, {FloatValue(3.5), IntValue(3), false},
	} {
		if got := c.a.Same(c.b); got != c.want {
			t.Errorf("%s %s, %s %s: %v", c.a.Kind(), c.a, c.b.Kind(), c.b, got)
		}
	}
}

func TestStates(t *testing.T) {
	for state, want := range map[State]bool{New: false, Waiting: false, Running: false, Complete: true, Stopped: true, Diverged: true, Failed: true} {
		if state.Finished() != want {
			t.Errorf("%s: finished is %v", state, !want)
		}
	}
}
