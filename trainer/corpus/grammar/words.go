package grammar

import (
	"math/rand/v2"
	"strings"
)

// kind is a class of words: the plain ones that it begins with, and its share of the words
// of the grammar, in parts of all shares; 0 for a class that never grows.
type kind struct {
	name  string
	share int
	plain string
}

// kinds are the classes by their numbers.
var kinds = []kind{
	end:            {"end", 0, ""},
	determiner:     {"determiner", 0, "the this that every each"},
	article:        {"article", 0, "a another some one any"},
	preposition:    {"preposition", 0, "in near from outside beyond around"},
	city:           {"city", 12, "paris london berlin madrid rome vienna lisbon oslo athens dublin prague warsaw cairo tokyo lima delhi"},
	adjective:      {"adjective", 10, "old new small big red green good strange quiet expensive famous heavy pretty plain dark cheap"},
	person:         {"person", 14, "woman man teacher child doctor student farmer neighbour captain nurse clerk artist judge pilot aunt uncle"},
	animal:         {"animal", 14, "cat dog horse cow bird fish sheep goat mouse rabbit lion tiger wolf duck goose pig"},
	vehicle:        {"vehicle", 12, "train plane car bus ship boat truck bicycle tram wagon taxi ferry tractor van sledge canoe"},
	readable:       {"readable", 12, "newspaper book magazine letter novel poem report journal diary pamphlet brochure atlas dictionary leaflet manual comic"},
	food:           {"food", 10, "bread soup cheese apple rice cake potato salad pear onion egg sausage noodle carrot plum stew"},
	animalActs:     {"verb of animals", 4, "sleeps barks hides jumps growls hunts grazes swims bites sniffs yawns limps"},
	vehicleActs:    {"verb of vehicles", 4, "departs arrives stops rattles brakes accelerates rusts crashes leaks honks stalls skids"},
	readableActs:   {"verb of readables", 4, "appears explains tells describes argues pleases announces warns bores amuses convinces rambles"},
	foodActs:       {"verb of foods", 3, "smells burns cools hardens rots melts boils dries steams spoils freezes thaws"},
	doesToAnimal:   {"verb for animals", 3, "feeds strokes grooms walks washes tames chases rescues brushes calls leads pets"},
	doesToVehicle:  {"verb for vehicles", 3, "drives repairs parks boards steers rents misses paints loads tows inspects polishes"},
	doesToReadable: {"verb for readables", 3, "reads writes prints translates quotes buys lends signs edits shelves reviews folds"},
	doesToFood:     {"verb for foods", 3, "eats cooks bakes peels serves salts slices fries swallows orders sells chews"},
	adverb:         {"adverb", 5, "often quietly today again slowly suddenly gladly rarely outdoors tonight badly soon"},
}

// vocabulary lists the words of every class: the plain ones as far as there is room, then invented ones.
func vocabulary(total int, seed uint64) [][]string {
	taken := map[string]bool{}
	lists := make([][]string, len(kinds))
	for c, k := range kinds {
		lists[c] = strings.Fields(k.plain)
		for _, w := range lists[c] {
			taken[w] = true
		}
	}
	r := rand.New(rand.NewPCG(seed, 0x776f726473)) // "words"
	for c, size := range sizes(total, lists) {
		lists[c] = lists[c][:min(size, len(lists[c]))]
		for len(lists[c]) < size {
			if w := invent(r); !taken[w] {
				taken[w] = true
				lists[c] = append(lists[c], w)
			}
		}
	}
	return lists
}

// sizes divides the words that are not in the small classes by the shares of the others.
func sizes(total int, plain [][]string) []int {
	out := make([]int, len(kinds))
	whole, left := 0, total
	for c, k := range kinds {
		whole += k.share
		if k.share == 0 {
			out[c] = len(plain[c])
			left -= out[c]
		}
	}
	given, shares := 0, 0
	for c, k := range kinds {
		if k.share > 0 {
			shares += k.share
			upTo := left * shares / whole // so that rounding loses no word
			out[c], given = upTo-given, upTo
		}
	}
	return out
}

// invent makes up a word of two to four syllables.
func invent(r *rand.Rand) string {
	const consonants, vowels = "bdfghjklmnprstvz", "aeiou"
	var w []byte
	for range 2 + r.IntN(3) {
		w = append(w, consonants[r.IntN(len(consonants))], vowels[r.IntN(len(vowels))])
	}
	return string(w)
}
