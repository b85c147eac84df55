package grammar

import "slices"

// The classes, End first. The numbers of others are private: callers have ClassName.
const (
	end = End + iota
	determiner
	article // of objects, so that a noun behind it is known to be one
	preposition
	city
	adjective
	person
	animal
	vehicle
	readable
	food
	animalActs
	vehicleActs
	readableActs
	foodActs
	doesToAnimal
	doesToVehicle
	doesToReadable
	doesToFood
	adverb
)

// nouns that can be what a sentence is about, and how often.
var subjects = []odds{{person, 0.4}, {animal, 0.2}, {vehicle, 0.15}, {readable, 0.15}, {food, 0.1}}

// acts are the nouns that do something by themselves, each with the verbs that suit it, and what those like to end with:
// if all verbs had the same company, nothing in a text could tell them apart.
var acts = []struct {
	noun, verb int
	ending     []odds
}{
	{animal, animalActs, []odds{{end, 0.35}, {adverb, 0.3}, {preposition, 0.35}}},
	{vehicle, vehicleActs, []odds{{end, 0.1}, {adverb, 0.05}, {preposition, 0.85}}},
	{readable, readableActs, []odds{{end, 0.1}, {adverb, 0.85}, {preposition, 0.05}}},
	{food, foodActs, []odds{{end, 0.85}, {adverb, 0.1}, {preposition, 0.05}}},
}

// deeds are the verbs of people, each with what it is done to.
var deeds = []struct {
	verb, object int
	p            float64
}{{doesToAnimal, animal, 0.25}, {doesToVehicle, vehicle, 0.25}, {doesToReadable, readable, 0.3}, {doesToFood, food, 0.2}}

// odds is a class that may come next.
type odds struct {
	class int
	p     float64
}

// rows are the grammar: what may follow the last three classes.
func rows() map[[History]int][]float64 {
	out := map[[History]int][]float64{}
	rule := func(history [History]int, next ...odds) {
		row := make([]float64, len(kinds))
		for _, n := range next {
			row[n.class] += n.p
		}
		if was, ok := out[history]; ok && !slices.Equal(was, row) {
			panic("grammar: two rules for one history")
		}
		out[history] = row
	}
	// A sentence begins with what it is about, or with a place.
	rule([History]int{end, end, end}, odds{determiner, 0.75}, odds{preposition, 0.25})
	rule([History]int{end, end, preposition}, odds{city, 1})
	rule([History]int{end, preposition, city}, odds{determiner, 1})
	for _, before := range [][2]int{{end, end}, {preposition, city}} {
		rule([History]int{before[0], before[1], determiner}, append(scaled(subjects, 0.7), odds{adjective, 0.3})...)
		rule([History]int{before[1], determiner, adjective}, subjects...)
		for _, s := range subjects {
			about(rule, [History]int{before[1], determiner, s.class})
		}
	}
	for _, s := range subjects {
		about(rule, [History]int{determiner, adjective, s.class})
	}
	return out
}

// about gives the rules behind the noun that a sentence is about, the last of the history.
func about(rule func([History]int, ...odds), history [History]int) {
	noun := history[2]
	for _, a := range acts {
		if a.noun == noun {
			rule(history, odds{a.verb, 1})
			tail(rule, [History]int{history[1], noun, a.verb}, a.ending...)
			return
		}
	}
	var verbs []odds
	for _, d := range deeds {
		verbs = append(verbs, odds{d.verb, d.p})
		rule([History]int{history[1], person, d.verb}, odds{article, 1})
		rule([History]int{person, d.verb, article}, odds{d.object, 0.6}, odds{adjective, 0.4})
		rule([History]int{d.verb, article, adjective}, odds{d.object, 1}) // three words back to the verb
		ending := []odds{{end, 0.4}, {adverb, 0.2}, {preposition, 0.4}}
		tail(rule, [History]int{d.verb, article, d.object}, ending...)
		tail(rule, [History]int{article, adjective, d.object}, ending...)
	}
	rule(history, verbs...)
}

// tail gives the rules of what may end a sentence behind a history.
func tail(rule func([History]int, ...odds), history [History]int, next ...odds) {
	rule(history, next...)
	rule([History]int{history[1], history[2], adverb}, odds{end, 0.7}, odds{preposition, 0.3})
	for _, before := range [][2]int{{history[1], history[2]}, {history[2], adverb}} {
		rule([History]int{before[0], before[1], preposition}, odds{city, 1})
		rule([History]int{before[1], preposition, city}, odds{end, 1})
	}
}

func scaled(from []odds, by float64) []odds {
	var out []odds
	for _, o := range from {
		out = append(out, odds{o.class, o.p * by})
	}
	return out
}
