package markup_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"standleitung/bot/markup"
)

// What a text makes of itself on a platform, coarsely and rather too much: "format b" when anything in it could become bold,
// and so on with i, s, code, quote. The rules are those of docs.slack.dev/messaging/formatting-message-text, of the tags in
// Teams' "format your bot messages", and of CommonMark, not those of the writers.

var (
	slackFormats = map[string]*regexp.Regexp{
		"b": regexp.MustCompile(`(^|[^\pL\pN*\x{2060}])\*([^\s*\x{2060}]([^*\n]*[^\s*\x{2060}])?)\*($|[^\pL\pN*\x{2060}])`),
		"i": regexp.MustCompile(`(^|[^\pL\pN_\x{2060}])_([^\s_\x{2060}]([^_\n]*[^\s_\x{2060}])?)_($|[^\pL\pN_\x{2060}])`),
		"s": regexp.MustCompile(`(^|[^\pL\pN~\x{2060}])~([^\s~\x{2060}]([^~\n]*[^\s~\x{2060}])?)~($|[^\pL\pN~\x{2060}])`),
	}
	slackQuoted = regexp.MustCompile(`(?m)^(&gt;|>)`)
	slackTicks  = regexp.MustCompile("[^\u2060]`[^\u2060]|^`[^\u2060]|[^\u2060]`$")
)

func slackFormatted(s string) []string {
	var acts []string
	if slackTicks.MatchString(s) {
		acts = append(acts, "format code")
	}
	s = slackCode.ReplaceAllString(strings.ReplaceAll(s, "\u2060`\u2060", "\u2060"), " ") // what is tied begins no code
	for kind, form := range slackFormats {
		if form.MatchString(s) {
			acts = append(acts, "format "+kind)
		}
	}
	if slackQuoted.MatchString(s) {
		acts = append(acts, "format quote")
	}
	return acts
}

var teamsFormatTags = map[string]string{"strong": "b", "em": "i", "strike": "s", "code": "code", "pre": "code", "blockquote": "quote", "ul": "list", "ol": "list"}

func teamsFormatted(s string) []string {
	var acts []string
	for _, m := range htmlTag.FindAllStringSubmatch(s, -1) {
		if kind := teamsFormatTags[m[2]]; kind != "" {
			acts = append(acts, "format "+kind)
		}
	}
	return acts
}

var (
	escaped    = regexp.MustCompile(`\\[!-/:-@\[-` + "`" + `{-~]`)
	webLink    = regexp.MustCompile(`\]\(([^\s()]*(?:\([^\s()]*\)[^\s()]*)*)\)`)
	webAddress = regexp.MustCompile(`(?i)\b(?:https?://|mailto:)[^\s<>"\x{E002}]+`)
	webMention = regexp.MustCompile(`(^|[^\pL\pN])@\[?(Mara|Jan Ohm|jan\.ohm)[_.-]*($|[^\pL\pN_.-])`)
	webQuote   = regexp.MustCompile(`(?m)^[> ]*>`)
	webList    = regexp.MustCompile(`(?m)^[> ]*(?:[-*]|[0-9]{1,9}[.)]) `)
	webEm      = regexp.MustCompile(`(^|[^\pL\pN])_[^\s_]`)
)

// webActs is what CommonMark, bare addresses, and mentions make of a text. An escaped sign is none, and neither is a + before a line,
// as the chat has no such lists.
func webActs(s string) []string {
	var acts []string
	if strings.Contains(escaped.ReplaceAllString(s, "."), "`") {
		acts = append(acts, "format code")
	}
	s = withoutCode(s)
	s = escaped.ReplaceAllStringFunc(s, func(pair string) string {
		if pair == `\(` || pair == `\)` { // in an address
			return map[string]string{`\(`: "\uE000", `\)`: "\uE001"}[pair]
		}
		return "\uE002"
	})
	inAddress := strings.NewReplacer("\uE000", "(", "\uE001", ")")
	for _, m := range webLink.FindAllStringSubmatch(s, -1) {
		acts = append(acts, "link "+inAddress.Replace(m[1]))
	}
	s = webLink.ReplaceAllString(s, "x")
	for _, found := range webAddress.FindAllString(s, -1) {
		acts = append(acts, "link "+strings.TrimRight(found, ".,;:!?'*_~)]}»“")) // a sentence's own marks are none of an address
	}
	s = webAddress.ReplaceAllString(s, "x")
	for _, m := range webMention.FindAllStringSubmatch(s, -1) {
		acts = append(acts, "person "+map[string]string{"Mara": "u1"}[m[2]])
	}
	for act, is := range map[string]bool{
		"format b": strings.Contains(s, "**"), "format i": strings.Contains(strings.ReplaceAll(s, "**", ""), "*") || webEm.MatchString(s),
		"format s": strings.Contains(s, "~~"), "format quote": webQuote.MatchString(s), "format list": webList.MatchString(s),
	} {
		if is {
			acts = append(acts, act)
		}
	}
	return acts
}

// withoutCode takes out what stands between as many backticks as before it; the first of them is not escaped.
func withoutCode(s string) string {
	var b strings.Builder
	for s != "" {
		if len(s) > 1 && s[0] == '\\' {
			b.WriteString(s[:2])
			s = s[2:]
			continue
		}
		n := len(s) - len(strings.TrimLeft(s, "`"))
		if n == 0 {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		ticks, rest := s[:n], s[n:]
		end := regexp.MustCompile("(^|[^`])" + ticks + "($|[^`])").FindStringSubmatchIndex(rest)
		if end == nil {
			b.WriteString(ticks)
			s = rest
			continue
		}
		b.WriteString("x")
		s = rest[end[3]+n:]
	}
	return b.String()
}

// formatsOf is what a tree itself asks for.
func formatsOf(d markup.Doc) []string {
	var acts []string
	var inlines func([]markup.Inline)
	inlines = func(list []markup.Inline) {
		for _, in := range list {
			acts = append(acts, "format "+string(in.Kind))
			inlines(in.Children)
		}
	}
	var blocks func([]markup.Block)
	blocks = func(list []markup.Block) {
		for _, b := range list {
			acts = append(acts, "format "+string(b.Kind))
			inlines(b.Inlines)
			blocks(b.Blocks)
			for _, item := range b.Items {
				blocks(item)
			}
		}
	}
	blocks(d.Blocks)
	return acts
}

// The models find what is active: each would be worth nothing if it could not.
func TestModelsOfActivation(t *testing.T) {
	for _, c := range []struct {
		acts func(string) []string
		in   string
		want string
	}{
		{slackFormatted, "so *fett* ist", "format b"},
		{slackFormatted, "(_kursiv_)", "format i"},
		{slackFormatted, "~weg~", "format s"},
		{slackFormatted, "ein `code`", "format code"},
		{slackFormatted, "a\n&gt; b", "format quote"},
		{teamsFormatted, "a<strong>b</strong>", "format b"},
		{webActs, "so **fett** ist", "format b"},
		{webActs, "so *kursiv* ist", "format i"},
		{webActs, "und _kursiv_", "format i"},
		{webActs, "~~weg~~", "format s"},
		{webActs, "ein `code`", "format code"},
		{webActs, "a\n> b", "format quote"},
		{webActs, "1. b", "format list"},
		{webActs, "`` ` `` @Mara", "person u1"},
		{webActs, `\[x](https://a.example/\(b\))`, "link https://a.example/(b)"},
		{webActs, "HTTPS://a.example", "link HTTPS://a.example"},
	} {
		if got := c.acts(c.in); !slices.Contains(got, c.want) {
			t.Errorf("%q acts as %q, want %s", c.in, got, c.want)
		}
	}
}
