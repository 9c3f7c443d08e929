package teams

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"standleitung/bot/markup"
)

// bodyOf is the formatted text of a message, without the mention of the bot; addressed tells that there was one. It is
// read from the text/html attachment, where there is one: in the text all that looks like an element is missing.
func (a *Adapter) bodyOf(act *incoming) (body markup.Doc, addressed bool) {
	names := namesOf(act.more.mentions())
	for _, att := range act.more.Attachments {
		var source string
		if att.ContentType == "text/html" && json.Unmarshal(att.Content, &source) == nil && strings.TrimSpace(source) != "" {
			return unmention(markup.ParseTeams(source, names), act.Recipient.ID)
		}
	}
	if act.TextFormat == "xml" {
		return unmention(markup.ParseTeams(act.Text, names), act.Recipient.ID)
	}
	return unmention(markup.ParseTeamsText(act.Text, names), act.Recipient.ID)
}

// namesOf finds people by what stands in the text: a number that counts the entities, or their name. Two people of one
// name are taken in the order in which they come.
func namesOf(list []inEntity) markup.Names {
	used := make([]bool, len(list))
	return markup.Names{Person: func(id, label string) (string, string) {
		if n, err := strconv.Atoi(id); err == nil && n >= 0 && n < len(list) && sameName(list[n], label) {
			used[n] = true
			return list[n].Mentioned.ID, label
		}
		found := -1
		for n := range list {
			if sameName(list[n], label) && (found < 0 || used[found] && !used[n]) {
				found = n
			}
		}
		if found < 0 {
			return "", label
		}
		used[found] = true
		return list[found].Mentioned.ID, label
	}}
}

// sameName reports whether a mention is the one with a label.
func sameName(e inEntity, label string) bool {
	plain := func(s string) string {
		s = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "<at>"), "</at>")
		return strings.TrimPrefix(strings.Join(strings.Fields(s), " "), "@")
	}
	return strings.EqualFold(plain(e.Mentioned.Name), plain(label)) || e.Text != "" && strings.EqualFold(plain(e.Text), plain(label))
}

// here stands for the mention of the bot until it is taken away; it is no character, so nobody has written it.
const here = "\uFDD0"

// unmention takes the mentions of the bot away, with the colon or comma behind each and the blanks that would be doubled.
func unmention(body markup.Doc, self string) (markup.Doc, bool) {
	found := false
	body = markup.Replace(body, func(in markup.Inline) markup.Inline {
		if in.Kind == markup.Text || in.Kind == markup.Code {
			in.Text = strings.ReplaceAll(in.Text, here, "")
		}
		if in.Kind != markup.Mention || in.Ref != self || self == "" {
			return in
		}
		found = true
		return markup.Inline{Kind: markup.Text, Text: here}
	})
	if !found {
		return body, false
	}
	body = markup.Replace(markup.Normalize(body), func(in markup.Inline) markup.Inline {
		if in.Kind == markup.Text {
			in.Text = closeUp(in.Text)
		}
		return in
	})
	return markup.Normalize(body), true
}

// closeUp takes the sign of the mention out of a text.
func closeUp(s string) string {
	for {
		before, after, ok := strings.Cut(s, here)
		if !ok {
			return s
		}
		if strings.HasPrefix(after, ":") || strings.HasPrefix(after, ",") {
			after = after[1:]
		}
		last := strings.TrimRightFunc(before, unicode.IsSpace)
		switch {
		case before == "" || last != before:
			after = strings.TrimLeftFunc(after, unicode.IsSpace)
		case after == "":
			before = last
		}
		s = before + after
	}
}

// emojiOf is the emoji of a reaction: Teams has names for the first six, and for all others their code points and a name, as
// in "1f680_rocket"; empty for what is none.
func emojiOf(kind string) string {
	if sign, ok := map[string]string{
		"like": "👍", "heart": "❤️", "laugh": "😆", "surprised": "😮", "sad": "😢", "angry": "😠", "plusOne": "👍",
	}[kind]; ok {
		return sign
	}
	code, _, _ := strings.Cut(kind, "_")
	var sign strings.Builder
	for part := range strings.SplitSeq(code, "-") {
		n, err := strconv.ParseInt(part, 16, 32)
		if err != nil || n < 0x80 || !unicode.IsPrint(rune(n)) && n != 0x200d && n != 0xfe0f {
			sign.Reset()
			break
		}
		sign.WriteRune(rune(n))
	}
	switch {
	case sign.Len() > 0:
		return sign.String()
	case isEmoji(kind):
		return kind
	case kind == "" || len(kind) > 60 || strings.ContainsFunc(kind, func(r rune) bool { return unicode.IsSpace(r) || r == ':' || !unicode.IsPrint(r) }):
		return ""
	}
	return ":" + kind + ":"
}

// isEmoji reports whether a text is an emoji itself.
func isEmoji(s string) bool {
	_, ok := markup.EmojiName(s)
	return ok
}
