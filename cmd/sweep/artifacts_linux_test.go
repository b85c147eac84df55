package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

const shelvedSpec = `name: shelved
metric: {name: val/loss}
parameters: {corpus: names, hidden_size: 4, embedding_dim: 2, steps: 200, eval_examples: 100}
`

func shelved(t *testing.T) (spec, dir string) {
	t.Helper()
	spec = filepath.Join(t.TempDir(), "shelved.yaml")
	if err := os.WriteFile(spec, []byte(shelvedSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	return spec, t.TempDir()
}

// TestArtifactsInS3 has a run keep its files in a bucket, and another machine ask the model that only lies there.
func TestArtifactsInS3(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "someone")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hidden")
	memory := s3mem.New()
	if err := memory.CreateBucket("lab"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(memory).Server())
	defer server.Close()
	at := func(bucket string) string {
		return "s3://" + bucket + "?region=eu-central-1&use_path_style=true&prefix=sweeps&endpoint=" + url.QueryEscape(server.URL)
	}
	spec, dir := shelved(t)
	if status, _, stderr := program(t, "run", spec, "--dir", dir, "--artifacts", at("nowhere")); status != 4 || !strings.Contains(stderr, "no bucket nowhere; make it, or mend the name") {
		t.Errorf("a bucket that is not there: exit status %d, %s", status, stderr)
	}
	if status, _, stderr := program(t, "run", spec, "--dir", dir, "--artifacts", at("lab"), "--quiet"); status != 0 {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	ask := func(artifacts string) (int, string, string) {
		return program(t, "predict", "shelved:best", "a", "n", "n", "--dir", dir, "--artifacts", artifacts)
	}
	_, before, _ := ask("")
	if err := os.RemoveAll(filepath.Join(dir, "checkpoints")); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := ask(""); status != 3 {
		t.Errorf("without its file: exit status %d", status)
	}
	if status, after, stderr := ask(at("lab")); status != 0 || after != before || before == "" {
		t.Errorf("exit status %d, %q and %q, %s", status, before, after, stderr)
	}
	if list, err := memory.ListBucket("lab", nil, gofakes3.ListBucketPage{}); err != nil || len(list.Contents) < 4 || !strings.HasPrefix(list.Contents[0].Key, "sweeps/") {
		t.Errorf("the bucket holds %d objects, %v", len(list.Contents), err)
	}
}

// TestBucketThatNobodyMayWriteTo is an error before anything is trained, and the doctor finds it.
func TestBucketThatNobodyMayWriteTo(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "someone")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hidden")
	memory := s3mem.New()
	if err := memory.CreateBucket("lab"); err != nil {
		t.Fatal(err)
	}
	real := gofakes3.New(memory).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
			return
		}
		real.ServeHTTP(w, r)
	}))
	defer server.Close()
	address := "s3://lab?region=eu-central-1&use_path_style=true&endpoint=" + url.QueryEscape(server.URL)
	spec, dir := shelved(t)
	if status, _, stderr := program(t, "run", spec, "--dir", dir, "--artifacts", address); status != 4 || !strings.Contains(stderr, "AccessDenied") {
		t.Errorf("exit status %d, %s", status, stderr)
	}
	if status, out, _ := program(t, "query", "SELECT count(*) FROM v_trials", "--dir", dir, "--csv"); status != 0 || !strings.HasSuffix(strings.TrimSpace(out), "\n0") {
		t.Errorf("exit status %d: trials: %s", status, out)
	}
	doctor(t, []string{"--artifacts", address}, 5, "!!  artifacts  ")
}

// TestStoreOfFilesIsFull ends a run whose files do not fit, says why, and goes on once they do, from what lies here.
func TestStoreOfFilesIsFull(t *testing.T) {
	shared := t.TempDir()
	if err := syscall.Mount("tmpfs", shared, "tmpfs", 0, "size=16k"); err != nil {
		t.Skipf("cannot mount a tmpfs: %v", err)
	}
	defer func() { _ = syscall.Unmount(shared, 0) }()
	spec, dir := shelved(t)
	run := func() (int, string, string) {
		return program(t, "run", spec, "--dir", dir, "--artifacts", "file://"+filepath.ToSlash(shared), "--quiet")
	}
	status, _, stderr := run()
	if status != 4 || !strings.Contains(stderr, "no space left on device") || !strings.Contains(stderr, "which still lie here") {
		t.Errorf("exit status %d, %s", status, stderr)
	}
	if _, out, _ := program(t, "query", "--csv", "--dir", dir, "SELECT state, attempts FROM v_trials"); !strings.Contains(out, "waiting,1") {
		t.Errorf("the record says %s", out)
	}
	if err := syscall.Mount("tmpfs", shared, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := run(); status != 0 {
		t.Errorf("with room: exit status %d, %s", status, stderr)
	}
	if _, out, _ := program(t, "query", "--csv", "--dir", dir, "SELECT state, attempts, steps FROM v_trials"); !strings.Contains(out, "complete,2,200") {
		t.Errorf("the record says %s", out)
	}
}
