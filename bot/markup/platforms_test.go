package markup_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"standleitung/bot/markup"
)

// platform is one that texts come from and go to.
type platform struct {
	name  string
	parse func(string) markup.Doc
	write func(markup.Doc) string
	// acts lists what the platform would act upon in a text, as "link https://…", "person U1", or anything else that
	// the platform does at somebody's behest. It is written after the platform's documentation, not after the writer.
	acts func(string) []string
	// person is what its acts call people.
	person func(id string) string
	// most is the highest number that a list can begin with.
	most int
}

var platforms = []platform{
	{
		"slack",
		func(s string) markup.Doc { return markup.ParseSlack(s, known) },
		func(d markup.Doc) string { return markup.Slack(d, onSlack) },
		slackActs, func(id string) string { return strings.ToUpper(id) }, 30,
	},
	{
		"teams",
		func(s string) markup.Doc { return markup.ParseTeams(s, known) },
		func(d markup.Doc) string { s, _ := markup.Teams(d, onTeams); return s },
		teamsActs, func(id string) string { return map[string]string{"u1": "Mara", "u2": "Jan Ohm"}[id] }, 1,
	},
	{
		"web",
		func(s string) markup.Doc { return markup.ParseMarkdown(s, people) },
		func(d markup.Doc) string { return markup.Markdown(d, people) }, webActs, func(id string) string { return id }, 30,
	},
}

var (
	slackControl = regexp.MustCompile(`<([^<>]*)>`)
	slackCode    = regexp.MustCompile("(?s)```.*?```|`[^`\n]+`")
	bareLink     = regexp.MustCompile(`(?i)(https?://[^\s<>]|mailto:[a-z0-9])[^\s<>]*`)
	everybody    = regexp.MustCompile(`@(here|channel|everyone|group)\b`)
)

// slackActs reads what stands in angle brackets, addresses that Slack would link by itself, and words that become calls to
// everybody when a message is sent with link_names.
func slackActs(s string) []string {
	var acts []string
	for _, m := range slackControl.FindAllStringSubmatch(s, -1) {
		ref, _, _ := strings.Cut(m[1], "|")
		ref = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(ref)
		switch {
		case strings.HasPrefix(ref, "@"):
			acts = append(acts, "person "+ref[1:])
		case strings.HasPrefix(ref, "#") || strings.HasPrefix(ref, "!"):
			acts = append(acts, "call "+ref)
		default:
			acts = append(acts, "link "+ref)
		}
	}
	rest := slackControl.ReplaceAllString(s, " ")
	if strings.Contains(rest, "<") {
		acts = append(acts, "an open bracket")
	}
	rest = slackCode.ReplaceAllString(strings.ReplaceAll(rest, "\u2060`", ""), " ")
	for _, found := range bareLink.FindAllString(rest, -1) {
		acts = append(acts, "bare link "+found)
	}
	for _, found := range everybody.FindAllString(rest, -1) {
		acts = append(acts, "call "+found)
	}
	return append(acts, slackFormatted(slackControl.ReplaceAllString(s, " "))...)
}

var (
	htmlTag  = regexp.MustCompile(`<(/?)([a-zA-Z!?][a-zA-Z0-9]*)([^<>]*)>`)
	hrefOnly = regexp.MustCompile(`^ href="([^"]*)"$`)
	codeTags = regexp.MustCompile(`(?s)<(code|pre)>.*?</(code|pre)>|<a href="[^"]*">.*?</a>`)
)

// teamsActs reads the elements of an HTML text: those that only look different are none, links and names act, all
// others and all attributes are acts that nobody should see.
func teamsActs(s string) []string {
	var acts []string
	for _, m := range htmlTag.FindAllStringSubmatchIndex(s, -1) {
		end, tag, rest := s[m[2]:m[3]] != "", s[m[4]:m[5]], s[m[6]:m[7]]
		switch {
		case tag == "at" && rest == "" && !end:
			name, _, _ := strings.Cut(s[m[1]:], "<")
			acts = append(acts, "person "+name)
		case tag == "a" && !end && hrefOnly.MatchString(rest):
			ref := hrefOnly.FindStringSubmatch(rest)[1]
			acts = append(acts, "link "+strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'", "&amp;", "&").Replace(ref))
		case rest == "" || rest == "/" && tag == "br":
			if !slices.Contains(strings.Fields("p br strong em strike code pre blockquote ul ol li a at"), tag) {
				acts = append(acts, "element "+tag)
			}
		default:
			acts = append(acts, "element "+tag+rest)
		}
	}
	rest := codeTags.ReplaceAllString(s, " ")
	for _, found := range bareLink.FindAllString(htmlTag.ReplaceAllString(rest, " "), -1) {
		acts = append(acts, "bare link "+found)
	}
	if strings.Contains(htmlTag.ReplaceAllString(s, ""), "<") {
		acts = append(acts, "an open element")
	}
	return append(acts, teamsFormatted(s)...)
}

// allowedActs is what a text itself asks for: its links, and the people it mentions.
func allowedActs(p platform, d markup.Doc) []string {
	var acts []string
	var inlines func([]markup.Inline)
	inlines = func(list []markup.Inline) {
		for _, in := range list {
			switch in.Kind {
			case markup.Link:
				acts = append(acts, "link "+in.Ref, "link "+strings.ReplaceAll(in.Ref, "|", "%7C"))
			case markup.Mention:
				acts = append(acts, "person "+p.person(in.Ref))
			}
			inlines(in.Children)
		}
	}
	var blocks func([]markup.Block)
	blocks = func(list []markup.Block) {
		for _, b := range list {
			inlines(b.Inlines)
			blocks(b.Blocks)
			for _, item := range b.Items {
				blocks(item)
			}
		}
	}
	blocks(d.Blocks)
	return append(acts, formatsOf(d)...)
}

// pieces are what hostile and careless texts are made of, on every platform.
var pieces = []string{
	"*", "_", "~", "**", "~~", "`", "```", "\n", "\n\n", " ", "<", ">", "&", "&lt;", "&gt;", "&amp;", "&amp;lt;", "|", "@", "#", "!", ":", "\\",
	"@here", "@channel", "@everyone", "<!here>", "<!channel|x>", "<!subteam^S1>", "<@U1>", "<@U9|<!here>>", "<#C1>", "&lt;!here&gt;", "&lt;@U1&gt;",
	"https://a.example/x", "http", "://", "HTTPS:", "mailto:", "a@b.example", "<https://a.example|x>", "<javascript:alert(1)|x>", "[x](https://a.example)", "[x](javascript:x)",
	"<at>Mara</at>", "<at>", "</at>", "&lt;at&gt;Mara&lt;/at&gt;", "@Mara", "<a href=\"https://a.example\">", "<a href='javascript:alert(1)'>", "</a>", "<b>", "</b>", "<i>", "</i>", "<script>", "</script>",
	"<div>", "</div>", "<p>", "</p>", "<br>", "<ul><li>", "</li></ul>", "<ol>", "<li>", "<blockquote>", "</blockquote>", "<pre>", "</pre>", "<code>", "</code>", "<img alt=\"<b>\">", "<!--", "-->", "&#60;", "&nbsp;",
	":smile:", ":+1:", "10:30:45", "• ", "1. ", "- ", "    ", "> ", "&gt; ", "&gt;&gt;&gt;", "wort", "ä", "😄", "\u200b", "\u2060", "＊", "\"", "'", "\x00",
	"＠channel", "\u202e", "\u2066", "\ufeff", "\u2028", "\r", "\v", "\x1b[1m", "\x7f", "\xff", "\xed\xa0\x80", "＜", "＞", "｀", "\u00ad", "\u00a0", "👩‍👩‍👧",
}

var hostile = rapid.Custom(func(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 14).Draw(t, "pieces"), "")
})

// crosses checks a text on its way from a platform to all others.
func crosses(t interface{ Fatalf(string, ...any) }, from platform, text string) {
	d := from.parse(text)
	for _, to := range platforms {
		out := to.write(d)
		if !utf8.ValidString(out) {
			t.Fatalf("%q from %s is not UTF-8 on %s: %q", text, from.name, to.name, out)
		}
		if to.acts == nil {
			continue
		}
		allowed := allowedActs(to, d)
		for _, act := range to.acts(out) {
			if !slices.Contains(allowed, act) {
				t.Fatalf("%q from %s (%s) acts on %s: %s\nin %q", text, from.name, short(d), to.name, act, out)
			}
		}
	}
}

// Nothing acts on a platform that did not act before.
func TestNothingBecomesActive(t *testing.T) {
	for _, from := range platforms {
		t.Run(from.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { crosses(t, from, hostile.Draw(t, "text")) })
		})
	}
	t.Run("text", func(t *testing.T) {
		plain := platform{name: "text", parse: markup.FromPlain}
		rapid.Check(t, func(t *rapid.T) { crosses(t, plain, hostile.Draw(t, "text")) })
	})
}

// A tree whose names and addresses come from anybody acts no more than one from a reader.
func TestNothingBecomesActiveFromATree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) []markup.Inline {
			return []markup.Inline{{Kind: markup.Text, Text: hostile.Draw(t, name)}}
		}
		p := markup.Block{Kind: markup.Paragraph, Inlines: append(text("text"),
			markup.Inline{Kind: markup.Link, Ref: hostile.Draw(t, "ref"), Children: text("label")},
			markup.Inline{Kind: markup.Mention, Ref: hostile.Draw(t, "person"), Text: hostile.Draw(t, "name")},
			markup.Inline{Kind: markup.Code, Text: hostile.Draw(t, "code")})}
		d := markup.Doc{Blocks: []markup.Block{p, {Kind: markup.Quote, Blocks: []markup.Block{p}}, {Kind: markup.CodeBlock, Text: hostile.Draw(t, "block")}}}
		for _, to := range platforms {
			allowed := allowedActs(to, markup.Normalize(d))
			for _, act := range to.acts(to.write(d)) {
				if !slices.Contains(allowed, act) {
					t.Fatalf("acts on %s: %s\nin %q", to.name, act, to.write(d))
				}
			}
		}
	})
}

// phrase draws text that tries to be more than text, on any platform.
var phrase = rapid.Custom(func(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{
		"*", "_", "~", "**", "`", "```", " ", "  ", "<", ">", "&", "&lt;", "&amp;", "|", "#", "!", ":", ":smile:", "10:30:45", "<@U1>", "<!subteam^S1>", "</p>", "<b>", "</at>", "&nbsp;", "\"",
		"https://a.example", "mailto:x", "• ", "1. ", "12.", "- ", "> ", "wort", "ä", "😄", ".", "(", ")", "＊", "x_y",
	}), 1, 5).Draw(t, "phrase"), "")
})

func drawMarks(t *rapid.T, depth int) markup.Inline {
	kinds := []markup.Kind{markup.Text, markup.Text, markup.Text, markup.Code, markup.Mention, markup.Link}
	if depth > 0 {
		kinds = append(kinds, markup.Bold, markup.Italic, markup.Strike)
	}
	text := func() markup.Inline { return markup.Inline{Kind: markup.Text, Text: phrase.Draw(t, "text")} }
	switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
	case markup.Code:
		return markup.Inline{Kind: kind, Text: rapid.StringMatching(`[a-z<>&*_:]{1,8}`).Draw(t, "code")}
	case markup.Mention:
		return markup.Inline{Kind: kind, Text: "Mara", Ref: "u1"}
	case markup.Link:
		return markup.Inline{Kind: kind, Ref: "https://a.example/" + rapid.StringMatching(`[a-z&=?;_*']{0,6}`).Draw(t, "path"), Children: []markup.Inline{text()}}
	case markup.Text:
		return text()
	default:
		var children []markup.Inline
		for range rapid.IntRange(1, 3).Draw(t, "children") {
			children = append(children, drawMarks(t, depth-1))
		}
		return markup.Inline{Kind: kind, Children: children}
	}
}

// drawLines draws a paragraph. Marks end with its lines, because Slack's do.
func drawLines(t *rapid.T) markup.Block {
	p := markup.Block{Kind: markup.Paragraph}
	for n := range rapid.IntRange(1, 2).Draw(t, "lines") {
		if n > 0 {
			p.Inlines = append(p.Inlines, markup.Inline{Kind: markup.Break})
		}
		for range rapid.IntRange(1, 3).Draw(t, "inlines") {
			p.Inlines = append(p.Inlines, drawMarks(t, 2))
		}
		p.Inlines = append(p.Inlines, markup.Inline{Kind: markup.Text, Text: "."})
	}
	return p
}

func drawItems(t *rapid.T, depth, most int) markup.Block {
	b := markup.Block{Kind: markup.List, Ordered: rapid.Bool().Draw(t, "ordered"), Start: rapid.IntRange(1, most).Draw(t, "start")}
	for range rapid.IntRange(1, 3).Draw(t, "items") {
		item := []markup.Block{drawLines(t)}
		if depth > 0 && rapid.Bool().Draw(t, "nested") {
			item = append(item, drawItems(t, depth-1, most))
		}
		b.Items = append(b.Items, item)
	}
	return b
}

// drawExpressible draws what all platforms can say: no quote in a quote, no code in quotes and lists, and no list that begins
// with a number above the given one.
func drawExpressible(t *rapid.T, most int) markup.Doc {
	var d markup.Doc
	for range rapid.IntRange(1, 4).Draw(t, "blocks") {
		switch rapid.IntRange(0, 5).Draw(t, "block") {
		case 0:
			d.Blocks = append(d.Blocks, markup.Block{Kind: markup.Quote, Blocks: []markup.Block{drawLines(t), drawLines(t)}})
		case 1:
			d.Blocks = append(d.Blocks, drawItems(t, 2, most))
		case 2:
			d.Blocks = append(d.Blocks, markup.Block{Kind: markup.CodeBlock, Text: rapid.StringMatching("[a-z<>&*`@:]{0,8}\n {0,2}[a-z`]{1,8}").Draw(t, "code")})
		case 3:
			d.Blocks = append(d.Blocks, markup.Block{Kind: markup.Quote, Blocks: []markup.Block{drawItems(t, 1, most)}})
		default:
			d.Blocks = append(d.Blocks, drawLines(t))
		}
	}
	return d
}

// What is written and read again is the same, on each platform.
func TestPlatformsRoundTrip(t *testing.T) {
	for _, p := range platforms {
		t.Run(p.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				want := markup.Normalize(drawExpressible(t, p.most))
				text := p.write(want)
				if got := p.parse(text); !reflect.DeepEqual(want, got) { // a thousand times faster than a diff
					t.Fatalf("%q is read as another text (-want +got):\n%s", text, cmp.Diff(want, got))
				}
			})
		})
	}
}

// Text without any formatting stays what it is, whatever it looks like.
func TestPlatformsKeepText(t *testing.T) {
	for _, p := range platforms {
		t.Run(p.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				lines := slices.DeleteFunc(rapid.SliceOfN(phrase, 1, 6).Draw(t, "lines"), func(l string) bool { return strings.TrimSpace(l) == "" })
				want := markup.FromPlain(strings.Join(lines, "\n"))
				text := p.write(want)
				if got := p.parse(text); !reflect.DeepEqual(want, got) { // a thousand times faster than a diff
					t.Fatalf("%q is read as another text (-want +got):\n%s", text, cmp.Diff(want, got))
				}
			})
		})
	}
}

// quick checks that a text of many pieces is read and written in no time, and if the machine is busy, not in the square
// of it: four times the text takes four times as long, and not sixteen.
func quick(t *testing.T, piece string, parse func(string) markup.Doc) {
	t.Helper()
	takes := func(pieces int) time.Duration {
		text := strings.Repeat(piece, pieces)
		start := time.Now()
		d := parse(text)
		for _, p := range platforms {
			p.write(d)
		}
		return time.Since(start)
	}
	many := max(4, min(10_000, 150_000/len(piece)))
	if takes(many) < time.Second {
		return
	}
	few, all := takes(many/4), takes(many)
	for range 2 {
		few, all = min(few, takes(many/4)), min(all, takes(many))
	}
	if all > 10*few && all > time.Second {
		t.Errorf("%d times %.20q take %s, a quarter of it %s", many, piece, all, few)
	}
}

func FuzzParseSlack(f *testing.F) {
	for _, s := range pieces {
		f.Add(s)
	}
	f.Add(strings.Join(pieces, ""))
	f.Fuzz(func(t *testing.T, text string) { crosses(t, platforms[0], text) })
}

func FuzzParseTeams(f *testing.F) {
	for _, s := range pieces {
		f.Add(s)
	}
	f.Add(strings.Join(pieces, ""))
	f.Fuzz(func(t *testing.T, text string) {
		crosses(t, platforms[1], text)
		crosses(t, platform{name: "plain teams", parse: func(s string) markup.Doc { return markup.ParseTeamsText(s, known) }}, text)
	})
}

func FuzzParseSlackBlocks(f *testing.F) {
	f.Add(`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a","style":{"bold":true}},{"type":"emoji","unicode":"1f44d-d800"}]}]}]`)
	f.Add(`[{"type":"rich_text","elements":[{"type":"rich_text_list","style":"ordered","indent":-3,"elements":[{"elements":[{"type":"user","user_id":"U1"}]}]}]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		crosses(t, platform{name: "slack's blocks", parse: func(s string) markup.Doc {
			d, _ := markup.ParseSlackBlocks([]byte(s), known)
			return d
		}}, text)
	})
}
