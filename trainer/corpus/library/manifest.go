package library

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ManifestSchema is the version of Manifest.
const ManifestSchema = "sweep.corpus/1"

// Manifest says what an imported text is and what it was made of. Documents are lines of the text.
type Manifest struct {
	Schema    string   `json:"schema"`
	Name      string   `json:"corpus"`
	Size      int64    `json:"bytes"`
	SHA256    string   `json:"sha256"`
	Documents int64    `json:"documents"`
	Nulls     int64    `json:"nulls"`  // records left out because they hold no text
	Empty     int64    `json:"empty"`  // records left out because they hold nothing but white space; empty lines of a text are no records
	Joined    int64    `json:"joined"` // documents whose line ends became spaces
	Sources   []Origin `json:"sources"`
}

// Origin is one file that was imported.
type Origin struct {
	Path      string `json:"path"` // as it was given
	Field     string `json:"field,omitempty"`
	Size      int64  `json:"bytes"`
	SHA256    string `json:"sha256"` // of the file as it lay there, compressed or not
	Documents int64  `json:"documents"`
}

func (l *Library) manifestPath(name string) string { return filepath.Join(l.dir, name+".json") }

// manifest completes an imported entry from its manifest.
func (l *Library) manifest(e *Entry) error {
	path := l.manifestPath(e.Name)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrUnknown
	}
	if err != nil {
		return fmt.Errorf("find corpus %s: %w", e.Name, err)
	}
	m, err := parseManifest(b)
	if err == nil && m.Name != e.Name {
		err = fmt.Errorf("it is that of %q", m.Name)
	}
	if err != nil {
		return &DamagedError{Name: e.Name, Path: path, Reason: err.Error(), Mend: e.Mend()}
	}
	e.Size, e.SHA256, e.Manifest = m.Size, m.SHA256, m
	return nil
}

func parseManifest(b []byte) (*Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	sum, err := hex.DecodeString(m.SHA256)
	switch {
	case m.Schema != ManifestSchema:
		return nil, fmt.Errorf("it has the schema %q, not %q", m.Schema, ManifestSchema)
	case err != nil || len(sum) != 32:
		return nil, fmt.Errorf("%q is no SHA-256", m.SHA256)
	case m.Size <= 0:
		return nil, fmt.Errorf("%d bytes are no text", m.Size)
	}
	return &m, nil
}
