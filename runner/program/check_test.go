package program

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"train.py": "pass\n", "plain.sh": "#!/bin/sh\n", "notes": "hello\n",
	} {
		write(t, filepath.Join(dir, name), text, 0o644)
	}
	for name, text := range map[string]string{
		"run.sh": "#!/bin/sh\n", "bare": "echo hello\n", "lost.sh": "#!/no/such/shell -e\n", "dos.sh": "#!/bin/sh\r\necho\r\n",
		"binary": "\x7fELF\x02\x01\x01\x00", "empty.sh": "#!\n",
	} {
		write(t, filepath.Join(dir, name), text, 0o755)
	}
	for _, name := range []string{"folder", "module"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "module", "__main__.py"), "pass\n", 0o644)
	t.Setenv("PATH", pathWith(t, "python3", "tool")+string(os.PathListSeparator)+"/bin")

	for _, c := range []struct {
		program string
		command []string
		want    string // "": nothing to find fault with
	}{
		{"train.py", nil, ""},
		{"run.sh", nil, ""},
		{"./run.sh", nil, ""},
		{filepath.Join(dir, "run.sh"), nil, ""},
		{"binary", nil, ""},
		{"tool", nil, ""},
		{"module", []string{"${interpreter}", "${program}"}, ""},
		{"plain.sh", []string{"sh", "${program}", "${args}"}, ""},
		{"", []string{"./run.sh", "${args_json}"}, ""},
		{"", []string{"${env}", "-S", "no such program"}, ""},
		{"", []string{"${env}", "A=1", "tool"}, ""},

		{"", nil, "there is neither a program nor a command; write program: train.py"},
		{"", []string{"${interpreter}", "${program}"}, "the command uses ${program}, and there is no program"},
		{"trian.py", nil, "program trian.py is not there, seen from " + dir + "; correct the path"},
		{"./trian", nil, "program ./trian is not there, seen from " + dir},
		{"trian", nil, "program trian is neither in " + dir + " nor in PATH"},
		{"notes", nil, `program notes is not executable; chmod +x notes, or name what runs it: command: [python, notes, "${args}"]`},
		{"folder", nil, "program folder is a folder; name the file in it"},
		{"folder", []string{"tool", "${program}"}, "program folder is a folder"},
		{"bare", nil, "bare is text without a first line that says what runs it; begin it with #!/bin/sh"},
		{"lost.sh", nil, `lost.sh is to be run by "/no/such/shell -e", which is not there`},
		{"empty.sh", nil, `empty.sh is to be run by ""`},
		{"dos.sh", nil, "dos.sh has the line ends of Windows"},
		{"", []string{"no-such-tool", "${args}"}, "no-such-tool is not in PATH; install it, or give its path"},
		{"", []string{"${env}", "A=1", "no-such-tool"}, "no-such-tool is not in PATH"},
		{"", []string{"./notes"}, "./notes is not executable"},
		{"", []string{""}, "the command begins with an empty word"},
		{"", []string{"${args}"}, "the command begins with an empty word"},
		{"", []string{"tool", "a\x00b"}, "zero byte"},
		{"train.py", []string{"python3", "${progam}"}, "unknown macro ${progam}; did you mean ${program}"},
	} {
		err := Check(c.program, c.command, dir)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("program %s, command %q: %v\nwant %q", c.program, c.command, err, c.want)
		}
	}

	err := Check("", []string{"${program}", "${arg}", "${envvar:PROGRAM_TEST_UNSET}"}, dir)
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("three mistakes at once: %v", err)
	}
	if err := Check("run.sh", nil, filepath.Join(dir, "nowhere")); err == nil || !strings.Contains(err.Error(), "nowhere, is not there") {
		t.Errorf("a folder that is not there: %v", err)
	}
	t.Setenv("PATH", pathWith(t))
	if err := Check("train.py", nil, dir); err == nil || !strings.Contains(err.Error(), "there is no python in PATH, and no python3") {
		t.Errorf("without Python: %v", err)
	}
	t.Chdir(dir)
	if err := Check("run.sh", nil, ""); err != nil {
		t.Errorf("in the current folder: %v", err)
	}
}
