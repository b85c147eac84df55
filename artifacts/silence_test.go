package artifacts_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sweep/artifacts"
)

// TestMute: a server that accepts what it is sent, or asked for, and does not answer, is one that is away.
func TestMute(t *testing.T) {
	mute, over := "", make(chan bool)
	server, _ := s3(t, func(real http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == mute && strings.Contains(r.URL.Path, "/lab/p/") {
				<-over
			}
			real.ServeHTTP(w, r)
		})
	})
	t.Cleanup(func() { close(over) }) // before the server waits for what it answers
	b := open(t, s3Address("shelf", server))
	o, err := b.Put(t.Context(), "p", write(t, "f", "before"))
	if err != nil {
		t.Fatal(err)
	}
	defer artifacts.SetMute(time.Second)()
	mute = "PUT"
	if _, err := b.Put(t.Context(), "p", write(t, "g", "what is sent")); !errors.Is(err, artifacts.ErrAway) || !strings.Contains(err.Error(), "taken and given nothing for 1s") {
		t.Errorf("it takes nothing: %v", err)
	}
	mute = "GET"
	if err := b.Get(t.Context(), o, filepath.Join(t.TempDir(), "f")); !errors.Is(err, artifacts.ErrAway) {
		t.Errorf("it gives nothing: %v", err)
	}
	mute = "DELETE"
	if err := b.Remove(t.Context(), o.Key); !errors.Is(err, artifacts.ErrAway) || !strings.Contains(err.Error(), "not answered for 1s") {
		t.Errorf("it does not answer: %v", err)
	}
}

// TestTry leaves nothing behind.
func TestTry(t *testing.T) {
	for name, at := range buckets(t) {
		t.Run(name, func(t *testing.T) {
			b := open(t, at.address)
			if err := b.Try(t.Context()); err != nil {
				t.Fatal(err)
			}
			if k := keys(t, b, ""); len(k) > 0 {
				t.Errorf("it holds %v", k)
			}
		})
	}
}
