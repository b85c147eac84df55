package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sweep/results"
	"sweep/runner"
)

// twoSweeps makes, in a new folder that the test then stands in, a record of a sweep both of whose sizes are trained, and of
// one that shares one of them.
func twoSweeps(t *testing.T) {
	t.Helper()
	const rest = "embedding_dim: 3, steps: 60, evaluations: 3, eval_examples: 100}\nreplicates: 2\n"
	inFolder(t, map[string]string{
		"wide.yaml":   "name: wide\nparameters: {corpus: names, hidden_size: [4, 8], " + rest,
		"narrow.yaml": "name: narrow\nparameters: {corpus: names, hidden_size: 4, " + rest,
	})
	for _, spec := range []string{"wide.yaml", "narrow.yaml"} {
		if status, _, stderr := program(t, "run", spec, "--quiet"); status != 0 {
			t.Fatalf("run: exit status %d, %s", status, stderr)
		}
	}
}

// everything is what the record and the folder hold of one sweep.
func everything(t *testing.T, sweep string) string {
	t.Helper()
	var b strings.Builder
	for _, args := range [][]string{
		{"trials", sweep, "--json"}, {"show", sweep, "--json"}, {"show", sweep + ":best"}, {"best", sweep, "--json"},
		{"query", "--csv", "SELECT * FROM v_points WHERE sweep = '" + sweep + "' ORDER BY trial, metric, step"},
		{"query", "--csv", "SELECT * FROM v_configurations WHERE sweep = '" + sweep + "' ORDER BY configuration"},
	} {
		status, out, stderr := program(t, args...)
		if status != 0 {
			t.Fatalf("%q: exit status %d, %s", args, status, stderr)
		}
		b.WriteString(out)
	}
	_, ids, _ := program(t, "trials", sweep, "--columns", "trial", "--csv")
	for _, id := range strings.Fields(ids)[1:] {
		for _, f := range files(t, filepath.Join("runs", "checkpoints", id)) {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s %x\n", f, text)
		}
	}
	return b.String()
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	status, out, stderr := program(t, args...)
	if status != 0 {
		t.Fatalf("%q: exit status %d, %s", args, status, stderr)
	}
	return out
}

func TestRmKeepsWhatOthersShare(t *testing.T) {
	twoSweeps(t)
	before := everything(t, "narrow")
	all := files(t, "runs")
	if out := mustRun(t, "rm", "wide", "--dry-run"); !strings.Contains(out, "would remove sweep wide with 4 trials") || !strings.Contains(out, "2 trainings of them with other sweeps") {
		t.Error(out)
	}
	if !slices.Equal(files(t, "runs"), all) {
		t.Error("a dry run has changed the folder")
	}
	if status, _, stderr := program(t, "rm", "wide"); status != statusUsage || !strings.Contains(stderr, "--yes removes") {
		t.Errorf("without consent: exit status %d, %s", status, stderr)
	}
	mustRun(t, "rm", "wide", "--yes")
	if after := everything(t, "narrow"); after != before {
		t.Errorf("the other sweep was\n%.2000s\nand is\n%.2000s", before, after)
	}
	for _, f := range files(t, "runs") {
		if strings.Contains(f, filepath.Join("reports", "wide")) {
			t.Errorf("%s is left", f)
		}
	}
	if n := len(files(t, filepath.Join("runs", "checkpoints"))); n == 0 || n >= len(files(t, "runs")) {
		t.Errorf("%d files of trainings", n)
	}
	if status, _, _ := program(t, "show", "wide"); status != statusNotFound {
		t.Errorf("the sweep is still shown: exit status %d", status)
	}
	if out := mustRun(t, "gc", "--dry-run"); !strings.Contains(out, "would remove 0 paths") {
		t.Errorf("rm has left garbage:\n%s", out)
	}
	mustRun(t, "verify", "narrow:best")
	checkRecord(t, "runs")
	// What is there no more is trained again, what another sweep kept is linked.
	if _, out, stderr := program(t, "run", "wide.yaml"); !strings.Contains(out+stderr, "2 new, 0 kept, 0 retired, 2 linked") {
		t.Errorf("run again: %s %s", out, stderr)
	}
}

func TestRmTrials(t *testing.T) {
	twoSweeps(t)
	list := strings.Fields(mustRun(t, "trials", "wide", "--columns", "trial,val_loss", "--csv", "--sort", "hidden_size,replicate"))[1:]
	id := func(i int) string { return strings.Split(list[i], ",")[0] }
	if status, _, stderr := program(t, "rm", id(0), "--yes"); status != statusUsage || !strings.Contains(stderr, "say where it is to be removed: wide/"+id(0)) {
		t.Errorf("a shared trial: exit status %d, %s", status, stderr)
	}
	before := everything(t, "narrow")
	out := mustRun(t, "rm", "wide/"+id(0), id(3), "--yes", "--json")
	if !strings.Contains(out, `"trials":["`+id(0)+`","`+id(3)+`"],"gone":["`+id(3)+`"]`) {
		t.Error(out)
	}
	if after := everything(t, "narrow"); after != before {
		t.Error("the other sweep has changed")
	}
	if out := mustRun(t, "ls"); !strings.Contains(out, "wide    interrupted") {
		t.Error(out)
	}
	if _, err := os.Stat(filepath.Join("runs", "checkpoints", id(3))); err == nil {
		t.Error("its model is left")
	}
	if _, out, stderr := program(t, "run", "wide.yaml"); !strings.Contains(out+stderr, "1 new, 2 kept, 0 retired, 1 linked") {
		t.Errorf("run again: %s %s", out, stderr)
	}
	if again := strings.Fields(mustRun(t, "trials", "wide", "--columns", "trial,val_loss", "--csv", "--sort", "hidden_size,replicate"))[1:]; !slices.Equal(again, list) {
		t.Errorf("%q, then %q", list, again)
	}
	for _, ref := range []string{"nothing", "wide/nothing", "nothing/" + id(0)} {
		if status, _, stderr := program(t, "rm", ref, "--yes"); status != statusNotFound {
			t.Errorf("%s: exit status %d, %s", ref, status, stderr)
		}
	}
	lock, err := runner.Folder(filepath.Join("runs", "locks")).Lock(t.Context(), "wide", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	for _, args := range [][]string{{"rm", "wide", "--yes"}, {"rm", id(3), "--yes"}, {"rm", "wide", "--dry-run"}} {
		if status, _, stderr := program(t, args...); status != statusRecord || !strings.Contains(stderr, "sweep wide is running") {
			t.Errorf("%q of a running sweep: exit status %d, %s", args, status, stderr)
		}
	}
}

// TestRmKilled kills removals at any moment: gc mends what is left, and the other sweep loses nothing.
func TestRmKilled(t *testing.T) {
	twoSweeps(t)
	before := everything(t, "narrow")
	whole, err := filepath.Abs("runs")
	if err != nil {
		t.Fatal(err)
	}
	wide, halves := everything(t, "wide"), 0
	for round := range 12 {
		dir := t.TempDir()
		t.Chdir(dir)
		if err := os.CopyFS(filepath.Join(dir, "runs"), os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		switch round {
		case 0: // between the rows and the files
			s, err := results.Open(t.Context(), "runs", results.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Remove(t.Context(), "wide", nil); err != nil {
				t.Fatal(err)
			}
			s.Close()
		default:
			cmd := sweepCommand(t, "rm", "wide", "--yes")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(20+15*round) * time.Millisecond)
			_ = cmd.Process.Kill() // it may have ended
			_ = cmd.Wait()
		}
		checkRecord(t, "runs")
		if status, _, _ := program(t, "show", "wide"); status == 0 { // the rows are there, so everything is
			if now := everything(t, "wide"); now != wide {
				t.Errorf("round %d: killed before its rows were gone, but something is", round)
			}
			mustRun(t, "rm", "wide", "--yes")
		} else if !strings.Contains(mustRun(t, "gc", "--dry-run"), "would remove 0 paths") {
			halves++
		}
		mustRun(t, "gc", "--yes")
		if out := mustRun(t, "gc", "--dry-run"); !strings.Contains(out, "would remove 0 paths") {
			t.Errorf("round %d: gc leaves\n%s", round, out)
		}
		for _, f := range files(t, "runs") {
			if strings.Contains(f, filepath.Join("reports", "wide")) || strings.Contains(f, ".removed-") {
				t.Errorf("round %d: %s is left", round, f)
			}
		}
		if after := everything(t, "narrow"); after != before {
			t.Fatalf("round %d: the other sweep has changed", round)
		}
	}
	t.Logf("%d of 12 left something to mend", halves)
	if halves == 0 {
		t.Error("gc had nothing to mend")
	}
}

func TestGCTouchesOnlyWhatItKnows(t *testing.T) {
	twoSweeps(t)
	write := func(old bool, names ...string) {
		for _, n := range names {
			name := filepath.Join("runs", filepath.FromSlash(n))
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte("mine"), 0o644); err != nil {
				t.Fatal(err)
			}
			if old {
				if err := os.Chtimes(name, time.Now(), time.Now().Add(-2*scratchAge)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	trial := strings.Fields(mustRun(t, "trials", "wide", "--columns", "trial", "--csv"))[1]
	mine := []string{
		"notes.txt", "sweep.db.v4", "checkpoints/best/model.safetensors", "checkpoints/0123456789ab/notes.txt", "checkpoints/" + trial + "/notes.txt",
		"checkpoints/0123456789ab/sub/model.safetensors", "checkpoints/kin/readme", "checkpoints/kin/0123456789abcdef01234567/0123456789ac",
		"logs/run.log", "logs/0123456789ab.log.old", "reports/other/figure.svg", "reports/other/index.html", "reports/wide/mine.csv",
		"reports/index.html", "locks/wide.pause", "locks/other.lock", ".doctor-x", ".backup-notes",
	}
	write(true, mine...)
	const fetching = "checkpoints/.fetched-0123456789ad"
	write(false, ".doctor-77", fetching+"/model.safetensors") // perhaps of a process that lives
	before := files(t, "runs")
	if out := mustRun(t, "gc", "--dry-run"); !strings.Contains(out, "would remove 0 paths") {
		t.Errorf("not garbage:\n%s", out)
	}
	garbage := []string{
		"checkpoints/0123456789ab/model.safetensors", "checkpoints/0123456789ab/.losses.safetensors.part-12",
		"checkpoints/ba9876543210/step-000000000100.safetensors", "checkpoints/" + trial + "/step-000000000010.safetensors",
		"checkpoints/.removed-0123456789ac/model.safetensors", "checkpoints/fedcba987654/state.bin", "logs/fedcba987654.log",
		"logs/fedcba987654.params.json", "logs/.fedcba987654.args.json-123", "locks/other.pause", ".doctor-78",
	}
	write(true, garbage...)
	status, _, stderr := program(t, "gc")
	if status != statusUsage || !strings.Contains(stderr, "remove 11 paths (1 kB) without a terminal") {
		t.Errorf("without consent: exit status %d, %s", status, stderr)
	}
	out := mustRun(t, "gc", "--yes", "--json")
	if !strings.Contains(out, `"bytes":44,`) {
		t.Error(out)
	}
	if after := files(t, "runs"); !slices.Equal(after, before) {
		t.Errorf("before the garbage\n%q\nafter gc\n%q", before, after)
	}
	if err := os.Chtimes(filepath.Join("runs", filepath.FromSlash(fetching)), time.Now(), time.Now().Add(-2*scratchAge)); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "gc", "--yes")
	for _, d := range []string{"checkpoints/ba9876543210", "checkpoints/.removed-0123456789ac", fetching} {
		if _, err := os.Stat(filepath.Join("runs", filepath.FromSlash(d))); err == nil {
			t.Errorf("the folder %s is left", d)
		}
	}
	// The report of a removed sweep goes, but for what a person has put there.
	mustRun(t, "rm", "wide", "--yes")
	if left := files(t, filepath.Join("runs", "reports", "wide")); len(left) != 1 || filepath.Base(left[0]) != "mine.csv" {
		t.Errorf("of the report %q is left", left)
	}
	size := bytesOf(filepath.Join("runs", results.FileName))
	if out := mustRun(t, "gc", "--yes", "--vacuum"); !strings.Contains(out, "the record is smaller by ") || bytesOf(filepath.Join("runs", results.FileName)) >= size {
		t.Error(out)
	}
	checkRecord(t, "runs")
}
