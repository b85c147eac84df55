package artifacts_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"sweep/artifacts"
)

// bucket is one that a test may spoil.
type bucket struct {
	address string
	spoil   func(t *testing.T, key string, b []byte) // puts b in the place of an object
}

// buckets are a folder and a bucket of an S3 in this process.
func buckets(t *testing.T) map[string]bucket {
	dir := t.TempDir()
	inFolder := bucket{"file://" + filepath.ToSlash(dir), func(t *testing.T, key string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(key)), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}}
	server, memory := s3(t)
	inS3 := bucket{s3Address("shelf", server), func(t *testing.T, key string, b []byte) {
		if _, err := memory.PutObject("shelf", "lab/"+key, map[string]string{}, bytes.NewReader(b), int64(len(b)), nil); err != nil {
			t.Fatal(err)
		}
	}}
	return map[string]bucket{"folder": inFolder, "S3": inS3}
}

// s3 is an S3 in this process that has a bucket shelf; around, if there is one, stands before it.
func s3(t *testing.T, around ...func(http.Handler) http.Handler) (string, gofakes3.Backend) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "someone")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	memory := s3mem.New()
	if err := memory.CreateBucket("shelf"); err != nil {
		t.Fatal(err)
	}
	handler := gofakes3.New(memory).Server()
	for _, f := range around {
		handler = f(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL, memory
}

func s3Address(bucket, server string) string {
	return "s3://" + bucket + "?region=eu-central-1&use_path_style=true&prefix=lab&endpoint=" + url.QueryEscape(server)
}

func open(t *testing.T, address string) *artifacts.Bucket {
	t.Helper()
	b, err := artifacts.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func keys(t *testing.T, b *artifacts.Bucket, place string) []string {
	t.Helper()
	var out []string
	err := b.Each(t.Context(), place, func(o artifacts.Object, at time.Time) error {
		if time.Since(at).Abs() > time.Hour {
			t.Errorf("%s was written at %v", o.Key, at)
		}
		out = append(out, o.Key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBucket(t *testing.T) {
	for name, at := range buckets(t) {
		t.Run(name, func(t *testing.T) {
			b := open(t, at.address)
			text := strings.Repeat("weights and moments ", 100_000)
			o, err := b.Put(t.Context(), "record/trial/a1", write(t, "step-000000000020.safetensors", text))
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256([]byte(text))
			want := artifacts.Object{Key: "record/trial/a1/step-000000000020-" + hex.EncodeToString(sum[:]) + ".safetensors", SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(text))}
			if o != want {
				t.Errorf("kept as %+v, want %+v", o, want)
			}
			if again, err := b.Put(t.Context(), "record/trial/a1", write(t, "step-000000000020.safetensors", text)); err != nil || again != o {
				t.Errorf("kept again: %+v, %v", again, err)
			}
			odd, err := b.Put(t.Context(), "record/trial/a1", write(t, ".ähm: what?*", ""))
			if err != nil {
				t.Fatal(err)
			}
			if got := keys(t, b, "record/trial"); len(got) != 2 {
				t.Errorf("holds %q", got)
			}
			if got := keys(t, b, "record/tri"); len(got) != 0 {
				t.Errorf("below a place whose name is part of another: %q", got)
			}

			to := filepath.Join(t.TempDir(), "fetched")
			if err := b.Get(t.Context(), o, to); err != nil || read(t, to) != text {
				t.Errorf("fetched: %v", err)
			}
			if err := b.Get(t.Context(), odd, to); err != nil || read(t, to) != "" {
				t.Errorf("fetched nothing: %v", err)
			}

			for what, bad := range map[string]string{"short": text[1:], "other": "X" + text[1:], "empty": ""} {
				at.spoil(t, o.Key, []byte(bad))
				other := filepath.Join(filepath.Dir(to), what)
				if err := b.Get(t.Context(), o, other); !errors.Is(err, artifacts.ErrDamaged) {
					t.Errorf("%s: %v", what, err)
				}
				if _, err := os.Stat(other); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s: what is damaged was fetched", what)
				}
			}
			for range 2 {
				if err := b.Remove(t.Context(), o.Key); err != nil {
					t.Error(err)
				}
			}
			if err := b.Get(t.Context(), o, to); !errors.Is(err, artifacts.ErrMissing) || read(t, to) != "" {
				t.Errorf("what is gone: %v", err)
			}
			if files, _ := os.ReadDir(filepath.Dir(to)); len(files) != 1 {
				t.Errorf("left behind: %v", files)
			}
		})
	}
}

// A damaged object under the right name is put in order by whoever keeps the file again.
func TestPutMends(t *testing.T) {
	for name, at := range buckets(t) {
		t.Run(name, func(t *testing.T) {
			b := open(t, at.address)
			file := write(t, "model", "all of it")
			o, err := b.Put(t.Context(), "p", file)
			if err != nil {
				t.Fatal(err)
			}
			at.spoil(t, o.Key, []byte("half"))
			if _, err := b.Put(t.Context(), "p", file); err != nil {
				t.Fatal(err)
			}
			if err := b.Get(t.Context(), o, filepath.Join(t.TempDir(), "x")); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	server, _ := s3(t)
	shut := httptest.NewServer(http.NotFoundHandler())
	shut.Close()
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	file := write(t, "file", "")
	for address, want := range map[string]error{
		"/shared/artifacts":                artifacts.ErrAddress,
		"":                                 artifacts.ErrAddress,
		"gs://bucket":                      artifacts.ErrAddress,
		"file://shared/artifacts":          artifacts.ErrAddress,
		"file:///tmp?metadata=skip":        artifacts.ErrAddress,
		"file://" + filepath.ToSlash(file): artifacts.ErrNoBucket,
		"file://" + filepath.ToSlash(file) + "/below":                           artifacts.ErrNoBucket,
		s3Address("other", server):                                              artifacts.ErrNoBucket,
		s3Address("shelf", server) + "&colour=red":                              artifacts.ErrAddress,
		s3Address("shelf", shut.URL):                                            nil, // not reached
		s3Address("shelf", strings.Replace(shut.URL, "//", "//key:secret@", 1)): nil,
		s3Address("shelf", "http://key:secret@a b"):                             artifacts.ErrAddress,
	} {
		if _, err := artifacts.Open(t.Context(), address); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", address, err, want)
		} else if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: says %v", address, err)
		}
	}
}

func TestCancelled(t *testing.T) {
	for name, at := range buckets(t) {
		t.Run(name, func(t *testing.T) {
			b := open(t, at.address)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := b.Put(ctx, "p", write(t, "f", strings.Repeat("x", 1<<20))); err == nil && name == "S3" {
				t.Error("kept in spite of a cancelled context")
			}
			for _, k := range keys(t, b, "p") {
				if name == "S3" {
					t.Errorf("holds %s", k)
				}
			}
		})
	}
}
