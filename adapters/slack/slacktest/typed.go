package slacktest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// What people type becomes rich text and, beside it, a text in Slack's markup. Both travel in the event.

// linkForm finds what Slack's clients turn into links while somebody types: addresses with a scheme, of mail, and bare
// ones in well-known domains.
var linkForm = regexp.MustCompile(`https?://[^\s<>()\[\]"]+[^\s<>()\[\]".,;:!?']|[\w.+-]+@[\w-]+(\.[\w-]+)*\.[a-z]{2,}|\b(?:www\.)?[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|de)\b(?:/[^\s<>()]*)?`)

// emojis are emoji that people type, as Slack names them. Slack's clients send the name in the text and both in the rich
// text; here are a few of each sort.
var emojis = map[string]string{
	"😀": "grinning", "😂": "joy", "🙂": "slightly_smiling_face", "👍": "+1", "👎": "-1", "🎉": "tada", "🔥": "fire", "✅": "white_check_mark",
	"❤️": "heart", "👀": "eyes", "🙏": "pray", "🚀": "rocket", "⚠️": "warning", "👩‍👩‍👧": "woman-woman-girl", "🇩🇪": "flag-de", "👋": "wave",
	"🤔": "thinking_face", "💯": "100", "📎": "paperclip", "📌": "pushpin", "⏳": "hourglass_flowing_sand",
}

var emojiForm = func() *regexp.Regexp {
	var all []string
	for e := range emojis {
		all = append(all, regexp.QuoteMeta(e))
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return regexp.MustCompile("(?:" + strings.Join(all, "|") + ")(?:[\U0001F3FB-\U0001F3FF])?")
}()

// typed makes the text and the rich text of what somebody typed without formatting, after mentions of people.
func typed(text string, mentions ...string) (string, []any) {
	var markup strings.Builder
	var elements []any
	put := func(m string, e object) {
		markup.WriteString(m)
		if last := len(elements) - 1; last >= 0 && e["type"] == "text" {
			if before := elements[last].(object); before["type"] == "text" {
				before["text"] = before["text"].(string) + e["text"].(string)
				return
			}
		}
		elements = append(elements, e)
	}
	words := func(t string) {
		if t != "" {
			put(escape(t), object{"type": "text", "text": t})
		}
	}
	for _, id := range mentions {
		put("<@"+id+">", object{"type": "user", "user_id": id})
		words(" ")
	}
	pieces(text, words, func(link string) {
		var address string
		switch {
		case strings.Contains(link, "://"):
			put("<"+escape(link)+">", object{"type": "link", "url": link})
			return
		case strings.Contains(link, "@"):
			address = "mailto:" + link
		default:
			address = "http://" + link
		}
		put("<"+escape(address)+"|"+escape(link)+">", object{"type": "link", "url": address, "text": link})
	}, put)
	blocks := []any{object{"type": "rich_text", "block_id": random()[:5], "elements": []any{object{"type": "rich_text_section", "elements": elements}}}}
	return markup.String(), blocks
}

// pieces splits a text into links, emoji and words.
func pieces(text string, words, link func(string), put func(string, object)) {
	plain := func(t string) {
		from := 0
		for _, at := range emojiForm.FindAllStringIndex(t, -1) {
			words(t[from:at[0]])
			put(emojiOf(t[at[0]:at[1]]))
			from = at[1]
		}
		words(t[from:])
	}
	from := 0
	for _, at := range linkForm.FindAllStringIndex(text, -1) {
		plain(text[from:at[0]])
		link(text[at[0]:at[1]])
		from = at[1]
	}
	plain(text[from:])
}

// emojiOf is an emoji in the text and in the rich text.
func emojiOf(e string) (string, object) {
	name, tone := emojis[e], 0
	if name == "" { // with a skin tone at the end
		runes := []rune(e)
		last := len(runes) - 1
		name, tone = emojis[string(runes[:last])], int(runes[last]-0x1F3FB)+2
	}
	var code []string
	for _, r := range e {
		code = append(code, fmt.Sprintf("%04x", r))
	}
	o := object{"type": "emoji", "name": name, "unicode": strings.Join(code, "-")}
	text := ":" + name + ":"
	if tone > 0 {
		o["skin_tone"] = tone
		text += fmt.Sprintf(":skin-tone-%d:", tone)
	}
	return text, o
}

// escape replaces the three characters that Slack's markup uses for itself; unescape puts them back.
func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

func unescape(text string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}
