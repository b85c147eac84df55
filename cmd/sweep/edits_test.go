package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// editsScript is a training: its score is best at a width of 7, and differs a little by the seed.
const editsScript = `
echo started >> calls.log
for a in "$@"; do case "$a" in --hidden_size=*) width=${a#*=} ;; esac; done
far=$((width - 7)); noise=$((SWEEP_SEED % 10))
echo "{\"score\": $((far * far + 1)).$noise}"
echo "{\"score\": $((far * far)).$noise}"
`

// TestEdits makes twenty edits of one sweep on a real record: each trains as many trials as its plan says, retires as many,
// and nothing is trained twice.
func TestEdits(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a hundred programs; run without -short")
	}
	if _, err := exec.LookPath("/bin/sh"); err != nil {
		t.Skip("no /bin/sh, which the trainings of this test are run by")
	}
	inFolder(t, map[string]string{"train.sh": editsScript})
	const rest = "  kind: plain\n"
	const head = "command: [/bin/sh, train.sh, \"${args}\"]\nmetric: {name: score, goal: minimize}\n"
	grid := func(sizes, rates, replicates, more string) string {
		return head + fmt.Sprintf("replicates: %s\n%sparameters:\n%s  hidden_size: %s\n  learning_rate: %s\n", replicates, more, rest, sizes, rates)
	}
	search := func(method string, budget int, high, more string) string {
		return head + fmt.Sprintf("method: %s\nconfirm: none\nbudget: {configurations: %d}\n%sparameters:\n%s  hidden_size: {min: 2, max: %s}\n  learning_rate: [0.001, 0.002, 0.004]\n",
			method, budget, more, rest, high)
	}
	edits := []struct{ what, spec string }{
		{"a grid", grid("[2, 4]", "[0.001]", "3", "")},
		{"a value added", grid("[2, 4, 8]", "[0.001]", "3", "")},
		{"a value removed", grid("[2, 8]", "[0.001]", "3", "")},
		{"and put back", grid("[2, 4, 8]", "[0.001]", "3", "")},
		{"a parameter swept", grid("[2, 4, 8]", "[0.001, 0.002]", "3", "")},
		{"replicates 3 to 5", grid("[2, 4, 8]", "[0.001, 0.002]", "5", "")},
		{"replicates back to 2", grid("[2, 4, 8]", "[0.001, 0.002]", "2", "")},
		{"a constraint added", grid("[2, 4, 8, 16]", "[0.001, 0.002]", "2", "constraints: [hidden_size * learning_rate <= 0.02]\n")},
		{"the constraint loosened", grid("[2, 4, 8, 16]", "[0.001, 0.002]", "2", "constraints: [hidden_size * learning_rate <= 1]\n")},
		{"one included", grid("[2, 4]", "[0.001, 0.002]", "2", "include: [{hidden_size: 20, learning_rate: 0.004}]\n")},
		{"a race", grid("[2, 4]", "[0.001, 0.002]", "{min: 2, max: 4, until: separated}", "")},
		{"a value added to the race", grid("[2, 4, 8]", "[0.001, 0.002]", "{min: 2, max: 4, until: separated}", "")},
		{"random points", search("random", 6, "20", "")},
		{"their range widened", search("random", 6, "60", "")},
		{"their budget raised", search("random", 9, "60", "")},
		{"a search", search("tpe", 9, "60", "")},
		{"that goes on", search("tpe", 12, "60", "")},
		{"with more replicates", search("tpe", 12, "60", "replicates: 2\n")},
		{"its range narrowed", search("tpe", 12, "30", "replicates: 2\n")},
		{"and its budget lowered", search("tpe", 5, "30", "replicates: 2\n")},
		{"with rungs", search("tpe", 8, "30", "early_terminate: {type: asha, min_iter: 1, promote: false}\n")},
		{"without them", search("tpe", 8, "30", "")},
	}
	number := func(query string) int {
		t.Helper()
		status, out, stderr := program(t, "query", query, "--csv")
		n, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(out, "n\n")))
		if status != 0 || err != nil {
			t.Fatalf("%s: %q, %s", query, out, stderr)
		}
		return n
	}
	for _, e := range edits {
		if err := os.WriteFile("edited.yaml", []byte(e.spec), 0o644); err != nil {
			t.Fatal(err)
		}
		_, out, stderr := program(t, "plan", "edited.yaml", "--json")
		var plan struct {
			New, Kept, Retired, Undecided int
		}
		if err := json.Unmarshal([]byte(out), &plan); err != nil {
			t.Fatalf("%s: %v, %s", e.what, err, stderr)
		}
		before := calls(t)
		if status, _, stderr := program(t, "run", "edited.yaml", "--quiet", "--replace"); status != 0 {
			t.Fatalf("%s: exit status %d, %s", e.what, status, stderr)
		}
		trained := calls(t) - before
		decides := strings.Contains(e.spec, "until") || strings.Contains(e.spec, "method: tpe") // more may come of results
		if trained != plan.New && !decides || trained < plan.New {
			t.Errorf("%s: trained %d, planned %d", e.what, trained, plan.New)
		}
		all := number("SELECT count(*) AS n FROM v_trials WHERE retired = 0")
		if want := plan.Kept + plan.New; all != want && !decides || all < want {
			t.Errorf("%s: %d trials in the sweep, want the %d that were kept and the %d that were new", e.what, all, plan.Kept, plan.New)
		}
		if n := number("SELECT count(*) AS n FROM v_trials WHERE attempts > 1"); n > 0 && e.what != "without them" {
			t.Errorf("%s: %d trials were trained twice", e.what, n)
		}
		if n := number("SELECT count(*) AS n FROM v_trials WHERE retired = 0 AND state NOT IN ('complete', 'stopped')"); n != 0 {
			t.Errorf("%s: %d trials have not ended", e.what, n)
		}
	}
}
