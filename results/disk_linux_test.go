package results

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sweep/sweeps"
)

func TestNetworkDisks(t *testing.T) {
	ofFiles(t)
	for magic, want := range map[uint32]string{
		unix.NFS_SUPER_MAGIC: "nfs", unix.CIFS_SUPER_MAGIC: "smb", unix.EXT4_SUPER_MAGIC: "", unix.TMPFS_MAGIC: "", unix.FUSE_SUPER_MAGIC: "",
	} {
		if got := networkName(magic); got != want {
			t.Errorf("%x is %q, want %q", magic, got, want)
		}
	}
	s := reopened(t, t.TempDir(), Options{NetworkDisk: true})
	put(t, s, grid("hidden", 1, 50))
	var mode string
	if err := s.writer.db.Raw(`PRAGMA journal_mode`).Row().Scan(&mode); err != nil || mode != "delete" {
		t.Errorf("journal mode %q, %v", mode, err)
	}
}

// unprivileged runs a child as a user whom file permissions bind, and returns what it prints.
func unprivileged(t *testing.T, what, dir string) string {
	t.Helper()
	c := child(what, dir, "-")
	if os.Getuid() == 0 {
		// The test binary lies in a folder that only root may enter.
		program := filepath.Join(publicDir(t), "child")
		if out, err := exec.Command("cp", os.Args[0], program).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		c.Path = program
		c.Dir = "/"
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := c.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		t.Skipf("cannot run as another user: %v", err)
	}
	if err != nil {
		t.Errorf("%s: %v: %s", what, err, out)
	}
	return strings.TrimSpace(string(out))
}

// publicDir makes a folder that every user may enter.
func publicDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	dir := publicDir(t)
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	trained(t, s, grid("hidden", 2, 50), map[int][]float64{50: {1, 2}})
	lock := func(mode os.FileMode) {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(dir, FileName+"*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if err := os.Chmod(f, mode&0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Cleanup(func() { lock(0o755) })
	lock(0o555)
	// Its log and index lie beside it: a process writes, or died.
	if got := unprivileged(t, "look", dir); got != "1" {
		t.Errorf("beside a writer: %q", got)
	}
	lock(0o755)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	lock(0o555)
	if got := unprivileged(t, "look", dir); got != "1" {
		t.Errorf("at rest: %q", got)
	}
	if got := unprivileged(t, "open", dir); got != "unwritable" {
		t.Errorf("open to write: %q", got)
	}
	if got := unprivileged(t, "open", filepath.Join(dir, "below")); got != "unwritable" {
		t.Errorf("open to write in a new folder: %q", got)
	}
}

func TestTmpfsThatIsFull(t *testing.T) {
	ofFiles(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("cannot mount a tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	s := reopened(t, dir, Options{Patience: 10 * time.Millisecond})
	p := grid("hidden", 1, 50)
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	taken := int64(0)
	for ; taken < 200_000; taken++ {
		if err := s.Record(t.Context(), trial, []sweeps.Point{{Metric: "train/loss", Step: taken, Value: 1}}); err != nil {
			if !errors.Is(err, ErrFull) {
				t.Fatal(err)
			}
			break
		}
	}
	end := sweeps.Outcome{State: sweeps.Complete, Step: taken, Linkable: true}
	if err := s.Finish(t.Context(), trial, end); !errors.Is(err, ErrFull) {
		t.Errorf("finish on a full disk: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return s.Finish(t.Context(), trial, end) == nil })
	pts, err := s.TrialPoints(t.Context(), "hidden", trial.ID)
	if err != nil || int64(len(pts)) != taken {
		t.Errorf("%d of %d points, %v", len(pts), taken, err)
	}
}
