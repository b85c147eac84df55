package embeddings

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// The longest line of a file, bytes, and how many mistakes of one are told.
const (
	longestLine  = 1 << 20
	mostMistakes = 10
)

// lines visits the lines of a file without a byte order mark, line ends and empty lines. What visit returns is a mistake
// in that line; they are told together, each with its place.
func lines(name string, r io.Reader, visit func(number int, line string) error) error {
	scan := bufio.NewScanner(r)
	scan.Buffer(make([]byte, 0, 64<<10), longestLine)
	var mistakes []error
	number := 0
	for scan.Scan() {
		number++
		text := scan.Bytes()
		if number == 1 {
			text = bytes.TrimPrefix(text, []byte("\uFEFF"))
		}
		line := strings.TrimRight(string(text), " \r")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if err := visit(number, line); err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s:%d: %w", name, number, err))
			if len(mistakes) == mostMistakes {
				return errors.Join(append(mistakes, fmt.Errorf("%s: and perhaps more", name))...)
			}
		}
	}
	if err := scan.Err(); errors.Is(err, bufio.ErrTooLong) {
		mistakes = append(mistakes, fmt.Errorf("%s:%d: the line is longer than a megabyte", name, number+1))
	} else if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return errors.Join(mistakes...)
}

// cut cuts a line into fields: at tabs if it has any, else at commas if it has two, else at white space.
func cut(line string) []string {
	var fields []string
	switch {
	case strings.Contains(line, "\t"):
		fields = strings.Split(line, "\t")
	case strings.Count(line, ",") >= 2:
		fields = strings.Split(line, ",")
	default:
		return strings.Fields(line)
	}
	for i, f := range fields {
		fields[i] = strings.TrimSpace(f)
	}
	return fields
}

// Pair is two words, and how similar people find them.
type Pair struct {
	A, B  string
	Score float64 // on a scale of the file's own
}

// scoreNames are what files call the column of scores, without case and signs.
var scoreNames = []string{"score", "simlex999", "humanmean", "similarity", "rating", "mean", "human", "gold"}

// ReadPairs reads judgements of similarity: two words and a score a line, cut at tabs, commas or white space. A first line
// without a number names the columns: the first two hold the words, one called score, similarity, SimLex999 or Human (mean)
// the scores. Otherwise scores stand in the first column after the words that holds a number. Lines that start with # are
// skipped. Errors say name:line.
func ReadPairs(name string, r io.Reader) ([]Pair, error) {
	var out []Pair
	column := -1
	err := lines(name, r, func(_ int, line string) error {
		if strings.HasPrefix(line, "#") {
			return nil
		}
		fields := cut(line)
		if len(fields) < 3 {
			return fmt.Errorf("%s where two words and a score are expected", count(len(fields), "field"))
		}
		if column < 0 {
			var header bool
			var err error
			if column, header, err = scoreColumn(fields); err != nil || header {
				return err
			}
		}
		if column >= len(fields) {
			return fmt.Errorf("%s, so there is none in column %d, which holds the scores", count(len(fields), "field"), column+1)
		}
		score, err := strconv.ParseFloat(fields[column], 64)
		if err != nil || score-score != 0 {
			return fmt.Errorf("%q is not a score", fields[column])
		}
		if fields[0] == "" || fields[1] == "" {
			return errors.New("a word is empty")
		}
		out = append(out, Pair{fields[0], fields[1], score})
		return nil
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("%s holds no pairs of words", name)
	}
	return out, err
}

// scoreColumn finds the column of scores by the first line, which may name the columns.
func scoreColumn(fields []string) (column int, header bool, err error) {
	for i, f := range fields[2:] {
		if _, err := strconv.ParseFloat(f, 64); err == nil {
			return i + 2, false, nil
		}
	}
	plain := make([]string, len(fields))
	for i, f := range fields {
		plain[i] = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, strings.ToLower(f))
	}
	for _, n := range scoreNames {
		if i := slices.Index(plain, n); i >= 2 {
			return i, true, nil
		}
	}
	if len(fields) == 3 && strings.HasPrefix(plain[0], "word") {
		return 2, true, nil
	}
	return -1, false, fmt.Errorf("no score among %s; if this line names the columns, call that of the scores \"score\"", strings.Join(fields, ", "))
}

// Question is an analogy: A is to B as C is to D.
type Question struct {
	Section    string
	A, B, C, D string
}

// ReadQuestions reads analogy questions: four words a line, in sections that a line with a colon and a name opens. Lines
// that start with # or // are skipped. Errors say name:line.
func ReadQuestions(name string, r io.Reader) ([]Question, error) {
	var out []Question
	section := ""
	err := lines(name, r, func(_ int, line string) error {
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//") {
			return nil
		}
		if title, ok := strings.CutPrefix(line, ":"); ok {
			section = strings.TrimSpace(title)
			if section == "" {
				return errors.New("the section has no name")
			}
			return nil
		}
		w := strings.Fields(line)
		if len(w) != 4 {
			return fmt.Errorf("%s where the four of a question are expected", count(len(w), "word"))
		}
		out = append(out, Question{section, w[0], w[1], w[2], w[3]})
		return nil
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("%s holds no questions", name)
	}
	return out, err
}

// Classes says which class words belong to.
type Classes struct {
	Of        map[string]string // of each word that is in one class only
	Ambiguous int               // words that stand in several classes, and are left out
	Column    string            // the name, or the number, of the column that was read

	several map[string]bool // the ambiguous words
}

// ReadClasses reads words and their classes: a word and further columns a line, cut at tabs. column is the name of the
// column with the classes, or its number from 1; "" takes the one called class, or the second of two. Names of columns
// stand in a line that starts with #, or in a first line whose first field is word, lemma or symbol. Errors say name:line.
func ReadClasses(name string, r io.Reader, column string) (Classes, error) {
	c := Classes{Of: map[string]string{}, several: map[string]bool{}}
	var names []string
	at := -1
	err := lines(name, r, func(number int, line string) error {
		fields := strings.Split(line, "\t")
		if comment, ok := strings.CutPrefix(line, "#"); ok || number == 1 && slices.Contains([]string{"word", "lemma", "symbol"}, strings.ToLower(fields[0])) {
			if f := strings.Split(strings.TrimSpace(comment), "\t"); at < 0 && len(f) > 1 {
				names = f
			}
			return nil
		}
		if at < 0 {
			var err error
			if at, err = classColumn(names, len(fields), column); err != nil {
				return stop{err}
			}
			c.Column = strconv.Itoa(at + 1)
			if at < len(names) {
				c.Column = strings.TrimSpace(names[at])
			}
		}
		if at >= len(fields) {
			return fmt.Errorf("%s, so there is none in column %d, which holds the classes", count(len(fields), "field"), at+1)
		}
		word, class := strings.TrimSpace(fields[0]), strings.TrimSpace(fields[at])
		if word == "" || class == "" {
			return errors.New("the word or its class is empty")
		}
		if was, ok := c.Of[word]; ok && was != class {
			c.several[word] = true
		}
		c.Of[word] = class
		return nil
	})
	var fatal stop
	if errors.As(err, &fatal) { // every line would say it again
		return c, fmt.Errorf("%s: %w", name, fatal.error)
	}
	for w := range c.several {
		delete(c.Of, w)
	}
	c.Ambiguous = len(c.several)
	if err == nil && len(c.Of) == 0 {
		err = fmt.Errorf("%s holds no words with one class", name)
	}
	return c, err
}

// stop is a mistake that concerns the whole file.
type stop struct{ error }

// classColumn finds the column of classes among fields that may have names.
func classColumn(names []string, fields int, want string) (int, error) {
	plain := make([]string, len(names))
	for i, n := range names { // "open_class (see LICENCE)" is open_class
		plain[i], _, _ = strings.Cut(strings.TrimSpace(n), " ")
	}
	if want != "" {
		if i := slices.Index(plain, want); i > 0 {
			return i, nil
		}
		if n, err := strconv.Atoi(want); err == nil && n >= 2 && n <= fields {
			return n - 1, nil
		}
		return 0, fmt.Errorf("no column %s for the classes; there are %s", want, columnNames(plain, fields))
	}
	if i := slices.Index(plain, "class"); i > 0 && i < fields {
		return i, nil
	}
	switch {
	case fields == 2:
		return 1, nil
	case fields < 2:
		return 0, errors.New("a word and its class are expected, with a tab between them")
	}
	return 0, fmt.Errorf("which of the columns holds the classes? name one of %s", columnNames(plain, fields))
}

// columnNames lists columns after the first, by name where they have one.
func columnNames(names []string, fields int) string {
	var out []string
	for i := 1; i < fields; i++ {
		if i < len(names) {
			out = append(out, fmt.Sprintf("%d (%s)", i+1, names[i]))
		} else {
			out = append(out, strconv.Itoa(i+1))
		}
	}
	return strings.Join(out, ", ")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
