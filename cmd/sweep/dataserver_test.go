package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sharedData is where public data may lie beside the project.
var sharedData = filepath.Join("..", "..", "..", "shared", "data")

// dataServerVariable leads the program of the test scripts, and no other, to a server of the test's.
const dataServerVariable = "SWEEP_TEST_DATA_SERVER"

// fetchFromTest makes `data get` ask the server that the environment names, under the path that it has there.
func fetchFromTest() {
	dataClient.Wait = time.Millisecond
	dataClient.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		base, err := url.Parse(os.Getenv(dataServerVariable))
		if err != nil || base.Host == "" {
			return nil, fmt.Errorf("a test asks for %s", r.URL)
		}
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host, r.URL.Path = base.Scheme, base.Host, base.Path+r.URL.Path
		return http.DefaultTransport.RoundTrip(r)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// dataServer answers for the web: what it does stands before the path, as in /cut/karpathy/makemore/.../names.txt.
func dataServer(t *testing.T) string {
	mux := http.NewServeMux()
	whole := func(w http.ResponseWriter, r *http.Request) {
		b, err := publicFile(r.URL.Path)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", `"1"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	}
	mux.HandleFunc("/whole/", whole)
	mux.HandleFunc("/cut/", func(w http.ResponseWriter, r *http.Request) {
		whole(&cutShort{w, 5000}, r)
	})
	mux.HandleFunc("/wrong/", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 228_145)) // of makemore's names
	})
	mux.HandleFunc("/login/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>who are you?</html>") })
	mux.HandleFunc("/plain/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1/names.txt", http.StatusFound)
	})
	mux.HandleFunc("/cutwrong/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "228145")
		_, _ = (&cutShort{w, 7000}).Write(make([]byte, 228_145))
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// publicFile is the public file that a path on the web ends with, as it lies beside the project.
func publicFile(path string) ([]byte, error) {
	for end, file := range map[string]string{
		"/names.txt":                 "names-makemore/names.txt",
		"/tinyshakespeare/input.txt": "tinyshakespeare/input.txt",
		"/questions-words.txt":       "google-analogies/questions-words.txt",
	} {
		if strings.HasSuffix(path, end) {
			return os.ReadFile(filepath.Join(sharedData, filepath.FromSlash(file)))
		}
	}
	return nil, os.ErrNotExist
}

// cutShort ends the connection after so many bytes.
type cutShort struct {
	http.ResponseWriter
	left int
}

func (c *cutShort) Write(b []byte) (int, error) {
	if len(b) > c.left {
		_, _ = c.ResponseWriter.Write(b[:c.left])
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(b)
	return c.ResponseWriter.Write(b)
}
