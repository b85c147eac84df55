package main

import "testing"

func TestAim(t *testing.T) {
	for _, c := range []struct {
		aim         aim
		x           float64
		says, judge string
	}{
		{none, 5, "", ""},
		{atMost(2.11), 2.11, "at most 2.11", "reached"},
		{atMost(2.11), 2.111, "at most 2.11", "**missed**"},
		{within(2.168, 0.015), 2.1644, "2.153 to 2.183", "reached"},
		{within(2.168, 0.015), 2.15, "2.153 to 2.183", "**missed**"},
	} {
		if c.aim.String() != c.says || c.aim.judge(c.x) != c.judge {
			t.Errorf("%v of %g: %q, %q; want %q, %q", c.aim, c.x, c.aim, c.aim.judge(c.x), c.says, c.judge)
		}
	}
}

func TestMatches(t *testing.T) {
	params := map[string]any{"init": "scaled", "batch_norm": false, "hidden_size": 200.0}
	if !matches(params, map[string]any{"init": "scaled", "batch_norm": false, "hidden_size": 200}) || !matches(params, nil) {
		t.Error("the configuration is not found")
	}
	if matches(params, map[string]any{"batch_norm": true}) {
		t.Error("another configuration is taken for it")
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 11897: "11,897", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
