package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"standleitung/bot/markup"
)

// tryMarkup is from where to where a message goes.
type tryMarkup struct {
	From string `required:"" enum:"slack,teams,web" placeholder:"slack|teams|web" help:"Whose form the message on stdin has."`
	To   string `required:"" enum:"slack,teams,web" placeholder:"slack|teams|web" help:"Whose form it gets."`
}

// longestMessage is how much of a message is read, in bytes.
const longestMessage = 1 << 20

// Run implements try markup. Nobody is known to it: people are mentioned on the platform that they come from, and are
// names on the others.
func (c *tryMarkup) Run(w world) error {
	raw, err := io.ReadAll(io.LimitReader(w.stdin, longestMessage+1))
	if err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	if len(raw) > longestMessage {
		return fmt.Errorf("the message is longer than %d bytes", longestMessage)
	}
	names := markup.Names{Person: func(id, label string) (string, string) {
		if id == "" || c.From == "teams" {
			id = label
		}
		return c.From + ":" + id, ""
	}}
	message := strings.TrimRight(string(raw), "\r\n")
	_, err = fmt.Fprintln(w.stdout, c.write(c.read(message, names)))
	return err
}

// read reads a message in any of the forms that its platform sends: Slack's text, or the blocks of an event; Teams' HTML, or a text
// without tags, whose lines count.
func (c *tryMarkup) read(message string, names markup.Names) markup.Doc {
	switch c.From {
	case "slack":
		if d, ok := markup.ParseSlackBlocks([]byte(message), names); ok {
			return d
		}
		return markup.ParseSlack(message, names)
	case "teams":
		if !tags.MatchString(message) {
			return markup.ParseTeamsText(message, names)
		}
		return markup.ParseTeams(message, names)
	}
	return markup.ParseMarkdown(message, nil)
}

// tags are those by which HTML is told from text; a mention stands in both.
var tags = regexp.MustCompile(`(?i)<(?:p|div|br|strong|b|em|i|s|strike|ul|ol|li|a|blockquote|pre|code|codeblock|span|emoji|img|table|h[1-6])[\s/>]|&(?:nbsp|amp|lt|gt);`)

// write gives a text the form of the platform it goes to.
func (c *tryMarkup) write(d markup.Doc) string {
	same := func(person string) (string, bool) { return strings.CutPrefix(person, c.To+":") }
	switch c.To {
	case "slack":
		return markup.Slack(d, same)
	case "teams":
		text, _ := markup.Teams(d, same)
		return text
	}
	return markup.Markdown(d, nil)
}
