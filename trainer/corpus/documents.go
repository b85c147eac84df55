package corpus

import "encoding/binary"

// DocumentSymbols returns the symbols of document i, 0 <= i < Documents, without its boundary. They are shared and must
// not be changed.
func (p Part) DocumentSymbols(i int) []int32 {
	from := int32(0)
	if i > 0 {
		from = p.docs.ends[i-1]
	}
	s := p.stream[from:p.docs.ends[i]]
	if n := len(s); n > 0 && s[n-1] == 0 {
		s = s[:n-1]
	}
	return s
}

// Holds tells of each text whether it is, symbol for symbol, a whole document of the part.
func (p Part) Holds(texts [][]int32) []bool {
	wanted := make(map[string]bool, len(texts))
	var key []byte
	keyOf := func(text []int32) []byte {
		key = key[:0]
		for _, s := range text {
			key = binary.LittleEndian.AppendUint32(key, uint32(s))
		}
		return key
	}
	for _, t := range texts {
		wanted[string(keyOf(t))] = false
	}
	for i := range p.Documents() {
		k := keyOf(p.DocumentSymbols(i))
		if _, ok := wanted[string(k)]; ok {
			wanted[string(k)] = true
		}
	}
	held := make([]bool, len(texts))
	for i, t := range texts {
		held[i] = wanted[string(keyOf(t))]
	}
	return held
}
