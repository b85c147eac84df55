package program

import (
	"maps"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A family is a program with everything that it has started.
//
// The program begins a session of its own. No process can enter a session from outside, so whatever is in it belongs to
// the family; a daemon, which leaves it for one of its own, does too as long as its parents are known. When they end
// the kernel hands it to this process, which has asked for that, and then it is recognised by what was seen of it
// before, else by the mark in its environment. One that has shed even that is nobody's in particular, and is ended
// together with the last family.
//
// Its fields are guarded by kin.
type family struct {
	root     int             // the program's process, whose session and group have the same number
	id       string          // the mark
	ended    bool            // the program was waited for: its number may be another's
	known    map[int]process // members when last looked
	sessions map[int]bool    // of members, while anything is in them
	asked    bool            // to end; what it starts from then on serves that end and is not asked
	owed     map[int]process // members outside of the group when it was asked, whose turn comes after the program
}

// kin is all families. Orphans are handed to the process rather than to one of its Trainers, so it is the process's too.
var kin = register{families: map[*family]bool{}}

type register struct {
	mu       sync.Mutex
	families map[*family]bool
	starting int           // programs that are not in families yet: while there are any, strays may be theirs
	since    uint64        // start of the first program of those that run
	looked   time.Time     // when tend did
	rest     time.Duration // until it does again
}

// startFamily starts a program. It has to be called on the thread that lasts as long as the program.
func startFamily(cmd *exec.Cmd, id string) (*family, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	// If it cannot be had, what leaves both session and parents is not found; the rest is.
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	kin.mu.Lock()
	kin.starting++
	kin.mu.Unlock()
	err := cmd.Start() // which may take its time, over a network; the other families are not to wait for it
	kin.mu.Lock()
	defer kin.mu.Unlock()
	kin.starting--
	if err != nil {
		return nil, err
	}
	root := cmd.Process.Pid
	f := &family{root: root, id: id, known: map[int]process{}, sessions: map[int]bool{root: true}}
	if len(kin.families) == 0 {
		p, _ := readProcess(root)
		kin.since = p.start
	}
	kin.families[f] = true
	return f, nil
}

// term asks the program's process group to end. One that is stopped has to go on for that.
func (f *family) term() {
	kin.mu.Lock()
	defer kin.mu.Unlock()
	kin.look()
	f.asked, f.owed = true, map[int]process{}
	for _, p := range f.known {
		if p.group != f.root {
			f.owed[p.pid] = p
		}
	}
	f.signalGroup(syscall.SIGTERM)
	f.signalGroup(syscall.SIGCONT)
}

// kill ends all members that there are at the moment.
func (f *family) kill() {
	kin.mu.Lock()
	defer kin.mu.Unlock()
	kin.look()
	f.signalGroup(syscall.SIGKILL)
	for _, p := range f.known {
		_ = syscall.Kill(p.pid, syscall.SIGKILL) // it may have gone
	}
}

func (f *family) signalGroup(s syscall.Signal) {
	if !f.ended {
		_ = syscall.Kill(-f.root, s) // it may have gone
	}
}

// unkillable is how long processes are waited for after SIGKILL, which ends all but those that the kernel itself holds.
const unkillable = 5 * time.Second

// end ends what the program, which was waited for, has left running: it is asked to, and what is there after the
// deadline is killed. It returns how many processes outlive even that.
func (f *family) end(deadline time.Time) int {
	defer func() {
		kin.mu.Lock()
		delete(kin.families, f)
		kin.mu.Unlock()
	}()
	kin.mu.Lock()
	f.ended = true
	kin.mu.Unlock()
	before := 0
	for wait := 2 * time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		left, ok := f.press(time.Now().After(deadline))
		if !ok { // without /proc the group is all that is known
			endGroup(f.root, deadline)
			return 0
		}
		// After the last one it looks once more, to bury it.
		if left == 0 && before == 0 || time.Since(deadline) > unkillable {
			return left
		}
		before = left
		time.Sleep(min(wait, max(time.Until(deadline), 2*time.Millisecond)))
	}
}

// press signals the members that are left, and counts them. ok is false if they cannot be found.
func (f *family) press(kill bool) (left int, ok bool) {
	kin.mu.Lock()
	defer kin.mu.Unlock()
	strays, ok := kin.look()
	if !ok {
		return 0, false
	}
	members := slices.Collect(maps.Values(f.known))
	if len(kin.families) == 1 {
		members = append(members, strays...)
	}
	for _, p := range members {
		if p.dead {
			continue
		}
		left++
		switch {
		case kill:
			_ = syscall.Kill(p.pid, syscall.SIGKILL) // it may have gone
		case !f.asked || f.owed[p.pid].start == p.start: // a second SIGTERM might break off what the first one began
			_ = syscall.Kill(p.pid, syscall.SIGTERM)
			_ = syscall.Kill(p.pid, syscall.SIGCONT)
		}
	}
	f.asked, f.owed = true, nil
	return left, true
}

// tend looks, now and then, what the families are, so that one who leaves is known, and buries the dead among those who
// were handed to this process. All families are tended at once.
func (f *family) tend() {
	kin.mu.Lock()
	defer kin.mu.Unlock()
	if time.Since(kin.looked) < kin.rest {
		return
	}
	begun := time.Now()
	kin.look()
	kin.looked = time.Now()
	kin.rest = max(2*time.Second, 50*time.Since(begun)) // however many processes there are, it takes 2 % of a core
}

// look sets what each family is known to be. Strays are processes that were handed to this one and are of no family. ok is
// false where /proc does not tell.
func (k *register) look() (strays []process, ok bool) {
	all, err := census()
	if err != nil {
		return nil, false
	}
	self := os.Getpid()
	session := all[self].session
	roots := map[int]*family{}
	for f := range k.families {
		f.prune(all)
		if !f.ended {
			roots[f.root] = f
		}
	}
	children := map[int][]process{}
	for _, p := range all {
		children[p.parent] = append(children[p.parent], p)
	}
	seen := map[*family]map[int]process{}
	for _, c := range children[self] {
		f, isRoot := roots[c.pid]
		if !isRoot {
			if c.session == session || c.start < k.since {
				continue // started by another part of this program
			}
			if f = k.familyOf(c); f == nil && k.starting > 0 {
				continue
			}
			if c.dead && buried(c.pid) {
				continue
			}
			c.dead = false // its first thread is, others are not
		}
		if f == nil {
			strays = append(strays, c)
			continue
		}
		if seen[f] == nil {
			seen[f] = map[int]process{}
		}
		descend(c, children, seen[f])
	}
	for f := range k.families {
		f.known = seen[f]
		for _, p := range f.known {
			f.sessions[p.session] = true
		}
	}
	return strays, true
}

// buried waits for a child that has ended, and reports whether it has, with all its threads.
func buried(pid int) bool {
	done, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
	return done == pid || err != nil
}

// familyOf finds whose a process is that has lost its parents, nil if nobody's.
func (k *register) familyOf(p process) *family {
	for f := range k.families {
		if f.sessions[p.session] || f.known[p.pid].start == p.start && p.start > 0 {
			return f
		}
	}
	environment := environ(p.pid)
	for f := range k.families {
		if environment.has(variableAttempt, f.id) {
			return f
		}
	}
	return nil
}

// prune forgets the sessions in which nobody is any more: their numbers may be given again.
func (f *family) prune(all map[int]process) {
	living := map[int]bool{}
	for _, p := range all {
		living[p.session] = true
	}
	for s := range f.sessions {
		if !living[s] {
			delete(f.sessions, s)
		}
	}
}

// descend adds a process and all that it has started to members.
func descend(p process, children map[int][]process, members map[int]process) {
	members[p.pid] = p
	for _, c := range children[p.pid] {
		descend(c, children, members)
	}
}

// clearTrial kills the processes that were started for a trial, whose folder is dir, by a sweep that has since been
// killed, and returns how many when they are gone. The caller has the claim to the trial, so nobody's are wanted.
func clearTrial(dir string) int {
	killed := map[int]bool{}
	for begun := time.Now(); time.Since(begun) < unkillable; time.Sleep(5 * time.Millisecond) {
		left := leftOf(dir)
		if len(left) == 0 {
			break
		}
		for _, pid := range left {
			if syscall.Kill(pid, syscall.SIGKILL) == nil {
				killed[pid] = true
			}
		}
	}
	return len(killed)
}

// leftOf returns the processes that run for a trial.
func leftOf(dir string) []int {
	all, err := census()
	if err != nil {
		return nil
	}
	var left []int
	for pid := range all {
		e := environ(pid)
		if pid != os.Getpid() && e.has(variableDir, dir) && e.marked() {
			left = append(left, pid)
		}
	}
	return left
}
