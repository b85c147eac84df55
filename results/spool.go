package results

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sweep/sweeps"
)

// spool keeps points while the server is away: in memory, so that trainings go on, and on the disk, so that they are not lost with the
// process. Whoever claims the trial next in the same folder, which is where its checkpoints are, records them.
//
// A file is one session's. Its lines are a checksum and a point; what is torn at its end does not count.
type spool struct {
	dir string // "": only in memory

	mu      sync.Mutex
	away    bool
	waiting []point               // since it is
	files   map[*session]*os.File // nil: it could not be made, or is full
	bytes   map[*session]int64
}

// mostSpooled bounds the file of a session, in bytes.
const mostSpooled = 64 << 20

// spooled is a point as a line has it. Values are texts, for JSON knows no NaN.
type spooled struct {
	Metric   string  `json:"metric"`
	Step     int64   `json:"step"`
	Examples int64   `json:"examples"`
	Seconds  float64 `json:"seconds"`
	Value    string  `json:"value"`
}

func newSpool(dir string) *spool {
	return &spool{dir: dir, files: map[*session]*os.File{}, bytes: map[*session]int64{}}
}

// spoolName is the file of a session: of which trial, and which attempt in which sweep.
func spoolName(trial string, sweep int64, attempt int) string {
	return fmt.Sprintf("%s-%d-%d.jsonl", trial, sweep, attempt)
}

// leave notes that the server is away: fresh are points that have come to hand since it was said last, all those in hand.
func (s *spool) leave(all, fresh []point) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		s.write(fresh)
		return
	}
	s.away = true
	s.write(all)
}

// waits reports whether there are points that the writer has not taken.
func (s *spool) waits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting) > 0
}

// divert takes points while the server is away; else it does nothing.
func (s *spool) divert(points []point) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.away || len(s.waiting) > mostPending {
		return false
	}
	s.waiting = append(s.waiting, points...)
	s.write(points)
	return true
}

// take returns the points that wait.
func (s *spool) take() []point {
	s.mu.Lock()
	defer s.mu.Unlock()
	points := s.waiting
	s.waiting = nil
	return points
}

// back notes that the server is there again, unless points came meanwhile, which it returns: then they are to be written first.
func (s *spool) back() []point {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) > 0 {
		points := s.waiting
		s.waiting = nil
		return points
	}
	s.away = false
	for _, f := range s.files {
		if f != nil {
			_ = f.Close()
			_ = os.Remove(f.Name()) // it may be read once more, to no harm
		}
	}
	clear(s.files)
	clear(s.bytes)
	return nil
}

// write appends points to the files of their sessions. What cannot be written is still in memory.
func (s *spool) write(points []point) {
	lines := map[*session]*bytes.Buffer{}
	for _, p := range points {
		if p.Metric == "" || p.at.key == "" {
			continue
		}
		b, err := json.Marshal(spooled{p.Metric, p.Step, p.Examples, p.Seconds, strconv.FormatFloat(p.Value, 'g', -1, 64)})
		if err != nil {
			continue // of a time that is no number
		}
		if lines[p.at] == nil {
			lines[p.at] = new(bytes.Buffer)
		}
		fmt.Fprintf(lines[p.at], "%08x %s\n", crc32.Checksum(b, castagnoli), b)
	}
	for at, text := range lines {
		f, known := s.files[at]
		if !known {
			f = s.create(at)
			s.files[at] = f
		}
		if f == nil {
			continue
		}
		n, err := f.Write(text.Bytes())
		if s.bytes[at] += int64(n); err != nil || s.bytes[at] > mostSpooled {
			_ = f.Close()
			s.files[at] = nil
		}
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (s *spool) create(at *session) *os.File {
	if s.dir == "" || os.MkdirAll(s.dir, 0o755) != nil {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(s.dir, spoolName(at.key, at.sweep, at.attempt)), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil
	}
	return f
}

// left returns what earlier sessions of a trial have left, which died while the server was away, and the files in which it is.
func (s *spool) left(at *session) (points []sweeps.Point, files []string) {
	if s.dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, nil
	}
	prefix := strings.TrimSuffix(spoolName(at.key, at.sweep, 0), "0.jsonl")
	var attempts []int
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), prefix)
		n, err := strconv.Atoi(strings.TrimSuffix(rest, ".jsonl"))
		if ok && err == nil && n < at.attempt {
			attempts = append(attempts, n)
		}
	}
	slices.Sort(attempts)
	for _, n := range attempts {
		file := filepath.Join(s.dir, spoolName(at.key, at.sweep, n))
		if more, err := readSpool(file); err == nil {
			points, files = append(points, more...), append(files, file)
		}
	}
	return points, files
}

// readSpool reads a file up to where it is torn.
func readSpool(file string) (points []sweeps.Point, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		sum, text, ok := strings.Cut(lines.Text(), " ")
		var p spooled
		if !ok || sum != fmt.Sprintf("%08x", crc32.Checksum([]byte(text), castagnoli)) || json.Unmarshal([]byte(text), &p) != nil {
			break
		}
		value, err := strconv.ParseFloat(p.Value, 64)
		if err != nil {
			break
		}
		points = append(points, sweeps.Point{Metric: p.Metric, Step: p.Step, Examples: p.Examples, Seconds: p.Seconds, Value: value})
	}
	return points, nil
}

// recover records what earlier sessions of a trial have left. The files go when the session has ended: until then it is not known whether what
// was in them is written.
func (s *Store) recover(live *session) {
	points, files := s.writer.spool.left(live)
	mine := make([]point, len(points))
	for i, p := range points {
		mine[i] = point{live, p}
	}
	if len(mine) == 0 || s.writer.add(context.Background(), live, mine) == nil { // else the next session tries
		live.spools = files
	}
}

// forget removes the files of sessions before this one, which has ended.
func (s *session) forget() {
	for _, f := range s.spools {
		os.Remove(f)
	}
}
