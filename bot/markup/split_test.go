package markup_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"standleitung/bot/markup"
)

// inCharacters is what Slack counts, inBytes what Teams does.
func inCharacters(n int) func(markup.Doc) bool {
	return func(d markup.Doc) bool { return utf8.RuneCountInString(markup.Slack(d, onSlack)) <= n }
}

func inBytes(n int) func(markup.Doc) bool {
	return func(d markup.Doc) bool { s, _ := markup.Teams(d, onTeams); return len(s) <= n }
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  []string
	}{
		{"", 10, []string{""}},
		{"kurz", 10, []string{"kurz"}},
		{"erster Absatz\n\nzweiter Absatz", 20, []string{"erster Absatz", "zweiter Absatz"}},
		{"erste Zeile\nzweite Zeile", 15, []string{"erste Zeile", "zweite Zeile"}},
		{"eins zwei drei vier", 10, []string{"eins zwei", "drei vier"}},
		{"Donaudampfschifffahrt", 10, []string{"Donaudampf", "schifffahr", "t"}},
		{"**eins zwei drei**", 10, []string{"*eins*", "*zwei*", "*drei*"}},
		{"- eins\n- zwei\n- drei", 13, []string{"• eins\n• zwei", "• drei"}},
		{"> eins zwei drei", 13, []string{"&gt; eins", "&gt; zwei", "&gt; drei"}},
		{"```\na = 1\nb = 2\nc = 3\n```", 20, []string{"```\na = 1\nb = 2\n```", "```\nc = 3\n```"}},
		{"ab cd [Seite](https://a.example) e", 34, []string{"ab cd <https://a.example|Seite> e"}},
		{"ab cd [Seite](https://a.example) e", 30, []string{"ab cd", "<https://a.example|Seite> e"}},
		{"[Seite](https://a.example/lang)", 10, []string{"<https://a.example/lang|S>", "<https://a.example/lang|e>", "<https://a.example/lang|i>", "<https://a.example/lang|t>", "<https://a.example/lang|e>"}},
		{"a & b & c", 9, []string{"a &amp; b", "&amp; c"}},
		{"9. eins\n10. zwei\n11. drei", 16, []string{"9. eins\n10. zwei", "11. drei"}},
		{"7. eins zwei\n8. drei", 10, []string{"7. eins", "7. zwei", "8. drei"}},
		{"Guten Tag @Mara", 12, []string{"Guten Tag", "<@U1>"}},
	} {
		var got []string
		for _, part := range markup.Split(markup.ParseMarkdown(c.in, people), inCharacters(c.limit)) {
			got = append(got, markup.Slack(part, onSlack))
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%q in %d\n got %q\nwant %q", c.in, c.limit, got, c.want)
		}
	}
}

// together are characters of more than one rune, and names of emoji: they are never cut.
var together = []string{"👩‍👩‍👧", "👍🏽", "🇩🇪", "e\u0301", "❤️", "1️⃣", ":unsere_pumpe:"}

// wholes counts them in all texts of documents.
func wholes(docs ...markup.Doc) int {
	n := 0
	for _, d := range docs {
		count := func(s string) {
			for _, c := range together {
				n += strings.Count(s, c)
			}
		}
		markup.Replace(d, func(in markup.Inline) markup.Inline {
			count(in.Text)
			return in
		})
		for _, b := range d.Blocks {
			count(b.Text)
		}
	}
	return n
}

func TestSplitKeepsCharactersWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(append([]string{"a", " "}, together...)), 1, 60).Draw(t, "text"), "")
		p := markup.Block{Kind: markup.Paragraph, Inlines: []markup.Inline{{Kind: markup.Text, Text: text}, {Kind: markup.Code, Text: "x" + text}}}
		d := markup.Normalize(markup.Doc{Blocks: []markup.Block{p, {Kind: markup.CodeBlock, Text: "x" + text}}})
		parts := markup.Split(d, inBytes(rapid.IntRange(80, 200).Draw(t, "limit")))
		if got, want := wholes(parts...), wholes(d); got != want {
			t.Fatalf("the parts of %q hold %d whole characters, want %d", text, got, want)
		}
	})
	// What goes on for ever is no character.
	d := markup.FromPlain("a" + strings.Repeat("\u0301", 5000))
	if n := len(markup.Split(d, inBytes(1000))); n < 10 {
		t.Errorf("%d parts", n)
	}
}

// long is a message of 40,000 characters: all that can be written, again and again.
func long() markup.Doc {
	piece := "**Neu** bei @Mara: die *Pumpe* [PX-7](https://a.example/?a=1&b=2) 👩‍👩‍👧 ersetzt ~~PX-6~~ und `x < 1`.\nZweite Zeile 🇩🇪 :unsere_pumpe:\n\n> gesagt **und** getan\n\n- eins\n  1. a\n  2. b\n- zwei\n\n```\nif x < 1 {\n  y()\n}\n```\n"
	text := "1. Vorab\n" + strings.Repeat("1. Punkt\n", 400) + "\n```\n" + strings.Repeat("Zeile := 1 // <&>\n", 500) + "```\n"
	for utf8.RuneCountInString(text) < 40_000 {
		text += piece
	}
	return markup.ParseMarkdown(text, people)
}

// The longest message that Slack takes is cut for each platform without losing anything: code goes on as code, a list with its
// numbers, and nobody and nothing that is linked is lost.
func TestSplitOfTheLongest(t *testing.T) {
	d := long()
	for name, fits := range map[string]func(markup.Doc) bool{
		"slack": inCharacters(3000), "teams": inBytes(18 << 10),
		"web": func(d markup.Doc) bool { return utf8.RuneCountInString(markup.Markdown(d, people)) <= 12_000 },
	} {
		parts := markup.Split(d, fits)
		var plain []string
		mentions, links := 0, 0
		for _, part := range parts {
			if !fits(part) {
				t.Errorf("%s: a part does not fit", name)
			}
			plain = append(plain, markup.Plain(part))
			mentions += strings.Count(short(part), "@(u1|Mara)")
			links += strings.Count(short(part), "a(https://a.example/?a=1&b=2|PX-7)")
		}
		bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got, want := bare(strings.Join(plain, "\n")), bare(markup.Plain(d)); got != want {
			t.Errorf("%s: together the %d parts say something else", name, len(parts))
		}
		whole := strings.Count(short(d), "@(u1|Mara)")
		if len(parts) < 3 || mentions != whole || links != whole || whole < 50 {
			t.Errorf("%s: %d parts with %d mentions and %d links, want %d of each", name, len(parts), mentions, links, whole)
		}
		t.Logf("%s: %d parts", name, len(parts))
	}
}

// words are all that a text says, without blanks and signs.
func words(docs ...markup.Doc) string {
	var b strings.Builder
	var inlines func([]markup.Inline)
	inlines = func(list []markup.Inline) {
		for _, in := range list {
			b.WriteString(in.Text)
			inlines(in.Children)
		}
	}
	var blocks func([]markup.Block)
	blocks = func(list []markup.Block) {
		for _, block := range list {
			b.WriteString(block.Text)
			inlines(block.Inlines)
			blocks(block.Blocks)
			for _, item := range block.Items {
				blocks(item)
			}
		}
	}
	for _, d := range docs {
		blocks(d.Blocks)
	}
	return strings.Join(strings.Fields(b.String()), "")
}

// Every part fits, none is empty, and together they say what the whole said.
func TestSplitLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := markup.Normalize(drawExpressible(t, 30))
		limit := rapid.IntRange(200, 600).Draw(t, "limit")
		fits := inCharacters(limit)
		if rapid.Bool().Draw(t, "bytes") {
			fits = inBytes(limit)
		}
		parts := markup.Split(d, fits)
		for _, part := range parts {
			if part.IsZero() || !fits(part) {
				t.Fatalf("a part of %d does not fit: %q", limit, markup.Slack(part, onSlack))
			}
		}
		if got, want := words(parts...), words(d); got != want {
			t.Fatalf("together the parts are\n%q, want\n%q", got, want)
		}
	})
}

// A long text is cut in a moment.
func TestSplitStaysQuick(t *testing.T) {
	quick(t, "Läuft die *Pumpe* ohne Cloud?\n\n", func(text string) markup.Doc {
		d := markup.ParseSlack(text[:len(text)/4], known) // it is asked to fit many times
		if n := len(markup.Split(d, inCharacters(1000))); n < 5 {
			t.Errorf("%d parts", n)
		}
		return d
	})
}
