package slack

import (
	"context"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"standleitung/bot/markup"
)

// names finds people for the readers of Slack's text. Channels bear their names in the text.
func (a *Adapter) names(ctx context.Context) markup.Names {
	return markup.Names{Person: func(id, label string) (string, string) {
		name := a.nameOf(ctx, id)
		if name == "" {
			return "", label
		}
		return id, name
	}}
}

// bodyOf is the formatted text of a message: from its blocks, which say exactly what the writer saw, else from its text. raw
// is the text without the mention of the bot.
func (a *Adapter) bodyOf(e *event, raw string, addressed bool, names markup.Names) markup.Doc {
	if len(e.Blocks) > 0 && !addressed {
		if doc, ok := markup.ParseSlackBlocks(e.Blocks, names); ok {
			return doc
		}
	}
	return markup.ParseSlack(raw, names)
}

var unescape = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

// emojiName is an emoji as Slack sends it in texts, whatever its writer typed; before it stands no word, as in 10:30:45.
var emojiName = regexp.MustCompile(`(^|[^\pL\pN]):([a-z0-9_+'-]{1,80}(?:::skin-tone-[2-6])?):`)

// typed is a part of Slack's text as it was typed.
func typed(raw string) string {
	var b strings.Builder
	for strings.Contains(raw, ":") {
		m := emojiName.FindStringSubmatchIndex(raw)
		if m == nil {
			break
		}
		sign, ok := markup.Emoji(raw[m[4]:m[5]])
		if !ok { // its last colon may begin the next one
			b.WriteString(raw[:m[5]])
			raw = raw[m[5]:]
			continue
		}
		b.WriteString(raw[:m[3]] + sign)
		raw = raw[m[1]:]
	}
	b.WriteString(raw)
	return unescape.Replace(b.String())
}

// plainText is Slack's text as its writer typed it: marks stay as they are, what stands in angle brackets becomes what it
// shows, and the three escapes are undone.
func plainText(raw string, names markup.Names) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(raw, "<")
		b.WriteString(typed(before))
		if !found {
			return b.String()
		}
		body, after, closed := strings.Cut(rest, ">")
		if !closed {
			b.WriteString("<" + typed(rest))
			return b.String()
		}
		b.WriteString(unescape.Replace(entityText(body, names)))
		raw = after
	}
}

// entityText is what something in angle brackets shows: "@U1|mara", "#C1|presse", "!here", "https://example.com|Text".
func entityText(body string, names markup.Names) string {
	ref, label, _ := strings.Cut(body, "|")
	switch {
	case ref == "":
		return label
	case ref[0] == '@':
		_, name := names.Person(ref[1:], label)
		return "@" + orElse(strings.TrimPrefix(name, "@"), ref[1:])
	case ref[0] == '#':
		return "#" + orElse(strings.TrimPrefix(label, "#"), ref[1:])
	case ref[0] == '!':
		word, _, _ := strings.Cut(ref[1:], "^")
		return orElse(label, "@"+word)
	case label == "", strings.TrimPrefix(ref, "mailto:") == label, strings.HasSuffix(ref, "://"+label):
		return orElse(label, ref)
	}
	return label + " (" + ref + ")"
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// unmention takes away the first mention of the bot, with the colon or comma behind it and the blanks that would be doubled;
// false when the bot is not mentioned. In the direct conversation everything is meant for the bot anyway.
func (a *Adapter) unmention(raw string, direct bool) (rest string, addressed bool) {
	from, end, ok := findMention(raw, a.self.user)
	if !ok {
		return raw, false
	}
	before, tail := raw[:from], raw[end:]
	if strings.HasPrefix(tail, ":") || strings.HasPrefix(tail, ",") {
		tail = tail[1:]
	}
	last, _ := utf8.DecodeLastRuneInString(before)
	if before == "" || unicode.IsSpace(last) {
		tail = strings.TrimLeft(tail, " \t\u00a0")
	}
	switch {
	case strings.TrimSpace(before) == "":
		return strings.TrimLeftFunc(tail, unicode.IsSpace), !direct
	case strings.TrimSpace(tail) == "":
		return strings.TrimRightFunc(before, unicode.IsSpace), !direct
	}
	return before + tail, !direct
}

// findMention finds "<@U1>" or "<@U1|name>".
func findMention(raw, user string) (from, end int, ok bool) {
	sign := "<@" + user
	for at := 0; user != ""; {
		i := strings.Index(raw[at:], sign)
		if i < 0 {
			return 0, 0, false
		}
		from = at + i
		rest := raw[from+len(sign):]
		stop := strings.IndexByte(rest, '>')
		if stop == 0 || stop > 0 && rest[0] == '|' {
			return from, from + len(sign) + stop + 1, true
		}
		at = from + len(sign)
	}
	return 0, 0, false
}

// emojiOf is an emoji by Slack's name, without the tone of its skin; ":name:" for one that only the workspace has.
func emojiOf(name string) string {
	base, _, _ := strings.Cut(name, "::")
	if sign, ok := markup.Emoji(base); ok {
		return sign
	}
	return ":" + name + ":"
}

// escape makes text of what Slack would read as markup in a text object.
func escape(s string) string { return escaper.Replace(s) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
