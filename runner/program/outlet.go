package program

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

const (
	// pipeful is the most that a pipe holds, unless an administrator has raised it.
	pipeful = 1 << 20
	// lastLook is how long a pipe is waited for that somebody holds open, all known writers being gone.
	lastLook = 100 * time.Millisecond
)

// outlet is our end of a pipe that a program writes to. When the program is gone it ends by itself, even if somebody who
// was not found still holds the other end and goes on writing.
type outlet struct {
	file *os.File

	mu   sync.Mutex
	gone bool // the program is: what the pipe holds is all that may come
	left int  // bytes that are still taken then
}

// newPipe returns our end of a pipe, and the program's.
func newPipe() (*outlet, *os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	return &outlet{file: r, left: pipeful}, w, nil
}

// Read is called by one goroutine.
func (o *outlet) Read(b []byte) (int, error) {
	for {
		gone := o.ready()
		if gone && o.left <= 0 {
			return 0, io.EOF
		}
		n, err := o.file.Read(b)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && !gone:
			continue // finish woke it
		case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, os.ErrClosed):
			return n, io.EOF
		}
		if gone {
			o.left -= n
		}
		return n, err
	}
}

// ready reports whether the program is gone, and then lets the next read take no longer than lastLook.
func (o *outlet) ready() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone {
		_ = o.file.SetReadDeadline(time.Now().Add(lastLook)) // finish has seen that it can be set
	}
	return o.gone
}

// finish says that the program is gone.
func (o *outlet) finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gone = true
	if err := o.file.SetReadDeadline(time.Now()); err != nil {
		o.file.Close() // a system whose pipes know no deadline
	}
}
