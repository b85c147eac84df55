package program

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/runner"
)

func TestMetricsAndText(t *testing.T) {
	tr := script(t, `
echo '{"loss": 3}'
echo 'epoch 1'
echo '{"step": 10, "examples": 640, "loss": 2.5, "good": true}'
echo '{"loss": 2}'
echo '{"step": 20}'
echo '{"note": "text"}'
echo 'warning' >&2
printf '{"": 1, "loss": NaN}\n'
printf '{"loss": 1'`)
	var ps points
	if err := tr.Train(t.Context(), trialT, ps.report); err != nil {
		t.Fatal(err)
	}
	want := []string{"loss=3@1", "@1", "loss=2.5@10", "good=1@10", "@10", "loss=2@11", "@11", "@20", "loss=NaN@21", "@21"}
	if diff := cmp.Diff(want, ps.told()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	if p := ps.all[2]; p.Examples != 640 {
		t.Errorf("the point %+v does not know its examples", p)
	}
	got := strings.Split(strings.TrimSpace(output(t, tr)), "\n")
	for _, line := range []string{"epoch 1", `{"note": "text"}`, "warning", `{"": 1, "loss": NaN}`, `{"loss": 1`} {
		if !strings.Contains(strings.Join(got, "\n"), line) {
			t.Errorf("the log lacks %q: %q", line, got)
		}
	}
	if len(got) != 5 {
		t.Errorf("the log holds metrics: %q", got)
	}
}

func TestMetricsByDescriptor(t *testing.T) {
	tr := script(t, `
echo '{"a": 1}' >&3
echo nonsense >&3
exec 1>&-
echo '{"a": 2}' >&$SWEEP_METRICS_FD
exec 2>&- 3>&-`)
	var ps points
	if err := tr.Train(t.Context(), trialT, ps.report); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a=1@1", "@1", "a=2@2", "@2"}, ps.told()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	if got := output(t, tr); got != "nonsense\n" {
		t.Errorf("the log is %q", got)
	}
}

func TestSurroundingsOfAProgram(t *testing.T) {
	for _, v := range os.Environ() { // of who runs the tests
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "SWEEP_") {
			t.Setenv(name, "") // so that it is put back
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Setenv("PROGRAM_TEST_OURS", "1")
	t.Setenv("PYTHONPATH", "/theirs")
	t.Setenv("PYTHONUNBUFFERED", "x") // the user's own
	tr := script(t, `env | grep -e ^SWEEP_ -e ^PYTHONP -e ^PYTHONU -e ^PROGRAM_TEST | sort; pwd; echo "$@"; cat "$SWEEP_PARAMS"; cat && echo end; ls -A "$SWEEP_DIR_TRIAL"`)
	tr.Dir = t.TempDir()
	tr.SeedParam = "seed"
	t.Chdir(filepath.Dir(tr.Record))
	record := tr.Record
	tr.Record = filepath.Base(tr.Record) // relative: the program runs elsewhere
	if err := tr.Train(t.Context(), trialT, (&points{}).report); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(output(t, tr)) {
		line = strings.TrimSuffix(line, "\n")
		if name, _, ok := strings.Cut(line, "="); ok && (name == variableAttempt || name == "SWEEP_METRICS_INODE") {
			line = name
		}
		got = append(got, line)
	}
	want := []string{
		"PROGRAM_TEST_OURS=1", "PYTHONPATH=" + record + "/python:/theirs", "PYTHONUNBUFFERED=x", "SWEEP_ATTEMPT_ID",
		"SWEEP_DIR_TRIAL=" + TrialDir(record, "t"), "SWEEP_METRICS_FD=3", "SWEEP_METRICS_INODE",
		"SWEEP_PARAMS=" + record + "/logs/t.params.json", "SWEEP_REPLICATE=2", "SWEEP_SEED=7", "SWEEP_SWEEP=s", "SWEEP_TRIAL=t",
		tr.Dir, "--lr=0.5 --act=tanh --seed=7", "{", `  "lr": 0.5,`, `  "act": "tanh",`, `  "seed": 7`, "}", "end",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the program sees (-want +got):\n%s", diff)
	}
	if s := logged(t, tr); !strings.Contains(s, "pwd; echo ") || !strings.Contains(s, "end: exit status 0 after ") {
		t.Errorf("the log does not say what was run and how it ended:\n%s", s)
	}
	b, err := os.ReadFile(filepath.Join(tr.Record, "python", "sweep.py"))
	if err != nil || string(b) != Module {
		t.Errorf("sweep.py is not where PYTHONPATH leads: %v", err)
	}
}

func TestFolderAndLogAreKeptOverAttempts(t *testing.T) {
	tr := script(t, `cd "$SWEEP_DIR_TRIAL"; echo x >> kept; wc -l < kept`)
	for range 2 {
		if err := tr.Train(t.Context(), trialT, (&points{}).report); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Fields(output(t, tr)); strings.Join(got, " ") != "1 2" {
		t.Errorf("the log of two attempts is %q", got)
	}
	if n := strings.Count(logged(t, tr), " begin, process "); n != 2 {
		t.Errorf("%d headers, want 2", n)
	}
}

func TestLogOfATrialIsBounded(t *testing.T) {
	tr := script(t, "echo too late")
	path := LogFile(tr.Record, "t")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, path, "", 0o644)
	if err := os.Truncate(path, 64<<20-5); err != nil { // what earlier attempts have printed
		t.Fatal(err)
	}
	if err := tr.Train(t.Context(), trialT, (&points{}).report); err != nil {
		t.Fatal(err)
	}
	s := strings.TrimLeft(logged(t, tr), "\x00")
	if strings.Contains(s, "\ntoo late\n") || !strings.Contains(s, "[sweep: the log is cut here") || !strings.Contains(s, "end: exit status 0") {
		t.Errorf("at its limit the log goes on with:\n%s", s)
	}
}

func TestArgumentFileIsNestedAndSecretsStayOutOfTheLog(t *testing.T) {
	t.Setenv("PROGRAM_TEST_TOKEN", "hush")
	tr := script(t, `echo "file $(cat "$1")"; test "$2" = hush`)
	tr.Command = append(tr.Command[:4], "${args_json_file}", "${envvar:PROGRAM_TEST_TOKEN}")
	trial := trialT
	trial.Params = of("opt.lr", 0.5, "opt.name", "sgd")
	if err := tr.Train(t.Context(), trial, (&points{}).report); err != nil {
		t.Fatal(err)
	}
	var got map[string]map[string]any
	if err := json.Unmarshal([]byte(strings.TrimPrefix(output(t, tr), "file ")), &got); err != nil || got["opt"]["lr"] != 0.5 || got["opt"]["name"] != "sgd" {
		t.Errorf("the file holds %v, %v", got, err)
	}
	if s := logged(t, tr); strings.Contains(strings.ReplaceAll(s, "= hush", ""), "hush") {
		t.Errorf("the log tells the value of ${envvar:}:\n%s", s)
	}
}

func TestProgramIsFoundFromItsFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "own.sh"), "#!/bin/sh\necho \"$@\"\n", 0o755)
	for _, program := range []string{"own.sh", "./own.sh", filepath.Join(dir, "own.sh")} {
		tr := &Trainer{Record: t.TempDir(), Program: program, Dir: dir}
		if err := tr.Train(t.Context(), trialT, (&points{}).report); err != nil {
			t.Errorf("%s: %v", program, err)
		} else if got := output(t, tr); got != "--lr=0.5 --act=tanh\n" {
			t.Errorf("%s printed %q", program, got)
		}
	}
}

func TestFailures(t *testing.T) {
	for _, c := range []struct {
		line  string
		first string // of the error
		rest  string
	}{
		{`echo out; echo one >&2; printf '\r10%%\r\033[31mtwo\033[0m\ttab\007\n' >&2; exit 3`, "program: exit status 3; its log is ", "\n  one\n  two tab"},
		{`i=0; while [ $i -lt 15 ]; do i=$((i+1)); echo line $i >&2; done; exit 1`, "program: exit status 1; its log is ", "\n  line 6\n  line 7\n  line 8\n  line 9\n  line 10\n  line 11\n  line 12\n  line 13\n  line 14\n  line 15"},
		{`kill -9 $$`, "program: killed (signal 9), perhaps out of memory; its log is ", ""},
		{`kill -11 $$`, "program: ended by signal 11 (SIGSEGV); its log is ", ""},
		{`exit 137`, "program: exit status 137: what it ran was killed (signal 9), perhaps out of memory; ", ""},
		{`exit 127`, "program: exit status 127: a program that it names was not found; ", ""},
		{`exit 126`, "program: exit status 126: a program that it names could not be executed; ", ""},
		{`exit 2`, "program: exit status 2; ", ""},
	} {
		tr := script(t, c.line)
		err := tr.Train(t.Context(), trialT, (&points{}).report)
		var exit *ExitError
		if !errors.As(err, &exit) {
			t.Errorf("%s: %v is no *ExitError", c.line, err)
			continue
		}
		want := LogFile(tr.Record, "t") + c.rest
		if s := err.Error(); !strings.HasPrefix(s, c.first) || !strings.HasSuffix(s, want) || exit.Ran <= 0 {
			t.Errorf("%s: after %s\n%q\nwant %q ... %q", c.line, exit.Ran, s, c.first, want)
		}
	}
}

func TestProgramThatCannotBeStarted(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "lost.sh"), "#!/no/such/shell\n", 0o755)
	for _, c := range []struct{ program, want string }{
		{"nothing", "start program: program nothing is neither in " + dir + " nor in PATH; correct the name, or give its path"},
		{"lost.sh", "no such file or directory; if the file is there, its first line names a program that is not"},
	} {
		tr := &Trainer{Record: t.TempDir(), Program: c.program, Dir: dir, Retries: 3, Backoff: time.Hour}
		err := tr.Train(t.Context(), trialT, (&points{}).report)
		var start *StartError
		if !errors.As(err, &start) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.program, err, c.want)
		}
	}
}

func TestRetries(t *testing.T) {
	tr := script(t, `cd "$SWEEP_DIR_TRIAL"; echo x >> tries; n=$(wc -l < tries); echo '{"n": '$n'}'; [ $n -ge 3 ]`)
	tr.Retries, tr.Backoff = 5, time.Millisecond
	var ps points
	if err := tr.Train(t.Context(), trialT, ps.report); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"n=1@1", "@1", "n=2@1", "@1", "n=3@1", "@1"}, ps.told()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	s := logged(t, tr)
	for _, want := range []string{"retry 1 of 5 begins in 1ms", "retry 2 of 5 begins in 2ms"} {
		if !strings.Contains(s, want) {
			t.Errorf("the log lacks %q:\n%s", want, s)
		}
	}
	if n := strings.Count(s, " begin, process "); n != 3 {
		t.Errorf("%d headers, want 3:\n%s", n, s)
	}
}

func TestWhatIsNotRetried(t *testing.T) {
	stop := func(runner.Point) error { return runner.ErrStop }
	for _, c := range []struct {
		line   string
		answer func(runner.Point) error
		tries  int
	}{
		{"exit 2", nil, 1},
		{"exit 126", nil, 1},
		{"exit 127", nil, 1},
		{"exit 75", nil, 1},
		{"exit 0", nil, 1},
		{`echo '{"x": 1}'; exit 1`, stop, 1},
		{"exit 1", nil, 3},
		{"kill -9 $$", nil, 3},
	} {
		tr := script(t, c.line)
		tr.Retries, tr.Backoff = 2, time.Microsecond
		_ = tr.Train(t.Context(), trialT, (&points{answer: c.answer}).report) // how it ends is another test's
		if n := strings.Count(logged(t, tr), " begin, process "); n != c.tries {
			t.Errorf("%s was tried %d times, want %d", c.line, n, c.tries)
		}
	}
}

func TestBackoff(t *testing.T) {
	for _, c := range []struct {
		first time.Duration
		retry int
		want  time.Duration
	}{
		{0, 0, time.Second}, {0, 3, 8 * time.Second}, {time.Minute, 0, time.Minute}, {time.Minute, 3, 8 * time.Minute},
		{time.Minute, 4, 10 * time.Minute}, {time.Minute, 1 << 40, 10 * time.Minute}, {time.Hour, 0, 10 * time.Minute},
	} {
		if got := backoff(c.first, c.retry); got != c.want {
			t.Errorf("retry %d from %s: %s, want %s", c.retry, c.first, got, c.want)
		}
	}
}

func TestLongLinesAndBinaryOutput(t *testing.T) {
	tr := script(t, `"$SELF" as line 1; printf '\000\377\033\n'; printf '{"x": 5}\n'; "$SELF" as line 1 >&2; printf 'no end' >&2`)
	var ps points
	if err := tr.Train(t.Context(), trialT, ps.report); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"done=1@1", "@1", "x=5@2", "@2"}, ps.told()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	s := output(t, tr)
	if n := strings.Count(s, "cut here]\n"); n != 2 || len(s) > 2*maxLine+300 {
		t.Errorf("the log has %d bytes and %d lines that were cut, want 2 of 64 KiB", len(s), n)
	}
	for _, want := range []string{"\n\x00\xff\x1b\n", "no end\n", `{"done": 1}`} { // the last one came by standard error
		if !strings.Contains(s, want) {
			t.Errorf("the log lacks %q", want)
		}
	}
}

func TestParallelTrialsAreApart(t *testing.T) {
	tr := script(t, `i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo '{"'$SWEEP_TRIAL'": '$i'}'; echo $SWEEP_TRIAL; done`)
	errs := make(chan error)
	for n := range 8 {
		trial := trialT
		trial.ID = fmt.Sprint("t", n)
		go func() {
			var ps points
			err := tr.Train(t.Context(), trial, ps.report)
			if got := ps.told(); err == nil && (len(got) != 40 || got[38] != trial.ID+"=20@20") {
				err = fmt.Errorf("%s reported %v", trial.ID, got)
			}
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	b, err := os.ReadFile(LogFile(tr.Record, "t3"))
	if err != nil || strings.Count(string(b), "\nt3\n")+strings.Count(string(b), "\nt3\nt3\n") == 0 || strings.Contains(string(b), "\nt4\n") {
		t.Errorf("the log of t3: %v\n%s", err, b)
	}
}
