package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const unitFile = "systemd/sweep-worker@.service"

// TestSystemd holds the unit to systemd's own reading of it, where systemd is, and to the program.
func TestSystemd(t *testing.T) {
	u := parseUnit(t, read(t, unitFile))
	t.Run("Verify", func(t *testing.T) {
		text := strings.Replace(read(t, unitFile), "/usr/local/bin/sweep", program(t), 1)
		if said := verify(t, text); said != "" {
			t.Errorf("systemd says:\n%s", said)
		}
		if said := verify(t, strings.Replace(text, "OOMPolicy", "OomPolicy", 1)); !strings.Contains(said, "OomPolicy") {
			t.Errorf("of a key that there is not systemd says %q", said)
		}
	})
	for key, want := range map[string]string{
		// What the statuses of the program mean.
		"Service.Restart": "on-failure", "Service.RestartPreventExitStatus": "2 5", "Service.SuccessExitStatus": "143",
		// Programs are asked to end by the worker alone, and may die without it.
		"Service.KillMode": "mixed", "Service.KillSignal": "SIGTERM", "Service.OOMPolicy": "continue",
		"Service.NoNewPrivileges": "yes", "Service.ProtectSystem": "strict", "Service.PrivateTmp": "yes", "Service.User": "sweep",
		"Service.EnvironmentFile": "/etc/sweep/%i.env", "Service.StateDirectory": "sweep/%i", "Service.WorkingDirectory": "%S/sweep/%i",
		"Install.WantedBy": "multi-user.target",
	} {
		if got := strings.Join(u[key], "|"); got != want {
			t.Errorf("%s=%s, want %s", key, got, want)
		}
	}
	if n, err := strconv.Atoi(u["Service.TimeoutStopSec"][0]); err != nil || n <= 25+5 {
		t.Errorf("a worker may need 25 seconds to put its trials away, and has %v", u["Service.TimeoutStopSec"])
	}
	settings := environment(t, u["Service.Environment"])
	for name, value := range settings {
		if strings.HasSuffix(name, "DIR") && !strings.HasPrefix(value, "%S/"+u["Service.StateDirectory"][0]+"/") {
			t.Errorf("%s=%s is not to be written to", name, value)
		}
	}
	file := environment(t, slices.DeleteFunc(strings.Split(read(t, "systemd/worker.env"), "\n"), func(line string) bool { return line == "" || line[0] == '#' }))
	for _, name := range []string{"SWEEP_STORE", "SWEEP_ARTIFACTS", "SWEEP_SLOTS"} {
		if file[name] == "" {
			t.Errorf("the settings lack %s", name)
		}
	}
	if file["PGPASSWORD"] != "" || strings.Contains(file["SWEEP_STORE"], ":@") {
		t.Error("the settings have a password")
	}
	if !strings.Contains(read(t, "systemd/worker.env"), "install -D -m 0600 worker.env /etc/sweep/lab.env") {
		t.Error("the file of settings has to be root's alone")
	}
	if folder, ok := strings.CutPrefix(file["SWEEP_ARTIFACTS"], "file://"); !ok || !slices.Contains(u["Service.ReadWritePaths"], "-"+folder) {
		t.Errorf("the unit may not write to %s", file["SWEEP_ARTIFACTS"])
	}
	words := strings.Fields(strings.ReplaceAll(u["Service.ExecStart"][0], "${SWEEP_SLOTS}", settings["SWEEP_SLOTS"]))
	accepts(t, words[1:]...)
}

// verify returns what systemd says of a unit.
func verify(t *testing.T, text string) string {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip(err)
	}
	file := filepath.Join(t.TempDir(), "sweep-worker@lab.service")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("systemd-analyze", "verify", file).CombinedOutput() // a key that it does not know is no error to it
	if err != nil {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	var ours []string
	for line := range strings.Lines(string(out)) { // it reads units of the machine's, too
		if strings.Contains(line, "sweep") {
			ours = append(ours, line)
		}
	}
	return strings.Join(ours, "")
}

// parseUnit reads a unit: "Section.Key" and the values that it has, in order.
func parseUnit(t *testing.T, text string) map[string][]string {
	t.Helper()
	u, section := map[string][]string{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		name, inSection := strings.CutPrefix(line, "[")
		key, value, set := strings.Cut(line, "=")
		switch {
		case line == "" || line[0] == '#':
		case inSection:
			section = strings.TrimSuffix(name, "]")
		case set:
			u[section+"."+key] = append(u[section+"."+key], value)
		default:
			t.Errorf("line %q", line)
		}
	}
	return u
}

func environment(t *testing.T, lines []string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			t.Errorf("setting %q", line)
		}
		all[name] = value
	}
	return all
}
