package register

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"standleitung/bot/say"
)

// longestLine is the longest line of a file of terms, in bytes.
const longestLine = 1 << 20

// LineError is what is wrong with a line of a file of terms.
type LineError struct {
	Line  int // from 1
	Fault *Fault
}

// Error implements error, in English and without the words at fault.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Fault) }

// Unwrap returns the fault.
func (e *LineError) Unwrap() error { return e.Fault }

// Text says what is wrong to the person who wrote the file.
func (e *LineError) Text() say.Text {
	return say.T("Zeile {line}: {fault}", "line {line}: {fault}").With("line", e.Line, "fault", e.Fault.Text())
}

// ReadTerms reads entries, one a line: label<TAB>term;term…[<TAB>excluded;excluded…]. Blank lines are passed over. The
// ID of an entry is the number of its line.
//
// What [Check] finds comes back as one error that joins a [LineError] for each fault; the entries are returned all the
// same, so that a caller may warn and go on with those that [Compile] accepts.
func ReadTerms(r io.Reader) ([]Entry, error) {
	var entries []Entry
	var faults []error
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimPrefix(lines.Text(), "\ufeff")
		if strings.TrimSpace(line) == "" {
			continue
		}
		e := readEntry(line)
		e.ID = strconv.Itoa(n)
		for _, f := range Check(e) {
			faults = append(faults, &LineError{n, f})
		}
		entries = append(entries, e)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n+1, err)
	}
	return entries, errors.Join(faults...)
}

func readEntry(line string) Entry {
	label, rest, _ := strings.Cut(line, "\t")
	terms, excluded, _ := strings.Cut(rest, "\t")
	return Entry{Label: strings.TrimSpace(label), Terms: list(terms), Excluded: list(excluded)}
}

// list reads what semicolons separate; one at the end is no empty term.
func list(s string) []string {
	s = strings.TrimSpace(s)
	s = strings.TrimSuffix(s, ";")
	if s == "" {
		return nil
	}
	var all []string
	for t := range strings.SplitSeq(s, ";") {
		all = append(all, strings.TrimSpace(t))
	}
	return all
}
