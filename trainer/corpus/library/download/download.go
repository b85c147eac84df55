// Package download fetches public corpora into the user's library. It is the one package that opens a connection, and
// only when Get is called.
//
// A server is trusted with nothing: a file gets its name in the library only when its SHA-256 is the one of the
// catalogue, and a server that sends more than the catalogue's size is cut off there. What has come of a download is kept
// beside the library's texts and continued, by a Range request that holds only for the same version of the file, after
// a cut-off, an interrupt or a kill.
package download

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"time"

	"sweep/trainer/corpus/library"
)

// Client fetches files. The zero value is ready to use and takes proxies from the environment. Nothing of it may be
// changed while Get runs.
type Client struct {
	// Transport answers requests; nil is one with time limits on connecting and on the first byte of an answer.
	Transport http.RoundTripper
	Attempts  int           // to fetch one file, before Get gives up for now; 0 means 5
	Wait      time.Duration // before the second attempt, doubled before each one after; 0 means 1 s
	Stall     time.Duration // how long a server may send nothing; 0 means 30 s
	// Progress is told how much of a file is there, on the goroutine of Get; nil is not told.
	Progress func(have, size int64)
	// Note is told, in a sentence, what goes otherwise than planned and does not end the download; nil is not told.
	Note func(string)
}

// Result says what Get did. Received is 0 if the file was there already.
type Result struct {
	library.Entry
	Received int64 // bytes that came over the net and were kept
	Resumed  int64 // bytes that an earlier run had left
}

// MismatchError tells of a file that is not the one of the catalogue. It has been thrown away.
type MismatchError struct{ Name, URL, Reason string }

// Error says what does not match.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s: what %s sends is not the file that the catalogue names, and was thrown away: %s", e.Name, e.URL, e.Reason)
}

// StatusError is an answer that holds no file.
type StatusError struct {
	URL    string
	Code   int
	Status string        // such as "404 Not Found"
	After  time.Duration // how long the server asks to wait; 0 if it does not say
}

// Error gives the status and the URL.
func (e *StatusError) Error() string { return fmt.Sprintf("%s answers %s", e.URL, e.Status) }

// IncompleteError tells of a download that did not end. What has come is kept, and Get goes on from there.
type IncompleteError struct {
	Name       string
	Have, Size int64 // bytes
	Attempts   int
	Err        error // of the last attempt
}

// Error says how far it came.
func (e *IncompleteError) Error() string {
	return fmt.Sprintf("%s: %d of %d bytes came in %d attempts, the last: %v; run it again to go on", e.Name, e.Have, e.Size, e.Attempts, e.Err)
}

// Unwrap returns the last attempt's error.
func (e *IncompleteError) Unwrap() error { return e.Err }

// RedirectError tells of a redirect that was not followed.
type RedirectError struct{ From, To, Reason string }

// Error says where it would have led.
func (e *RedirectError) Error() string {
	return fmt.Sprintf("%s redirects to %s: %s", e.From, e.To, e.Reason)
}

// Get fetches a public corpus, unless its file is in the library and matches its hash. When ctx ends, what has come is
// kept and the cause of ctx returned. Other errors are a *MismatchError, *StatusError, *RedirectError or
// *IncompleteError, a *library.FullError, library.ErrBusy, or one of the machine.
func (c Client) Get(ctx context.Context, lib *library.Library, p library.Public) (Result, error) {
	entry := lib.Public(p)
	if err := lib.Make(); err != nil {
		return Result{}, err
	}
	unlock, err := lib.Lock(p.Name)
	if err != nil {
		return Result{}, err
	}
	defer unlock()
	var damaged *library.DamagedError
	switch err := entry.Verify(ctx); {
	case err == nil:
		return Result{Entry: entry}, nil
	case errors.As(err, &damaged):
		c.note("%s is damaged: %s; it is fetched again", damaged.Path, damaged.Reason)
	case !errors.Is(err, fs.ErrNotExist):
		return Result{}, err
	}
	t, err := c.open(lib, p)
	if err != nil {
		return Result{}, err
	}
	defer t.part.Close()
	if err := t.run(ctx); err != nil {
		return Result{}, err
	}
	return Result{Entry: entry, Received: t.received, Resumed: p.Size - t.received}, nil
}

func (c Client) note(format string, args ...any) {
	if c.Note != nil {
		c.Note(fmt.Sprintf(format, args...))
	}
}

func (c Client) attempts() int        { return cmp.Or(c.Attempts, 5) }
func (c Client) stall() time.Duration { return cmp.Or(c.Stall, 30*time.Second) }

// pause is how long to wait after an attempt, counted from 1.
func (c Client) pause(attempt int) time.Duration {
	return cmp.Or(c.Wait, time.Second) << min(attempt-1, 10)
}

// http returns the client that follows redirects by our rules.
func (c Client) http() *http.Client {
	transport := c.Transport
	if transport == nil {
		transport = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout:   15 * time.Second,
			ResponseHeaderTimeout: 30 * time.Second,
			ForceAttemptHTTP2:     true,
			DisableCompression:    true, // ranges and sizes are those of the file itself
		}
	}
	return &http.Client{Transport: transport, CheckRedirect: checkRedirect}
}

const mostRedirects = 5

// checkRedirect follows a few redirects, and only to where a connection can be trusted as much as before.
func checkRedirect(to *http.Request, via []*http.Request) error {
	from := via[len(via)-1].URL
	refuse := func(reason string) error {
		return &RedirectError{From: from.Redacted(), To: to.URL.Redacted(), Reason: reason}
	}
	switch {
	case len(via) > mostRedirects:
		return refuse(fmt.Sprintf("more than %d redirects are not followed", mostRedirects))
	case from.Scheme == "https" && to.URL.Scheme != "https":
		return refuse("from https only https is followed")
	}
	if err := allowed(to.URL); err != nil {
		return refuse(err.Error())
	}
	return nil
}

// allowed reports whether files may be fetched from a URL: by https, or by http from this machine itself.
func allowed(u *url.URL) error {
	host := u.Hostname()
	ip := net.ParseIP(host)
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && (host == "localhost" || ip != nil && ip.IsLoopback()):
	default:
		return errors.New("files are fetched by https only")
	}
	if u.User != nil {
		return errors.New("a URL with a user's name is not followed")
	}
	return nil
}
