package markup_test

import (
	"strings"
	"testing"

	"standleitung/bot/markup"
)

// known is what the tests know of people: the same ones on each platform.
var known = markup.Names{
	Person: func(id, label string) (string, string) {
		switch {
		case id == "U1" || label == "Mara":
			return "u1", "Mara"
		case id == "U2" || label == "Jan Ohm":
			return "u2", "Jan Ohm"
		}
		return "", ""
	},
	Name: func(id string) string { return map[string]string{"C1": "presse", "S1": "vertrieb"}[id] },
}

func onSlack(person string) (string, bool) {
	id, ok := map[string]string{"u1": "U1", "u2": "U2"}[person]
	return id, ok
}

// The texts follow the examples of https://docs.slack.dev/messaging/formatting-message-text and what Slack's own
// composer sends.
func TestParseSlack(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"Läuft die Pumpe ohne Cloud?", "Läuft die Pumpe ohne Cloud?"},
		{"Hello, &lt;world&gt; &amp; all", "Hello, <world> & all"},
		{"&amp;lt;b&amp;gt;", "&lt;b&gt;"},
		{"*fett* _kursiv_ ~weg~ `code`", "b(fett) i(kursiv) s(weg) code(code)"},
		{"*fett und _kursiv_ darin*", "b(fett und i(kursiv) darin)"},
		{"_*beides*_", "i(b(beides))"},
		{"*a _b* c_", "b(a _b) c_"},
		{"snake_case_name, 2 * 3 * 4, ~5 und ~6", "snake_case_name, 2 * 3 * 4, ~5 und ~6"},
		{"Super_cali_fragilistic*expiali*docious", "Super_cali_fragilistic*expiali*docious"},
		{"Super\u200b_\u200bcali\u200b_\u200bfragil\u200b*expi*\u200bdocious", "Superi(cali)fragilb(expi)docious"},
		{"*offen", "*offen"},
		{"offen*", "offen*"},
		{"* kein * fett", "* kein * fett"},
		{"**nein**", "**nein**"},
		{"*über die\nZeile*", "*über die⏎Zeile*"},
		{"`a *b* &lt;c&gt; :smile:`", "code(a *b* <c> :smile:)"},
		{"`<https://a.example|a.example>`", "code(a.example)"},
		{"``", "``"},
		{"```if x {\n  y &amp;&amp; *z*\n}```", "pre(if x {⏎  y && *z*⏎})"},
		{"vor ```mitten``` nach", "vor ¶ pre(mitten) ¶ nach"},
		{"```offen", "```offen"},
		{"&gt; gesagt\n&gt; und noch\nAntwort", "quote(gesagt⏎und noch) ¶ Antwort"},
		{"> gesagt", "quote(gesagt)"},
		{"&gt;&gt;&gt;alles\nbis zum\n\nEnde", "quote(alles⏎bis zum ¶ Ende)"},
		{"&gt; &gt; flach", "quote(> flach)"},
		{"5 &gt; 3", "5 > 3"},
		{"• eins\n• zwei\n    ◦ darunter\n    ◦ noch\n• drei", "ul(eins | zwei ¶ ul(darunter | noch) | drei)"},
		{"1. eins\n2. zwei\n    • Punkt", "ol(eins | zwei ¶ ul(Punkt))"},
		{"24. Dezember ist frei", "ol24(Dezember ist frei)"},
		{"1. eins\n3. drei\n4. vier", "ol(eins) ¶ ol3(drei | vier)"},
		{"- eins", "- eins"},
		{"Am 3. Dezember", "Am 3. Dezember"},
		{"<https://a.example/x?a=1&amp;b=2>", "a(https://a.example/x?a=1&b=2|https://a.example/x?a=1&b=2)"},
		{"<https://a.example|die *Seite*>", "a(https://a.example|die *Seite*)"},
		{"*<https://a.example|fett>*", "b(a(https://a.example|fett))"},
		{"<mailto:mara@a.example|mara@a.example>", "a(mailto:mara@a.example|mara@a.example)"},
		{"siehe https://a.example/x&amp;y.", "siehe a(https://a.example/x&y|https://a.example/x&y)."},
		{"<javascript:alert(1)|klick>", "klick"},
		{"<slack://open|klick>", "klick"},
		{"<tel:+49301|030 1>", "030 1"},
		{"Hey <@U1>, <@U2|jan>, <@U9|max> und <@U8>", "Hey @(u1|Mara), @(u2|Jan Ohm), @max und @U8"},
		{"<#C1|general> <#C1> <#C9>", "#general #presse #C9"},
		{"<!here> <!channel> <!everyone> <!here|here>", "@here @channel @everyone @here"},
		{"<!subteam^S1|@team> <!subteam^S1>", "@team @vertrieb"},
		{"<!date^1392734382^{date_num} {time_secs}|2014-02-18 6:39 PST>", "2014-02-18 6:39 PST"},
		{"<!date^1392734382^{date_num}>", "2014-02-18 14:39 UTC"},
		{"<!unbekannt>", "@unbekannt"},
		{"<|x> <> <", "x <> <"},
		{":thumbsup: :+1::skin-tone-3: :flag-de: :de: :unsere_pumpe:", "👍 👍🏼 🇩🇪 🇩🇪 :unsere_pumpe:"},
		{"10:30:45 a:b:c 10:100:20 https", "10:30:45 a:b:c 10:100:20 https"},
		{"(:smile:) :man-shrugging::skin-tone-5:", "(😄) 🤷🏾‍♂️"},
		{"a\r\nb", "a⏎b"},
		{"&lt;at&gt;Mara&lt;/at&gt;", "<at>Mara</at>"},
	} {
		if got := short(markup.ParseSlack(c.in, known)); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

// An address with brackets, as in many encyclopedias, leads where it led.
func TestBracketsInAddresses(t *testing.T) {
	text := markup.Markdown(markup.ParseSlack("<https://a.example/PX_(Pumpe)|PX>", known), nil)
	if got, want := short(markup.ParseMarkdown(text, nil)), "a(https://a.example/PX_(Pumpe)|PX)"; got != want {
		t.Errorf("%s is read as %s, want %s", text, got, want)
	}
}

// Whoever has no names at hand still reads everything.
func TestParseSlackWithoutNames(t *testing.T) {
	if got, want := short(markup.ParseSlack("<@U1> <@U1|mara> <#C1> <!subteam^S1>", markup.Names{})), "@U1 @mara #C1 @S1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The block follows https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
func TestParseSlackBlocks(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{
			`[{"type":"rich_text","block_id":"Vrzsu","elements":[{"type":"rich_text_section","elements":[
			{"type":"text","text":"Hallo *du* ","style":{"italic":true}},{"type":"user","user_id":"U1"},{"type":"text","text":"\nzwei\n\ndrei "},
			{"type":"emoji","name":"+1","unicode":"1f44d-1f3fd","skin_tone":4},{"type":"emoji","name":"unsere_pumpe"},{"type":"emoji","name":"wave","skin_tone":2},
			{"type":"link","url":"https://a.example","text":"Seite","style":{"bold":true}},{"type":"text","text":" x","style":{"code":true}}]}]}]`,
			"i(Hallo *du*) @(u1|Mara)⏎zwei ¶ drei 👍🏽:unsere_pumpe:👋🏻b(a(https://a.example|Seite))code(x)",
		},
		{
			`[{"type":"rich_text","elements":[
			{"type":"rich_text_list","style":"bullet","indent":0,"border":0,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"eins"}]}]},
			{"type":"rich_text_list","style":"ordered","indent":1,"offset":2,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a"}]},{"type":"rich_text_section","elements":[{"type":"text","text":"b"}]}]},
			{"type":"rich_text_list","style":"bullet","indent":0,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"zwei"}]}]},
			{"type":"rich_text_quote","elements":[{"type":"text","text":"gesagt"}]},
			{"type":"rich_text_preformatted","border":0,"elements":[{"type":"text","text":"a := <b>\n"},{"type":"link","url":"https://a.example"}]}]}]`,
			"ul(eins ¶ ol3(a | b) | zwei) ¶ quote(gesagt) ¶ pre(a := <b>⏎https://a.example)",
		},
		{
			`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[
			{"type":"broadcast","range":"channel"},{"type":"text","text":" "},{"type":"usergroup","usergroup_id":"S1"},{"type":"text","text":" "},{"type":"channel","channel_id":"C1"},
			{"type":"text","text":" "},{"type":"color","value":"#F405B3"},{"type":"text","text":" "},{"type":"date","timestamp":1392734382,"format":"{date}"},
			{"type":"link","url":"javascript:alert(1)","text":" klick"}]}]}]`,
			"@channel @vertrieb #presse #F405B3 2014-02-18 14:39 UTC klick",
		},
		{
			`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"Preise:"}]},
			{"type":"rich_text_quote","elements":[{"type":"text","text":"gesagt"}]},
			{"type":"rich_text_list","style":"ordered","indent":0,"offset":2,"border":1,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"c"}]}]},
			{"type":"rich_text_preformatted","border":1,"elements":[{"type":"text","text":"x"}]}]},
			{"type":"table","rows":[[{"type":"raw_text","text":"Pumpe"},{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"Preis","style":{"bold":true}}]}]}],
			[{"type":"raw_text","text":"PX-7"},{"type":"raw_text","text":"<!here>"}]]}]`,
			"Preise: ¶ quote(gesagt ¶ ol3(c) ¶ pre(x)) ¶ Pumpe | b(Preis)⏎PX-7 | <!here>",
		},
	} {
		d, ok := markup.ParseSlackBlocks([]byte(c.in), known)
		if got := short(d); !ok || got != c.want {
			t.Errorf("%s\n got %v %s\nwant %s", c.in, ok, got, c.want)
		}
	}
	for _, in := range []string{"", "null", "[]", "{}", `[{"type":"section"}]`, `[{"type":"rich_text","elements":[{"type":"neu"}]}]`, `[{"type":"rich_text"}]`} {
		if d, ok := markup.ParseSlackBlocks([]byte(in), known); ok {
			t.Errorf("%s is read as %s: the text says more", in, short(d))
		}
	}
}

func TestSlack(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"**fett** *kursiv* ~~weg~~ `code`", "*fett* _kursiv_ ~weg~ `code`"},
		{"**_beides_**", "*_beides_*"},
		{"A**B**C", "A\u200b*B*\u200bC"},
		{"**a\nb**", "*a*\n*b*"},
		{"Tom & Jerry <b> 5 > 3", "Tom &amp; Jerry &lt;b&gt; 5 &gt; 3"},
		{"<@U1> <!here> <https://a.example>", "&lt;@U1&gt; &lt;!here&gt; &lt;<https://a.example>&gt;"},
		{"@here und @Channel", "@\u2060here und @\u2060Channel"},
		{"@Mara und @niemand", "<@U1> und @niemand"},
		{`\*kein\* fett, snake_case, 2 \* 3`, "\u2060*\u2060kein\u2060*\u2060 fett, snake_case, 2 * 3"},
		{`\> kein Zitat`, "\u2060&gt; kein Zitat"},
		{`1\. keine Liste`, "1\u2060. keine Liste"},
		{`https\://a.example`, "https:\u2060//a.example"},
		{`:smile: 10:30:45`, ":\u2060smile: 10:30:45"},
		{"[Preise & mehr](https://a.example/?a=1&b=2|3)", "<https://a.example/?a=1&amp;b=2%7C3|Preise &amp; mehr>"},
		{"[**fett**](https://a.example)", "*<https://a.example|fett>*"},
		{"[mail](mailto:a@b.example)", "<mailto:a@b.example|mail>"},
		{"> a\n> > b\n\nc", "&gt; a\n&gt; b\nc"},
		{"> ```\n> x\n> y\n> ```", "&gt; `x`\n&gt; `y`"},
		{"- a\n  - b\n    1. c\n- d", "• a\n    ◦ b\n        1. c\n• d"},
		{"1. a\n2. b", "1. a\n2. b"},
		{"- a\n  b\n  > c", "• a\n  b\n  c"},
		{"```\na ``` b\n<x>\n```", "```\na ``\u200b` b\n&lt;x&gt;\n```"},
		{"a\n\nb", "a\n\nb"},
	} {
		if got := markup.Slack(markup.ParseMarkdown(c.in, people), onSlack); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.in, got, c.want)
		}
	}
	strange := markup.Doc{Blocks: []markup.Block{{Kind: markup.Paragraph, Inlines: []markup.Inline{
		{Kind: markup.Code, Text: "a`b"},
		{Kind: markup.Text, Text: "c"},
		{Kind: markup.Mention, Text: "<!here>", Ref: "u9"},
		{Kind: markup.Mention, Text: "alle", Ref: "u9"},
		{Kind: markup.Mention, Text: "x", Ref: "böse"},
		{Kind: markup.Text, Text: "\xff"},
	}}}}
	evil := func(person string) (string, bool) { return "U1> <!here", person == "böse" }
	if got, want := markup.Slack(strange, evil), "`aˋb`\u200bc@&lt;!here&gt;@\u2060alle@x\uFFFD"; got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	if got, want := markup.Slack(markup.ParseMarkdown("@Mara", people), nil), "@Mara"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEmoji(t *testing.T) {
	for _, c := range []struct{ name, sign, back string }{
		{"thumbsup", "👍", "+1"},
		{"+1", "👍", "+1"},
		{"+1::skin-tone-3", "👍🏼", "+1::skin-tone-3"},
		{"flag-de", "🇩🇪", "de"},
		{"flag-at", "🇦🇹", "flag-at"},
		{"tada", "🎉", "tada"},
		{"heart", "❤️", "heart"},
		{"hugging_face", "🤗", "hugging_face"},
		{"white_check_mark", "✅", "white_check_mark"},
		{"man-shrugging::skin-tone-5", "🤷🏾‍♂️", "man-shrugging::skin-tone-5"},
		{"point_up::skin-tone-2", "☝🏻", "point_up::skin-tone-2"},
		{"skin-tone-6", "🏿", "skin-tone-6"},
		{"tada::skin-tone-2", "🎉", "tada"},
	} {
		sign, ok := markup.Emoji(c.name)
		back, known := markup.EmojiName(c.sign)
		if !ok || sign != c.sign || !known || back != c.back {
			t.Errorf("%s is %q %v (want %q), which is called %q %v (want %q)", c.name, sign, ok, c.sign, back, known, c.back)
		}
	}
	if name, ok := markup.EmojiName("❤"); !ok || name != "heart" {
		t.Errorf("❤ without its colour is called %q", name)
	}
	for _, name := range []string{"", "unsere_pumpe", "30", "+1::skin-tone-9", "+1::skin-tone-", "flag-DE", "flag-deu"} {
		if sign, ok := markup.Emoji(name); ok {
			t.Errorf("%q is %q", name, sign)
		}
	}
	for _, sign := range []string{"", "a", "ab", "👍👍", "\xff", "🏼🏼"} {
		if name, ok := markup.EmojiName(sign); ok {
			t.Errorf("%q is called %q", sign, name)
		}
	}
}

// Hostile texts cost about as much as long ones.
func TestSlackStaysQuick(t *testing.T) {
	for _, piece := range []string{"*a ", "*", "<", "&lt;", "`", "`a", "```", "<@", "<a>", ":smile:", ":", "&gt; ", "&gt;\n", "• a\n", "    • a\n", "_*~a", "*a*\u200b", "*a* ", "http://", "h", "\u2060", "a\n\n"} {
		quick(t, piece, func(text string) markup.Doc { return markup.ParseSlack(text, known) })
	}
	var deep strings.Builder
	for n := range 400 {
		deep.WriteString(strings.Repeat(" ", n) + "• a\n")
	}
	quick(t, deep.String(), func(text string) markup.Doc { return markup.ParseSlack(text, known) })
}
