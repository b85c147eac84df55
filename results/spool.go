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
	dir   string // "": only in memory
	owner string // the record's identity

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

func newSpool(dir, owner string) *spool {
	return &spool{dir: dir, owner: owner, files: map[*session]*os.File{}, bytes: map[*session]int64{}}
}

// name is the file of an attempt at a session's trial, in its sweep and this record.
func (s *spool) name(at *session, attempt int) string {
	return filepath.Join(s.dir, fmt.Sprintf("%s-%s-%d-%d.jsonl", s.owner, at.key, at.sweep, attempt))
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
	if s.dir == "" || s.owner == "" || os.MkdirAll(s.dir, 0o755) != nil {
		return nil
	}
	f, err := os.OpenFile(s.name(at, at.attempt), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil
	}
	return f
}

// left returns what the session of a trial before this one has left, if it died here while the server was away, and the file in which it is.
// What older ones have left is of no use: the trial has gone on from another place since.
func (s *spool) left(at *session) (points []sweeps.Point, file string) {
	if s.dir == "" || s.owner == "" || at.attempt < 2 {
		return nil, ""
	}
	file = s.name(at, at.attempt-1)
	points, err := readSpool(file)
	if err != nil {
		return nil, ""
	}
	return points, file
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

// recover records what the session of a trial before this one has left. The file goes when this one has ended: until then it is not known whether
// what was in it is written.
func (s *Store) recover(live *session) {
	points, file := s.writer.spool.left(live)
	mine := make([]point, len(points))
	for i, p := range points {
		mine[i] = point{live, p}
	}
	if len(mine) == 0 || s.writer.add(context.Background(), live, mine) == nil { // else the next session tries
		live.spool = file
	}
}

// forget removes the file of the session before this one, which has ended.
func (s *session) forget() {
	if s.spool != "" {
		os.Remove(s.spool)
	}
}
