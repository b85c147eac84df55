package sweeps

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// TestReplicateSeeds: computed with Python's hashlib from the bytes that the doc comment promises.
func TestReplicateSeeds(t *testing.T) {
	for _, c := range []struct {
		spec uint64
		r    int
		want uint64
	}{
		{1, 1, 2926613665746515},
		{1, 2, 4942075483107169},
		{7, 1, 2812765871298734},
		{9007199254740991, 10000, 7246247972755789},
	} {
		if got := ReplicateSeed(c.spec, c.r); got != c.want {
			t.Errorf("seed %d, replicate %d: %d, want %d", c.spec, c.r, got, c.want)
		}
	}
}

func TestCanonicalNumbers(t *testing.T) {
	for want, x := range map[string]float64{
		"0": math.Copysign(0, -1), "1": 1, "-1.5": -1.5, "0.1": 0.1, "0.3": 0.3, "0.30000000000000004": nextAfter03,
		"3000000": 3e6, "100000000000000000000": 1e20, "123456789012345680000": 123456789012345678901,
		"999999999999999900000": 999999999999999868928, "1e+21": 1e21, "-1.25e+22": -1.25e22,
		"0.000001": 1e-6, "0.00000123": 1.23e-6, "9.999999e-7": 9.999999e-7, "1e-7": 1e-7, "1.5e-10": 1.5e-10,
		"5e-324": 5e-324, "2.2250738585072014e-308": 0x1p-1022, "1.7976931348623157e+308": math.MaxFloat64,
		"9007199254740991": 1<<53 - 1, "9007199254740992": 1 << 53, "333333333.3333333": 333333333.33333329,
		"4.35": 4.35, "1e+100": 1e100, "0.004": 4e-3,
	} {
		got, err := appendNumber(nil, x)
		if err != nil || string(got) != want {
			t.Errorf("%v: %s (%v), want %s", x, got, err, want)
		}
	}
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got, err := appendNumber(nil, x); err == nil {
			t.Errorf("%v became %s", x, got)
		}
	}
}

var nextAfter03 = math.Nextafter(0.3, 1)

func TestCanonicalStrings(t *testing.T) {
	for s, want := range map[string]string{
		"plain":          `"plain"`,
		"\"\\/":          `"\"\\/"`,
		"\b\t\n\f\r":     `"\b\t\n\f\r"`,
		"\x00\x0b\x1f":   `"\u0000\u000b\u001f"`,
		"<&>\u2028\x7f€": "\"<&>\u2028\x7f€\"", // nothing else is escaped
	} {
		if got, err := appendString(nil, s); err != nil || string(got) != want {
			t.Errorf("%q: %s (%v), want %s", s, got, err, want)
		}
	}
	if _, err := appendString(nil, "\xff"); err == nil {
		t.Error("bytes that are not UTF-8 have no canonical form")
	}
}

// TestCanonicalOrder: keys are sorted by UTF-16 code units, in which U+1F600 (first unit D83D) comes before U+FB33,
// while their UTF-8 bytes are in the other order.
func TestCanonicalOrder(t *testing.T) {
	var vs Values
	for _, k := range []string{"\ufb33", "\U0001f600", "€", "b", "a", "B", "10", "2"} {
		vs = append(vs, Setting{k, IntValue(1)})
	}
	got, err := appendValues(nil, vs)
	if want := `{"10":1,"2":1,"B":1,"a":1,"b":1,"€":1,"` + "\U0001f600" + `":1,"` + "\ufb33" + `":1}`; err != nil || string(got) != want {
		t.Errorf("%s (%v), want %s", got, err, want)
	}
	if _, err := appendValues(nil, Values{{"a", Value{}}, {"a", Value{}}}); err == nil {
		t.Error("a key that stands twice has no canonical form")
	}
}

func TestCanonicalValues(t *testing.T) {
	got, err := appendValues(nil, Values{{"x", IntValue(3)}, {"b", BoolValue(true)}, {"f", FloatValue(3e6)}, {"i", IntValue(3000000)}, {"s", StringValue("1")}, {"n", Value{}}})
	if want := `{"b":true,"f":3000000,"i":3000000,"n":null,"s":"1","x":3}`; err != nil || string(got) != want {
		t.Errorf("%s (%v), want %s", got, err, want)
	}
	for _, v := range []Value{IntValue(1 << 53), IntValue(-1 << 53), FloatValue(math.NaN())} {
		if got, err := appendValues(nil, Values{{"x", v}}); err == nil {
			t.Errorf("%v became %s", v, got)
		}
	}
}

// TestKeyByHand: the hash of JSON that was written by hand, computed with Python's hashlib.
func TestKeyByHand(t *testing.T) {
	params := Values{{"learning_rate", FloatValue(4e-3)}, {"hidden_size", IntValue(50)}, {"corpus", StringValue("gostd")}}
	// {"params":{"corpus":"gostd","hidden_size":50,"learning_rate":0.004},"seed":11,"trainer":"nplm","version":"1"}
	const want = "05562c18aafc5936f754bc73d2fd4935a658ffa6ce78c510ee470bf409dcdc3c"
	if got, err := trialKey("nplm", "1", params, 11); err != nil || got != want {
		t.Errorf("trial: %s (%v), want %s", got, err, want)
	}
	// the same without "seed":11,
	if got, err := configurationHash("nplm", "1", params); err != nil || got[:12] != "12eb82b2dcc9" {
		t.Errorf("configuration: %s (%v), want 12eb82b2dcc9...", got, err)
	}
}

// TestIdentities pins what trials are called. If it fails, every record of every user is worthless: do not renew it.
func TestIdentities(t *testing.T) {
	var b strings.Builder
	for _, name := range []string{"everything.yaml", "random.yaml", "short.yaml"} {
		s, err := Load(name, []byte(files(t, "good")[name]), testTrainer())
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPlan(s, testTrainer())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s\n", name, s.Hash())
		for _, trial := range p.Trials() {
			fmt.Fprintf(&b, "%s %s %d %d %s\n", trial.Key, trial.Configuration, trial.Replicate, trial.Seed, text(trial.Params))
		}
	}
	golden(t, "identities.golden", b.String())
}

func text(vs Values) string {
	var words []string
	for _, s := range vs {
		words = append(words, s.Name+"="+s.Value.String())
	}
	return strings.Join(words, " ")
}

// TestIdentityIgnoresOrderAndDefaults: what is said twice or says nothing does not make another training.
func TestIdentityIgnoresOrderAndDefaults(t *testing.T) {
	a := plan(t, "parameters: {corpus: gostd, hidden_size: 50, optimizer: adam}").Trials()[0]
	b := plan(t, "name: other\nparameters: {hidden_size: 5e1, corpus: gostd}").Trials()[0]
	if a.Key != b.Key {
		t.Errorf("%s and %s are the same training", a.Key, b.Key)
	}
	c := plan(t, "seed: 2\nparameters: {hidden_size: 50, corpus: gostd}").Trials()[0]
	if c.Key == a.Key || c.Configuration != a.Configuration {
		t.Errorf("another seed is another trial of the same configuration: %+v, %+v", a, c)
	}
	if a.ID != a.Key[:12] || len(a.Key) != 64 || len(a.Configuration) != 12 {
		t.Errorf("id %s, key %s, configuration %s", a.ID, a.Key, a.Configuration)
	}
}

// TestHash: of the meaning, not of the spelling.
func TestHash(t *testing.T) {
	const src = "name: a\nparameters: {corpus: gostd, hidden_size: [50, 100], learning_rate: 1e-3}\n"
	same := load(t, src).Hash()
	for what, other := range map[string]string{
		"name and comment": "# why\nname: b\ndescription: other\nparameters: {corpus: gostd, hidden_size: [50, 100], learning_rate: 1e-3}",
		"layout":           "parameters:\n  corpus: {value: gostd}\n  hidden_size: {values: [5e1, 1e2]}\n  learning_rate: 0.001\nworkers: 3\nproject: p",
		"defaults":         "method: grid\nseed: 1\nreplicates: 1\nmetric: {name: val/loss, goal: minimize}\nparameters: {corpus: gostd, hidden_size: [50, 100], learning_rate: 1e-3}",
	} {
		if got := load(t, other).Hash(); got != same {
			t.Errorf("%s: the hash changes", what)
		}
	}
	const parameters = "parameters: {corpus: gostd, hidden_size: [50, 100], learning_rate: 1e-3"
	seen := map[string]string{same: "the spec itself"}
	for _, other := range []string{
		parameters + ", epochs: 4}",
		"parameters: {corpus: gostd, hidden_size: [100, 50], learning_rate: 1e-3}",
		"parameters: {corpus: gostd, hidden_size: 50, learning_rate: 1e-3}",
		parameters + "}\nseed: 2", parameters + "}\nreplicates: 2", parameters + "}\nreplicates: [2]",
		parameters + "}\nmetric: {name: val/perplexity}", parameters + "}\nmetric: {name: val/loss, goal: maximize}",
		parameters + "}\nbudget: {trials: 1}", parameters + "}\nbudget: {time: 1}",
		parameters + "}\nconstraints: [hidden_size > 1]", parameters + "}\ninclude: [{hidden_size: 70}]",
		parameters + "}\nexclude: [{hidden_size: 50}]", parameters + ", epochs: {value: 2, when: {hidden_size: 50}}}",
		parameters + ", epochs: {derive: 4}}", parameters + "}\nmethod: random\nbudget: {configurations: 2}",
		"parameters: {corpus: gostd, hidden_size: [50, 100], learning_rate: [1e-3, 2e-3]}\nzip: [[hidden_size, learning_rate]]",
		"parameters: {corpus: gostd, hidden_size: [50, 100], learning_rate: [1e-3, 2e-3]}",
	} {
		h := load(t, other).Hash()
		if before, again := seen[h]; again {
			t.Errorf("%s has the hash of %s", other, before)
		}
		seen[h] = other
	}
}
