package main

import (
	"bufio"
	"fmt"
	"time"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// tryCommands are the hard parts by themselves, for support and for those who want to see what the program would
// understand. They read lines on stdin, answer a line each, and need no configuration.
type tryCommands struct {
	Date tryDate `cmd:"" help:"Read dates as people write them, a phrase a line: a day, an instant, or why it is none."`
}

// tryDate is how a date is read.
type tryDate struct {
	Now      time.Time    `placeholder:"RFC3339" help:"The present; else that of the clock."`
	Timezone string       `default:"Europe/Berlin" placeholder:"ZONE" help:"The IANA time zone of the writer."`
	Language say.Language `enum:",de,en" default:"" placeholder:"de|en" help:"Understand one language only."`
}

// longestLine is the longest line that is read, in bytes.
const longestLine = 1 << 20

// Run implements try date.
func (c *tryDate) Run(w world) error {
	zone, err := parseZone(c.Timezone)
	if err != nil {
		return fmt.Errorf("--timezone: %w", err)
	}
	now := c.Now
	if now.IsZero() {
		now = w.now()
	}
	lines := bufio.NewScanner(w.stdin)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		r := when.Parse(lines.Text(), when.Options{Now: now.In(zone), Language: c.Language})
		// Unbuffered: who types a phrase wants to see its answer.
		if _, err := fmt.Fprintln(w.stdout, answerDate(r)); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read phrases: %w", err)
	}
	return nil
}

// answerDate is the line for one phrase.
func answerDate(r when.Result) string {
	switch r.Kind {
	case when.Instant:
		return r.Moment.Time.Format(time.RFC3339) + "\tinstant"
	case when.WholeDay:
		return r.Moment.Date.String() + "\tday"
	case when.Unclear:
		return "-\tambiguous\t" + string(r.Reason)
	}
	return "-\tnone"
}
