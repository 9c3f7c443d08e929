package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"standleitung/bot/register"
	"standleitung/bot/say"
	"standleitung/bot/when"
)

// tryCommands are the hard parts by themselves, for support and for those who want to see what the program would
// understand. They read lines on stdin, answer a line each (markup: one whole message), and need no configuration.
type tryCommands struct {
	Date     tryDate     `cmd:"" help:"Read dates as people write them, a phrase a line: a day, an instant, or why it is none."`
	Register tryRegister `cmd:"" help:"Match sentences against terms, a sentence a line: label=the writer's own words, or -."`
	Markup   tryMarkup   `cmd:"" help:"Write one message as it reads on another platform: Slack's mrkdwn, Teams' HTML, or what the built-in chat reads."`
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
	return w.answer(func(phrase string) string {
		return answerDate(when.Parse(phrase, when.Options{Now: now.In(zone), Language: c.Language}))
	})
}

// answer answers each line of stdin with a line. It is unbuffered: who types a line wants to see its answer.
func (w world) answer(line func(string) string) error {
	lines := bufio.NewScanner(w.stdin)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		if _, err := fmt.Fprintln(w.stdout, line(lines.Text())); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read lines: %w", err)
	}
	return nil
}

// tryRegister is which terms sentences are matched against.
type tryRegister struct {
	Terms string `required:"" type:"existingfile" placeholder:"FILE" help:"A flag a line: label, terms and excluded phrases, separated by tabs; several by semicolons."`
}

// Run implements try register. Faults of single flags are told and do not keep the others from being tried.
func (c *tryRegister) Run(w world) error {
	f, err := os.Open(c.Terms)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	entries, faults := register.ReadTerms(f)
	if faults != nil {
		fmt.Fprintln(w.stderr, faults)
	}
	matcher, err := register.Compile(entries)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Terms, err)
	} else if entries == nil && faults != nil {
		return fmt.Errorf("%s: nothing to try", c.Terms)
	}
	return w.answer(func(sentence string) string {
		var hits []string
		for _, h := range matcher.Match(sentence) {
			hits = append(hits, h.Label+"="+h.Words(sentence))
		}
		if len(hits) == 0 {
			return "-"
		}
		return strings.Join(hits, "\t")
	})
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
