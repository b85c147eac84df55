package program

import (
	"io"
	"testing"
	"time"
)

// Somebody who was not found holds the pipe open: what is in it is read, and then it ends.
func TestPipeThatIsHeldOpenEnds(t *testing.T) {
	t.Parallel()
	o, w, err := newPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	all := make(chan int)
	go func() {
		b, err := io.ReadAll(o)
		if err != nil {
			t.Error(err)
		}
		all <- len(b)
	}()
	for range 3 {
		if _, err := w.Write(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	o.finish()
	select {
	case n := <-all:
		if n != 3000 {
			t.Errorf("%d bytes were read, want 3000", n)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it did not end")
	}
}

// A reader that is slow loses nothing.
func TestPipeIsReadToItsEndAfterTheProgramIsGone(t *testing.T) {
	t.Parallel()
	o, w, err := newPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Write(make([]byte, 60_000)); err != nil {
		t.Fatal(err)
	}
	o.finish()
	<-time.After(2 * lastLook) // while what was read before is dealt with
	if b, err := io.ReadAll(o); err != nil || len(b) != 60_000 {
		t.Errorf("%d bytes were read, %v, want 60000", len(b), err)
	}
}

// Somebody who goes on writing does not keep it open.
func TestPipeThatIsWrittenOnEnds(t *testing.T) {
	t.Parallel()
	o, w, err := newPipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for b := make([]byte, 10_000); ; {
			if _, err := w.Write(b); err != nil {
				return // closed below
			}
		}
	}()
	o.finish()
	b, err := io.ReadAll(o)
	if err != nil || len(b) < pipeful || len(b) > 2*pipeful {
		t.Errorf("%d bytes were read, %v", len(b), err)
	}
	o.file.Close()
}

// The end comes between the reader's look at whether it has and its read.
func TestPipeIsReadWhenItsEndComesInBetween(t *testing.T) {
	t.Parallel()
	o, w, err := newPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Write(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	if err := o.file.SetReadDeadline(time.Now()); err != nil {
		t.Skip("the pipes of this system know no deadlines")
	}
	all := make(chan int)
	go func() {
		b, err := io.ReadAll(o)
		if err != nil {
			t.Error(err)
		}
		all <- len(b)
	}()
	<-time.After(10 * time.Millisecond)
	o.finish()
	if n := <-all; n != 1000 {
		t.Errorf("%d bytes were read, want 1000", n)
	}
}
