package trainer

// symbolSet is a set of symbols that numbers its members in the order in which they came, and forgets them at once.
type symbolSet struct {
	place   []int32 // of every symbol among members; meaningful only if members agrees
	members []int32
}

// newSymbolSet returns an empty set of at most room out of vocab symbols.
func newSymbolSet(vocab, room int) symbolSet {
	return symbolSet{place: make([]int32, vocab), members: make([]int32, 0, min(room, vocab))}
}

func (s *symbolSet) clear() { s.members = s.members[:0] }

// add returns the number of symbol v among the members, and whether it is a new one.
func (s *symbolSet) add(v int32) (at int, added bool) {
	at = int(s.place[v])
	if at < len(s.members) && s.members[at] == v {
		return at, false
	}
	at = len(s.members)
	s.place[v] = int32(at)
	s.members = append(s.members, v)
	return at, true
}
