package corpus

// partCounts describe a part before the vocabulary was cut.
type partCounts struct {
	tokens   int64 // without boundaries
	types    int   // distinct symbols
	repeated int   // of them, those that occur more than once
	unknown  int64 // tokens that are <unk>
}

// countPart sums up the symbols of a part; encode maps them to the vocabulary.
func countPart(counts []int64, encode []int32, unk int) partCounts {
	var c partCounts
	for id, n := range counts {
		if n == 0 {
			continue
		}
		c.tokens += n
		c.types++
		if n > 1 {
			c.repeated++
		}
		if unk >= 0 && encode[id] == int32(unk) {
			c.unknown += n
		}
	}
	return c
}
