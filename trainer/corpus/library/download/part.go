package download

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"strings"

	"sweep/trainer/corpus/library"
)

// transfer is one file on its way in.
type transfer struct {
	Client
	lib  *library.Library
	item library.Public

	part     *os.File
	sum      hash.Hash // of what part holds
	have     int64     // bytes that part holds
	origin   origin    // of those bytes
	answers  int       // how many answers they came in
	received int64     // of them in this run
}

// origin says which version of a file the bytes of a part belong to. It lies beside the part.
type origin struct {
	URL    string `json:"url"`
	SHA256 string `json:"sha256"` // that the whole file is to have
	// ETag and Modified are what the server calls the version, only where they stand for its very bytes.
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"last_modified,omitempty"`
}

// open opens what an earlier run may have left. Bytes of which it is not known what they belong to are thrown away.
func (c Client) open(lib *library.Library, p library.Public) (*transfer, error) {
	t := &transfer{Client: c, lib: lib, item: p, sum: sha256.New()}
	f, err := os.OpenFile(lib.PartPath(p.Name), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", p.Name, library.Full(err, lib.Dir(), p.Name, p.Size))
	}
	t.part = f
	known, err := readOrigin(t.originPath())
	if err == nil && known.URL == p.URL && known.SHA256 == p.SHA256 {
		t.origin = known
		t.have, err = io.Copy(t.sum, io.LimitReader(f, p.Size+1))
	}
	if err != nil || t.have > p.Size || t.have == 0 {
		if err := t.restart(); err != nil {
			_ = f.Close()
			return nil, err
		}
	}
	switch {
	case t.have == p.Size: // damaged if it does not match: another answer may mend that
		t.answers = 2
	case t.have > 0:
		t.answers = 1
	}
	return t, nil
}

func (t *transfer) originPath() string { return t.part.Name() + ".json" }

func readOrigin(path string) (o origin, err error) {
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &o)
	}
	return o, err
}

// restart empties the part.
func (t *transfer) restart() error {
	t.sum.Reset()
	t.have, t.answers, t.received, t.origin = 0, 0, 0, origin{}
	info, err := t.part.Stat()
	if err == nil && info.Size() > 0 {
		err = t.part.Truncate(0)
	}
	if err == nil {
		_, err = t.part.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("fetch %s: %w", t.item.Name, err)
	}
	return nil
}

// version is what a server calls the version that it sends, as far as that stands for its very bytes: a strong ETag, or
// a time of change that lies a minute or more before the answer, so that no second change can bear the same time.
func version(h http.Header) (etag, modified string) {
	if tag := h.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return tag, ""
	}
	changed, err1 := http.ParseTime(h.Get("Last-Modified"))
	now, err2 := http.ParseTime(h.Get("Date"))
	if err1 == nil && err2 == nil && now.Unix()-changed.Unix() >= 60 {
		return "", h.Get("Last-Modified")
	}
	return "", ""
}

// began writes down which version the first bytes belong to.
func (t *transfer) began(h http.Header) error {
	o := origin{URL: t.item.URL, SHA256: t.item.SHA256}
	o.ETag, o.Modified = version(h)
	b, err := json.Marshal(o)
	if err == nil {
		err = library.WriteFile(t.originPath(), append(b, '\n'))
	}
	if err != nil {
		return t.broken(err)
	}
	t.origin = o
	return nil
}

// keep adds bytes to the part.
func (t *transfer) keep(b []byte) error {
	if _, err := t.part.Write(b); err != nil {
		return t.broken(err)
	}
	t.sum.Write(b)
	t.have += int64(len(b))
	t.received += int64(len(b))
	if t.Progress != nil {
		t.Progress(t.have, t.item.Size)
	}
	return nil
}

// broken is an error of writing. A disk that is full gets back what the download took of it.
func (t *transfer) broken(err error) error {
	full := library.Full(err, t.lib.Dir(), t.item.Name, t.item.Size)
	if errors.As(full, new(*library.FullError)) {
		t.discard()
	}
	return fmt.Errorf("fetch %s: %w", t.item.Name, full)
}

// discard removes the part.
func (t *transfer) discard() {
	_ = t.part.Close() // some systems do not remove an open file
	_ = os.Remove(t.part.Name())
	_ = os.Remove(t.originPath())
}

// mismatch throws the part away.
func (t *transfer) mismatch(format string, args ...any) error {
	t.discard()
	return &MismatchError{Name: t.item.Name, URL: t.item.URL, Reason: fmt.Sprintf(format, args...)}
}

// matches compares the whole part with the catalogue.
func (t *transfer) matches() (got string, ok bool) {
	got = hex.EncodeToString(t.sum.Sum(nil))
	return got, got == t.item.SHA256
}

// finish gives the part, which matches, its name in the library.
func (t *transfer) finish() error {
	if err := errors.Join(t.part.Sync(), t.part.Close()); err != nil {
		return t.broken(err)
	}
	if err := os.Rename(t.part.Name(), t.lib.Path(t.item.Name)); err != nil {
		return fmt.Errorf("fetch %s: %w", t.item.Name, err)
	}
	_ = os.Remove(t.originPath())
	return nil
}
