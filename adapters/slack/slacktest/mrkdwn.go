package slacktest

import (
	"regexp"
	"strings"
)

// Active is something in a text that Slack acts upon.
type Active struct {
	Kind ActiveKind
	What string // as it stands in the text
}

// ActiveKind says what Slack does with it.
type ActiveKind string

// What Slack does with texts.
const (
	Mention   ActiveKind = "mention"   // notifies a person or a group
	Broadcast ActiveKind = "broadcast" // notifies everybody
	Room      ActiveKind = "channel"   // links to a channel
	Link      ActiveKind = "link"      // links to an address that does not stand there bare
	Format    ActiveKind = "format"    // bold, italic, struck out, code, quoted
	Date      ActiveKind = "date"      // rewrites a date for each reader
)

var (
	tokenForm = regexp.MustCompile(`<([^<>\s][^<>\n]*)>`)
	// parsedForm is what Slack links by itself unless a text is verbatim: names of channels and broadcasts.
	parsedForm = regexp.MustCompile(`(^|[\s(])(@(?:here|channel|everyone|group)\b|#[\p{L}\d_-]+)`)
	fence      = regexp.MustCompile("(?s)```(.+?)```")
	spans      = []*regexp.Regexp{
		regexp.MustCompile("(^|[^\\w`])`([^`\n]+)`($|[^\\w`])"),
		regexp.MustCompile(`(^|[^\w*])\*([^\s*](?:[^*\n]*[^\s*])?)\*($|[^\w*])`),
		regexp.MustCompile(`(^|[^\w_])_([^\s_](?:[^_\n]*[^\s_])?)_($|[^\w_])`),
		regexp.MustCompile(`(^|[^\w~])~([^\s~](?:[^~\n]*[^\s~])?)~($|[^\w~])`),
	}
	quoteForm = regexp.MustCompile(`(?m)^(?:>|&gt;) ?`)
)

// reader turns Slack's markup into what people read and collects what acts.
type reader struct {
	s      *Server
	active []Active
}

func (r *reader) act(kind ActiveKind, what string) {
	r.active = append(r.active, Active{kind, what})
}

// read is a text in Slack's markup as people read it. Parsed is set where Slack looks for names without brackets as well.
func (r *reader) read(text string, parsed bool) string {
	type hidden struct{ mark, shown string }
	var tokens []hidden
	hide := func(shown string) string { // what a token shows is not looked at for formatting
		mark := "\uE000" + string(rune(0xE100+len(tokens))) + "\uE001"
		tokens = append(tokens, hidden{mark, shown})
		return mark
	}
	text = fence.ReplaceAllStringFunc(text, func(m string) string {
		r.act(Format, m)
		return hide(unescape(strings.Trim(m, "`")))
	})
	text = tokenForm.ReplaceAllStringFunc(text, func(m string) string { return hide(r.token(m[1 : len(m)-1])) })
	if quoteForm.MatchString(text) {
		r.act(Format, "> ")
		text = quoteForm.ReplaceAllString(text, "")
	}
	if parsed {
		for _, m := range parsedForm.FindAllStringSubmatch(text, -1) {
			switch {
			case m[2][0] == '@':
				r.act(Broadcast, m[2])
			case r.s.named(m[2][1:]):
				r.act(Room, m[2])
			}
		}
	}
	for _, span := range spans {
		for span.MatchString(text) {
			at := span.FindStringSubmatchIndex(text)
			r.act(Format, text[at[4]-1:at[5]+1])
			text = text[:at[4]-1] + text[at[4]:at[5]] + text[at[5]+1:]
		}
	}
	text = unescape(text)
	for i := len(tokens) - 1; i >= 0; i-- {
		text = strings.ReplaceAll(text, tokens[i].mark, tokens[i].shown)
	}
	return text
}

// token is what stands between angle brackets.
func (r *reader) token(inner string) string {
	what := "<" + inner + ">"
	target, label, labelled := strings.Cut(inner, "|")
	switch {
	case strings.HasPrefix(target, "@"):
		r.act(Mention, what)
		if u := r.s.user(target[1:]); u != nil {
			return "@" + u.Name
		}
		return "@" + strings.TrimPrefix(label, "@")
	case strings.HasPrefix(target, "#"):
		r.act(Room, what)
		if c := r.s.channel(target[1:]); c != nil {
			return "#" + c.Name
		}
		return "#" + label
	case strings.HasPrefix(target, "!subteam^"):
		r.act(Mention, what)
		return label
	case strings.HasPrefix(target, "!date^"):
		r.act(Date, what)
		return unescape(label)
	case strings.HasPrefix(target, "!"):
		r.act(Broadcast, what)
		return "@" + target[1:]
	case labelled && unescape(label) != strings.TrimPrefix(unescape(target), "mailto:") && "http://"+unescape(label) != unescape(target):
		r.act(Link, what)
		return unescape(label)
	case !strings.Contains(target, ":"): // no address: Slack shows the word as a link that leads nowhere
		r.act(Link, what)
		return unescape(target)
	case labelled:
		return unescape(label)
	}
	return unescape(target)
}

func (s *Server) named(channel string) bool {
	for _, c := range s.channels {
		if c.Name == channel {
			return true
		}
	}
	return false
}
