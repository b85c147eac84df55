package download

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// passing is an error that another attempt may not meet.
type passing struct {
	err error
	now bool // the next attempt asks for something else and need not wait
}

func (e *passing) Error() string { return e.err.Error() }
func (e *passing) Unwrap() error { return e.err }

// run fetches what is missing, in as many attempts as it takes and the client allows, and gives the file its name.
func (t *transfer) run(ctx context.Context) error {
	again := false // a mixture of versions has been thrown away once
	for n := 1; ; n++ {
		err := t.attempt(ctx)
		if err == nil {
			got, ok := t.matches()
			switch {
			case ok:
				return t.finish()
			case t.answers < 2 || again:
				return t.mismatch("its SHA-256 is %s and should be %s", got, t.item.SHA256)
			}
			// The bytes came in several answers, and the server may have changed the file between them.
			again = true
			t.note("%s: what came in pieces does not match its hash and was thrown away; it is fetched anew", t.item.Name)
			if err := t.restart(); err != nil {
				return err
			}
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var later *passing
		if !errors.As(err, &later) {
			return err
		}
		if n >= t.attempts() {
			return &IncompleteError{Name: t.item.Name, Have: t.have, Size: t.item.Size, Attempts: n, Err: later.err}
		}
		if err := t.rest(ctx, n, later); err != nil {
			return err
		}
	}
}

// rest waits before the next attempt.
func (t *transfer) rest(ctx context.Context, attempt int, why *passing) error {
	if why.now {
		t.note("%s: %v", t.item.Name, why.err)
		return nil
	}
	pause := t.pause(attempt)
	var status *StatusError
	if errors.As(why.err, &status) {
		pause = max(pause, min(status.After, time.Minute))
	}
	t.note("%s: %v, at %d of %d bytes; again in %v", t.item.Name, why.err, t.have, t.item.Size, pause)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// attempt asks once for what is missing. Its error is nil when the part has the size of the whole.
func (t *transfer) attempt(ctx context.Context) error {
	if t.have == t.item.Size {
		return nil // an earlier run ended before it could compare
	}
	stalled := fmt.Errorf("nothing came for %v", t.stall())
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(t.stall(), func() { cancel(stalled) })
	defer watch.Stop()

	req, err := t.request(ctx)
	if err != nil {
		return err
	}
	resp, err := t.http().Do(req)
	if err != nil {
		if context.Cause(ctx) == stalled {
			return &passing{err: stalled}
		}
		return t.connecting(err)
	}
	defer resp.Body.Close()
	if err := t.accept(resp); err != nil {
		return err
	}
	t.answers++
	err = t.receive(resp.Body, func() { watch.Reset(t.stall()) })
	if err != nil && context.Cause(ctx) == stalled {
		return &passing{err: stalled}
	}
	return err
}

// request asks for what is missing, of the version that the part belongs to.
func (t *transfer) request(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.item.URL, nil)
	if err == nil {
		err = allowed(req.URL)
	}
	if err != nil {
		return nil, fmt.Errorf("fetch %s from %s: %w", t.item.Name, t.item.URL, err)
	}
	req.Header.Set("User-Agent", "sweep")
	req.Header.Set("Accept-Encoding", "identity")
	if t.have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", t.have))
		if tag := t.origin.ETag + t.origin.Modified; tag != "" { // one of them is empty
			req.Header.Set("If-Range", tag)
		}
	}
	return req, nil
}

// connecting sorts the errors of a request that got no answer.
func (t *transfer) connecting(err error) error {
	var redirect *RedirectError
	if errors.As(err, &redirect) {
		return fmt.Errorf("fetch %s: %w", t.item.Name, redirect)
	}
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &name) && name.IsNotFound || errors.As(err, &certificate) {
		return fmt.Errorf("fetch %s: %w", t.item.Name, err)
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // the note says what is fetched
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the connection was cut off before an answer")
	}
	return &passing{err: err}
}

// accept prepares the part for the bytes of an answer, or says why they are not wanted.
func (t *transfer) accept(resp *http.Response) error {
	if code := resp.Header.Get("Content-Encoding"); code != "" && code != "identity" {
		return fmt.Errorf("fetch %s: %s sends it in %s, which was not asked for", t.item.Name, t.item.URL, code)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return t.whole(resp)
	case http.StatusPartialContent:
		return t.remainder(resp)
	case http.StatusRequestedRangeNotSatisfiable:
		if t.have == 0 {
			break
		}
		return t.anew("the server has no more bytes than have come, fewer than the catalogue says")
	}
	err := &StatusError{URL: t.item.URL, Code: resp.StatusCode, Status: resp.Status, After: retryAfter(resp.Header)}
	switch resp.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return &passing{err: err}
	}
	return fmt.Errorf("fetch %s: %w", t.item.Name, err)
}

// whole accepts an answer that holds the whole file.
func (t *transfer) whole(resp *http.Response) error {
	if n := resp.ContentLength; n >= 0 && n != t.item.Size {
		return t.mismatch("it has %d bytes and should have %d", n, t.item.Size)
	}
	if t.have > 0 {
		t.note("%s: the server sends the whole file and not the rest; starting again", t.item.Name)
		if err := t.restart(); err != nil {
			return err
		}
	}
	return t.began(resp.Header)
}

// remainder accepts an answer that holds the rest, if it is the rest of what is there.
func (t *transfer) remainder(resp *http.Response) error {
	from, size, ok := contentRange(resp.Header.Get("Content-Range"))
	etag, modified := version(resp.Header)
	switch {
	case t.have == 0:
		return fmt.Errorf("fetch %s: %s sends a part of the file, which was not asked for", t.item.Name, t.item.URL)
	case !ok || from != t.have:
		return t.anew("the server sends another part than the one that was asked for")
	case size >= 0 && size != t.item.Size,
		t.origin.ETag != "" && etag != "" && etag != t.origin.ETag,
		t.origin.Modified != "" && modified != "" && modified != t.origin.Modified:
		return t.anew("the file has changed on the server")
	}
	return nil
}

// anew throws away what is there; the next attempt asks for the whole.
func (t *transfer) anew(why string) error {
	if err := t.restart(); err != nil {
		return err
	}
	return &passing{err: errors.New(why + "; starting again"), now: true}
}

// contentRange reads "bytes 100-199/200"; size is -1 where the server does not know it.
func contentRange(s string) (from, size int64, ok bool) {
	s, ok = strings.CutPrefix(s, "bytes ")
	span, total, ok2 := strings.Cut(s, "/")
	first, _, ok3 := strings.Cut(span, "-")
	from, err := strconv.ParseInt(first, 10, 64)
	size = -1
	if total != "*" && err == nil {
		size, err = strconv.ParseInt(total, 10, 64)
	}
	return from, size, ok && ok2 && ok3 && err == nil && from >= 0
}

// retryAfter reads how many seconds the server asks to wait.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.ParseUint(h.Get("Retry-After"), 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// receive keeps what comes, up to the size of the catalogue. alive is called for every piece.
func (t *transfer) receive(body io.Reader, alive func()) error {
	buf := make([]byte, 1<<16)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			alive()
			if t.have+int64(n) > t.item.Size {
				return t.mismatch("it goes on after the %d bytes that it should have", t.item.Size)
			}
			if err := t.keep(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF && t.have == t.item.Size:
			return nil
		case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
			return &passing{err: errors.New("the connection was cut off")}
		case err != nil:
			return &passing{err: fmt.Errorf("the connection was cut off: %w", err)}
		}
	}
}
