package download

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sweep/trainer/corpus/library"
)

// text is what the servers of these tests have.
var text = []byte(strings.Repeat("anna\nbert\ncarla\n", 20_000))

// public is a catalogue's entry of text at a URL.
func public(url string) library.Public {
	sum := sha256.Sum256(text)
	return library.Public{Name: "sample", URL: url, Size: int64(len(text)), SHA256: hex.EncodeToString(sum[:])}
}

// fixture is a library and a client that wait for nothing, and what the client noted.
type fixture struct {
	t      *testing.T
	lib    *library.Library
	client Client
	notes  []string
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{t: t, lib: library.At(filepath.Join(t.TempDir(), "data"))}
	f.client = Client{Wait: time.Nanosecond, Note: func(s string) { f.notes = append(f.notes, s) }}
	return f
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

// file serves b with ranges, as the standard library's file server does.
func file(b []byte, etag string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if etag != "" {
			w.Header().Set("ETag", etag)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	}
}

// cutting ends the connection after n bytes of the body.
func cutting(n int, handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		handler(&cutter{ResponseWriter: w, left: n}, r)
	}
}

type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(b []byte) (int, error) {
	if len(b) > c.left {
		_, _ = c.ResponseWriter.Write(b[:c.left])
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(b)
	return c.ResponseWriter.Write(b)
}

func (f *fixture) get(p library.Public) (Result, error) {
	return f.client.Get(f.t.Context(), f.lib, p)
}

// whole wants the text in the library and nothing beside it.
func (f *fixture) whole() {
	f.t.Helper()
	got, err := os.ReadFile(f.lib.Path("sample"))
	if err != nil || !bytes.Equal(got, text) {
		f.t.Errorf("the library has %d bytes, %v; want the text's %d", len(got), err, len(text))
	}
	f.leftovers(0)
}

// leftovers wants so many bytes of a download that has not ended.
func (f *fixture) leftovers(n int) {
	f.t.Helper()
	part, err := os.ReadFile(f.lib.PartPath("sample"))
	if n == 0 && !errors.Is(err, os.ErrNotExist) {
		f.t.Errorf("a part of %d bytes is left", len(part))
	}
	if n > 0 && (len(part) != n || !bytes.HasPrefix(text, part)) {
		f.t.Errorf("a part of %d bytes is left, want the first %d of the text", len(part), n)
	}
}

// nothing wants no trace of a text that could be trusted.
func (f *fixture) nothing() {
	f.t.Helper()
	if _, err := os.Stat(f.lib.Path("sample")); !errors.Is(err, os.ErrNotExist) {
		f.t.Errorf("the text is in the library: %v", err)
	}
}

func (f *fixture) noted(want string) {
	f.t.Helper()
	if !strings.Contains(strings.Join(f.notes, "\n"), want) {
		f.t.Errorf("noted %q, want %q", f.notes, want)
	}
}

func TestGet(t *testing.T) {
	f := newFixture(t)
	var requests atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.Header.Get("Range") != "" || r.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("the request has the headers %v", r.Header)
		}
		file(text, `"1"`)(w, r)
	})
	var last int64
	f.client.Progress = func(have, size int64) {
		if have <= last || size != int64(len(text)) {
			t.Errorf("progress %d of %d after %d", have, size, last)
		}
		last = have
	}
	r, err := f.get(public(url))
	if err != nil || r.Received != int64(len(text)) || r.Resumed != 0 || last != r.Received {
		t.Fatalf("%+v, %v; progress to %d", r, err, last)
	}
	f.whole()
	f.client.Progress = nil
	// It is there now: nothing is asked again.
	r, err = f.get(public(url))
	if err != nil || r.Received != 0 || requests.Load() != 1 {
		t.Errorf("%+v, %v after %d requests, want nothing received and one", r, err, requests.Load())
	}
	// A damaged file is not trusted, and mended.
	if err := os.WriteFile(f.lib.Path("sample"), bytes.ToUpper(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.get(public(url)); err != nil {
		t.Fatal(err)
	}
	f.noted("is damaged")
	f.whole()
}

// A connection that is cut off is taken up where it broke, of the same version.
func TestCutOffOnce(t *testing.T) {
	f := newFixture(t)
	var ranges []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		ranges = append(ranges, r.Header.Get("Range")+" "+r.Header.Get("If-Range"))
		if len(ranges) == 1 {
			cutting(100_000, file(text, `"1"`))(w, r)
			return
		}
		file(text, `"1"`)(w, r)
	})
	r, err := f.get(public(url))
	if err != nil || r.Received != int64(len(text)) {
		t.Fatalf("%+v, %v", r, err)
	}
	if len(ranges) != 2 || ranges[0] != " " || ranges[1] != `bytes=100000- "1"` {
		t.Errorf("asked for %q", ranges)
	}
	f.noted("cut off")
	f.whole()
}

// One that is cut off every time ends after so many attempts, keeps what has come, and goes on in the next run.
func TestCutOffEveryTime(t *testing.T) {
	f := newFixture(t)
	f.client.Attempts = 3
	n := 10_000
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { cutting(n, file(text, `"1"`))(w, r) })
	_, err := f.get(public(url))
	var incomplete *IncompleteError
	if !errors.As(err, &incomplete) || incomplete.Have != 30_000 || incomplete.Attempts != 3 {
		t.Fatalf("got %v, want 30,000 bytes in 3 attempts", err)
	}
	if !strings.Contains(err.Error(), "run it again") {
		t.Errorf("%q does not say how to go on", err)
	}
	f.nothing()
	f.leftovers(30_000)
	n = len(text)
	r, err := f.get(public(url))
	if err != nil || r.Resumed != 30_000 || r.Received != int64(len(text)-30_000) {
		t.Fatalf("%+v, %v; want 30,000 bytes resumed", r, err)
	}
	f.whole()
}

// Resuming asks for the same version; a server that has another sends that whole.
func TestChangedSince(t *testing.T) {
	f := newFixture(t)
	f.client.Attempts = 1
	other := bytes.ToUpper(text)
	handler := cutting(50_000, file(other, `"old"`))
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { handler(w, r) })
	if _, err := f.get(public(url)); !errors.As(err, new(*IncompleteError)) {
		t.Fatal(err)
	}
	handler = file(text, `"new"`)
	if _, err := f.get(public(url)); err != nil {
		t.Fatal(err)
	}
	f.noted("sends the whole file")
	f.whole()
}

// A server that gives its versions no names may mix two; the hash finds that out, and the file is fetched anew.
func TestMixedVersions(t *testing.T) {
	f := newFixture(t)
	n := 0
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			cutting(50_000, file(bytes.ToUpper(text), ""))(w, r)
			return
		}
		file(text, "")(w, r)
	})
	if _, err := f.get(public(url)); err != nil {
		t.Fatal(err)
	}
	f.noted("thrown away")
	f.whole()
}

func TestIgnoredRange(t *testing.T) {
	f := newFixture(t)
	n := 0
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			cutting(50_000, file(text, `"1"`))(w, r)
			return
		}
		_, _ = w.Write(text) // knows no ranges
	})
	if _, err := f.get(public(url)); err != nil {
		t.Fatal(err)
	}
	f.noted("starting again")
	f.whole()
}

// Answers to a Range request that do not continue what is there.
func TestWrongRange(t *testing.T) {
	size := len(text)
	for name, c := range map[string]struct {
		code   int
		header string
		body   []byte
	}{
		"another start":   {206, fmt.Sprintf("bytes 10-%d/%d", size-1, size), text[10:]},
		"another size":    {206, fmt.Sprintf("bytes 50000-%d/%d", size, size+1), text[50_000:]},
		"no range named":  {206, "", text[50_000:]},
		"nonsense":        {206, "bytes x-y/z", text[50_000:]},
		"not satisfiable": {416, fmt.Sprintf("bytes */%d", 40_000), nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			n := 0
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch n++; n {
				case 1:
					cutting(50_000, file(text, `"1"`))(w, r)
				case 2:
					w.Header().Set("Content-Range", c.header)
					w.WriteHeader(c.code)
					_, _ = w.Write(c.body)
				default:
					if r.Header.Get("Range") != "" {
						t.Errorf("a range is asked for again: %v", r.Header)
					}
					file(text, `"1"`)(w, r)
				}
			})
			if _, err := f.get(public(url)); err != nil {
				t.Fatal(err)
			}
			f.noted("starting again")
			f.whole()
		})
	}
}

func TestMismatch(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		says    string
	}{
		"wrong hash":  {file(bytes.ToUpper(text), `"1"`), "its SHA-256 is"},
		"too short":   {file(text[1:], `"1"`), fmt.Sprintf("it has %d bytes and should have %d", len(text)-1, len(text))},
		"too long":    {file(append(bytes.Clone(text), 'x'), `"1"`), "bytes and should have"},
		"never ends":  {endless, "it goes on after"},
		"login page":  {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>please pay</html>") }, "should have"},
		"unasked 206": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(206); _, _ = w.Write(text) }, "not asked for"},
		"compressed": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(text)
		}, "sends it in gzip"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			_, err := f.get(public(serve(t, c.handler)))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error that says %q", err, c.says)
			}
			f.nothing()
		})
	}
}

// endless sends without end and without a length.
func endless(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := w.Write(text); err != nil {
			return
		}
	}
}

func TestStatus(t *testing.T) {
	f := newFixture(t)
	n := 0
	code := http.StatusNotFound
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n++
		w.WriteHeader(code)
	})
	_, err := f.get(public(url))
	var status *StatusError
	if !errors.As(err, &status) || status.Code != 404 || !strings.Contains(err.Error(), url+" answers 404 Not Found") {
		t.Errorf("got %v, want 404 with its URL", err)
	}
	if n != 1 {
		t.Errorf("%d requests for what is not there", n)
	}
	f.nothing()
	// A server in trouble is asked again.
	code, n = http.StatusServiceUnavailable, 0
	if _, err := f.get(public(url)); !errors.As(err, &status) || n != 5 {
		t.Errorf("got %v after %d requests, want 503 after 5", err, n)
	}
}

func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-1": 0, "soon": 0} {
		if got := retryAfter(http.Header{"Retry-After": {value}}); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func TestRedirect(t *testing.T) {
	f := newFixture(t)
	there := serve(t, file(text, `"1"`))
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, there, http.StatusFound) })
	if _, err := f.get(public(url)); err != nil {
		t.Fatal(err)
	}
	f.whole()
}

func TestRefusedRedirect(t *testing.T) {
	plain := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a refused redirect was followed") })
	for name, c := range map[string]struct{ to, says string }{
		"plain http elsewhere": {"http://files.example/names.txt", "by https only"},
		"a file":               {"file:///etc/passwd", "only https is followed"},
		"down to http":         {plain, "from https only https"},
		"round in circles":     {"/again", "more than 5 redirects"},
		"with a user":          {"https://someone@127.0.0.1/", "user's name"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			handler := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, c.to, http.StatusFound) }
			s := httptest.NewTLSServer(http.HandlerFunc(handler))
			t.Cleanup(s.Close)
			url := s.URL
			f.client.Transport = s.Client().Transport
			if name == "plain http elsewhere" {
				url, f.client.Transport = serve(t, handler), nil
			}
			_, err := f.get(public(url))
			if !errors.As(err, new(*RedirectError)) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error that says %q", err, c.says)
			}
			f.nothing()
		})
	}
}

// Only https is fetched, but from this machine itself.
func TestPlainHTTP(t *testing.T) {
	f := newFixture(t)
	for _, url := range []string{"http://files.example/names.txt", "ftp://127.0.0.1/names.txt", "names.txt"} {
		if _, err := f.get(public(url)); err == nil || !strings.Contains(err.Error(), "https only") {
			t.Errorf("%s: got %v", url, err)
		}
	}
}

// A server that nobody vouches for is not asked twice.
func TestUnknownCertificate(t *testing.T) {
	f := newFixture(t)
	s := httptest.NewUnstartedServer(file(text, `"1"`))
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	t.Cleanup(s.Close)
	if _, err := f.get(public(s.URL)); err == nil || !strings.Contains(err.Error(), "certificate") || len(f.notes) > 0 {
		t.Errorf("got %v, noted %q", err, f.notes)
	}
}

// A server that falls silent is cut off and asked again.
func TestStall(t *testing.T) {
	f := newFixture(t)
	f.client.Stall = 500 * time.Millisecond
	n := 0
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n > 1 {
			file(text, `"1"`)(w, r)
			return
		}
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(text)))
		_, _ = w.Write(text[:5000])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	r, err := f.get(public(url))
	if err != nil || n != 2 {
		t.Fatalf("%+v, %v after %d requests", r, err, n)
	}
	f.noted("nothing came for 500ms, at 5000 of")
	f.whole()
}

// A server may be slow for as long as it likes, as long as something comes.
func TestSlowServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		body := &slow{r: bytes.NewReader(text), pause: 20 * time.Second}
		n := 0
		f.client.Transport = transport(func(r *http.Request) (*http.Response, error) {
			n++
			body.ctx = r.Context()
			return &http.Response{StatusCode: http.StatusOK, ContentLength: -1, Header: http.Header{}, Body: body, Request: r}, nil
		})
		if _, err := f.get(public("https://files.example/names.txt")); err != nil || n != 1 {
			t.Fatalf("%v after %d requests", err, n)
		}
		f.whole()
	})
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// slow pauses before each piece, and ends with its request.
type slow struct {
	ctx   context.Context
	r     io.Reader
	pause time.Duration
}

func (s *slow) Read(b []byte) (int, error) {
	time.Sleep(s.pause)
	if s.ctx.Err() != nil {
		return 0, s.ctx.Err()
	}
	return s.r.Read(b)
}

func (s *slow) Close() error { return nil }

var errStopped = errors.New("stopped by the test")

// An interrupt keeps what has come, also of a slow server, and while waiting for the next attempt.
func TestInterrupt(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(text)))
		_, _ = w.Write(text[:5000])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	f.client.Progress = func(have, _ int64) {
		if have >= 5000 {
			cancel(errStopped)
		}
	}
	if _, err := f.client.Get(ctx, f.lib, public(url)); !errors.Is(err, errStopped) {
		t.Errorf("got %v, want the cause of the context", err)
	}
	f.nothing()
	f.leftovers(5000)

	ctx, cancel = context.WithCancelCause(t.Context())
	f.client.Wait = time.Hour
	f.client.Note = func(string) { cancel(errStopped) }
	url = serve(t, cutting(7000, file(text, "")))
	if _, err := f.client.Get(ctx, f.lib, public(url)); !errors.Is(err, errStopped) {
		t.Errorf("got %v, want the cause of the context", err)
	}
	f.leftovers(7000)
}

// What lies there of another file, or of nobody knows what, is not continued.
func TestForeignPart(t *testing.T) {
	for name, origin := range map[string]string{
		"nothing known":    "",
		"nonsense":         "{",
		"another URL":      `{"url":"https://elsewhere.example/","sha256":"` + public("").SHA256 + `"}`,
		"longer than it":   "same",
		"whole, but wrong": "same",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			p := public(serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Range") != "" {
					t.Errorf("the request has the headers %v", r.Header)
				}
				file(text, `"1"`)(w, r)
			}))
			part := bytes.ToUpper(text)
			if name == "longer than it" {
				part = append(part, 'x')
			}
			if origin == "same" {
				origin = fmt.Sprintf(`{"url":%q,"sha256":%q}`, p.URL, p.SHA256)
			}
			if err := errors.Join(f.lib.Make(), os.WriteFile(f.lib.PartPath("sample"), part, 0o600),
				os.WriteFile(f.lib.PartPath("sample")+".json", []byte(origin), 0o600)); err != nil {
				t.Fatal(err)
			}
			if _, err := f.get(p); err != nil {
				t.Fatal(err)
			}
			f.whole()
		})
	}
}

func TestBusy(t *testing.T) {
	f := newFixture(t)
	if err := f.lib.Make(); err != nil {
		t.Fatal(err)
	}
	unlock, err := f.lib.Lock("sample")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, err := f.get(public("https://files.example/")); !errors.Is(err, library.ErrBusy) {
		t.Errorf("got %v, want busy", err)
	}
}

// Which version the bytes are of is known only from what stands for the very bytes.
func TestVersion(t *testing.T) {
	const noon, before, just = "Mon, 02 Jan 2006 12:00:00 GMT", "Mon, 02 Jan 2006 11:59:00 GMT", "Mon, 02 Jan 2006 11:59:30 GMT"
	for _, c := range []struct{ etag, modified, date, wantTag, wantTime string }{
		{`"a"`, before, noon, `"a"`, ""},
		{`W/"a"`, before, noon, "", before},
		{"", just, noon, "", ""},
		{"", before, "", "", ""},
		{"a", "", "", "", ""},
	} {
		h := http.Header{}
		h.Set("ETag", c.etag)
		h.Set("Last-Modified", c.modified)
		h.Set("Date", c.date)
		if tag, at := version(h); tag != c.wantTag || at != c.wantTime {
			t.Errorf("%+v: got %q, %q", c, tag, at)
		}
	}
}

func FuzzContentRange(f *testing.F) {
	f.Add("bytes 0-9/10")
	f.Add("bytes 5-9/*")
	f.Fuzz(func(t *testing.T, s string) {
		from, size, ok := contentRange(s)
		if ok && (from < 0 || !strings.HasPrefix(s, "bytes ")) {
			t.Errorf("%q: %d, %d", s, from, size)
		}
	})
}
