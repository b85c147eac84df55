package program

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// maxLog bounds what is kept of what a trial prints, over all its attempts. What sweep itself notes comes on top.
const maxLog = 64 << 20

// LogFile is where what a trial printed lies under the record's folder dir.
func LogFile(dir, trial string) string { return filepath.Join(dir, "logs", trial+".log") }

// journal is a trial's log. Its methods may be called concurrently. A disk that is full costs the log its lines, and the
// trial nothing: how many bytes were lost is noted once there is room again.
type journal struct {
	mu   sync.Mutex
	file *os.File
	room int64 // bytes that the program may still fill
	full bool  // the mark that says so is written
	lost int64 // bytes that could not be written since the last note of it
	buf  []byte
}

// openJournal opens a trial's log at its end, and makes it where there is none.
func openJournal(path string, limit int64) (*journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open log: %w", err)
	}
	last := []byte{'\n'}
	if _, err := f.ReadAt(last, max(size-1, 0)); err != nil && !errors.Is(err, io.EOF) {
		f.Close()
		return nil, fmt.Errorf("open log: %w", err)
	}
	j := &journal{file: f, room: limit - size}
	j.full = j.room <= 0
	if last[0] != '\n' {
		j.write([]byte{'\n'}) // a sweep was killed while it wrote
	}
	return j, nil
}

// line keeps one line of the program's; cut says that it is the beginning of a longer one.
func (j *journal) line(text []byte, cut bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.full {
		return
	}
	mark := ""
	if cut {
		mark = fmt.Sprintf(" ... [sweep: the line is longer than %d KiB and cut here]", maxLine>>10)
	}
	j.buf = append(append(append(j.buf[:0], text...), mark...), '\n') // whole, for another stream writes to the file, too
	if j.room -= int64(len(j.buf)); j.room < 0 {
		j.full = true
		j.buf = append(j.buf[:0], "[sweep: the log is cut here, at its limit; what the program prints from now on is not kept]\n"...)
	}
	j.write(j.buf)
}

// note writes a line of sweep's own, with the time.
func (j *journal) note(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	j.write(fmt.Appendf(nil, "==== %s %s\n", now, fmt.Sprintf(format, args...)))
}

func (j *journal) write(b []byte) {
	if j.lost > 0 {
		if _, err := fmt.Fprintf(j.file, "\n[sweep: %d bytes are missing here: they could not be written]\n", j.lost); err != nil {
			j.lost += int64(len(b))
			return
		}
		j.lost = 0
	}
	if n, err := j.file.Write(b); err != nil {
		j.lost += int64(len(b) - n)
	}
}

func (j *journal) close() { j.file.Close() }
