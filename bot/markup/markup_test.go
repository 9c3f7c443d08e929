package markup_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"standleitung/bot/markup"
)

func people(name string) (string, bool) {
	known := map[string]string{"Mara": "u1", "Jan Ohm": "u2", "jan.ohm": "u2"}
	id, ok := known[name]
	return id, ok
}

// short writes a tree for tables: b(…) for bold, a(url|…) for links, and so on.
func short(d markup.Doc) string {
	var b strings.Builder
	blocks(&b, d.Blocks)
	return b.String()
}

func blocks(b *strings.Builder, list []markup.Block) {
	for i, block := range list {
		if i > 0 {
			b.WriteString(" ¶ ")
		}
		switch block.Kind {
		case markup.Quote:
			b.WriteString("quote(")
			blocks(b, block.Blocks)
			b.WriteString(")")
		case markup.List:
			b.WriteString(map[bool]string{true: "ol", false: "ul"}[block.Ordered])
			if block.Start != 0 {
				b.WriteString(strconv.Itoa(block.Start))
			}
			b.WriteString("(")
			for n, item := range block.Items {
				if n > 0 {
					b.WriteString(" | ")
				}
				blocks(b, item)
			}
			b.WriteString(")")
		case markup.CodeBlock:
			b.WriteString("pre(" + strings.ReplaceAll(block.Text, "\n", "⏎") + ")")
		default:
			inlines(b, block.Inlines)
		}
	}
}

func inlines(b *strings.Builder, list []markup.Inline) {
	for _, in := range list {
		switch in.Kind {
		case markup.Break:
			b.WriteString("⏎")
		case markup.Text:
			b.WriteString(in.Text)
		case markup.Code:
			b.WriteString("code(" + in.Text + ")")
		case markup.Mention:
			b.WriteString("@(" + in.Ref + "|" + in.Text + ")")
		case markup.Link:
			b.WriteString("a(" + in.Ref + "|")
			inlines(b, in.Children)
			b.WriteString(")")
		default:
			b.WriteString(string(in.Kind) + "(")
			inlines(b, in.Children)
			b.WriteString(")")
		}
	}
}

func TestParseMarkdown(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"Läuft die Pumpe ohne Cloud?", "Läuft die Pumpe ohne Cloud?"},
		{"**wichtig**: bitte lesen", "b(wichtig): bitte lesen"},
		{"das ist *sehr* gut", "das ist i(sehr) gut"},
		{"das ist _sehr_ gut", "das ist i(sehr) gut"},
		{"~~alt~~ neu", "s(alt) neu"},
		{"**fett und *kursiv* darin**", "b(fett und i(kursiv) darin)"},
		{"*kursiv und **fett** darin*", "i(kursiv und b(fett) darin)"},
		{"snake_case_name bleibt", "snake_case_name bleibt"},
		{"2 * 3 * 4 = 24", "2 * 3 * 4 = 24"},
		{"5*3", "5*3"},
		{"**offen", "**offen"},
		{"offen**", "offen**"},
		{"** nicht fett **", "** nicht fett **"},
		{"****", "****"},
		{"*", "*"},
		{"Sternchen*innen und Leser*innen", "Sterncheni(innen und Leser)innen"},
		{"`code mit *stern*`", "code(code mit *stern*)"},
		{"ein ` allein", "ein ` allein"},
		{"```\nif x {\n  y\n}\n```", "pre(if x {⏎  y⏎})"},
		{"```\noffen", "```⏎offen"},
		{"erste\nzweite", "erste⏎zweite"},
		{"erste\n\nzweite", "erste ¶ zweite"},
		{"> gesagt\n> und noch\nAntwort", "quote(gesagt⏎und noch) ¶ Antwort"},
		{"> > tiefer", "quote(quote(tiefer))"},
		{"- eins\n- zwei", "ul(eins | zwei)"},
		{"* eins\n* zwei", "ul(eins | zwei)"},
		{"1. eins\n2. zwei", "ol(eins | zwei)"},
		{"24. Dezember ist frei", "ol24(Dezember ist frei)"},
		{"2) zwei\n3) drei", "ol2(zwei | drei)"},
		{"1. eins\n1. zwei\n1. drei", "ol(eins | zwei | drei)"},
		{"1. eins\n3. drei", "ol(eins) ¶ ol3(drei)"},
		{"1. eins\n\n2. zwei", "ol(eins | zwei)"},
		{"24. Dezember\n1. Januar", "ol24(Dezember) ¶ ol(Januar)"},
		{"- eins\n\n  mehr\n\n  - darunter\n- zwei", "ul(eins ¶ mehr ¶ ul(darunter) | zwei)"},
		{"- eins\n\nvorbei", "ul(eins) ¶ vorbei"},
		{"- ```\n  a\n\n  b\n  ```", "ul(pre(a⏎⏎b))"},
		{"```go\nx\n```", "pre(x)"},
		{"```das ist Code\nx\n```", "pre(das ist Code⏎x)"},
		{"```x``` davor\n```\ny\n```", "code(x) davor ¶ pre(y)"},
		{"````\n```\nx\n```\n````", "pre(```⏎x⏎```)"},
		{"``a`b`` ` allein", "code(a`b) ` allein"},
		{"***wichtig***", "b(i(wichtig))"},
		{"**fett *beides***", "b(fett i(beides))"},
		{"*kursiv **beides***", "i(kursiv b(beides))"},
		{"~~\\~~~", "s(~)"},
		{"**[x](https://a.example/**)**", "b(a(https://a.example/**|x))"},
		{"[PX](https://a.example/PX_(Pumpe))", "a(https://a.example/PX_(Pumpe)|PX)"},
		{"@[Jan Ohm]", "@(u2|Jan Ohm)"},
		{"@[niemand] @[Mara", "@[niemand] @[Mara"},
		{"- eins\n  - darunter\n- zwei", "ul(eins ¶ ul(darunter) | zwei)"},
		{"-1 Grad", "-1 Grad"},
		{"- ", "-"},
		{"Am 3. Dezember", "Am 3. Dezember"},
		{"https://nordpumpe.example/a?b=c", "a(https://nordpumpe.example/a?b=c|https://nordpumpe.example/a?b=c)"},
		{"Siehe https://a.example/x.", "Siehe a(https://a.example/x|https://a.example/x)."},
		{"(https://a.example/x)", "(a(https://a.example/x|https://a.example/x))"},
		{"[hier](https://a.example)", "a(https://a.example|hier)"},
		{"[**fett**](https://a.example)", "a(https://a.example|b(fett))"},
		{"[böse](javascript:alert(1))", "[böse](javascript:alert(1))"},
		{"[böse](data:text/html,x)", "[böse](data:text/html,x)"},
		{"[](https://a.example)", "[](a(https://a.example|https://a.example))"},
		{"[eckig] und (rund)", "[eckig] und (rund)"},
		{"@Mara liest du das?", "@(u1|Mara) liest du das?"},
		{"@Jan Ohm bitte", "@(u2|Jan Ohm) bitte"},
		{"@jan.ohm.", "@(u2|jan.ohm)."},
		{"@niemand da", "@niemand da"},
		{"mail@Mara.example", "mail@Mara.example"},
		{"@here @channel", "@here @channel"},
		{`\*kein\* \_kursiv\_`, "*kein* _kursiv_"},
		{`D:\Pumpen\mara`, `D:\Pumpen\mara`},
		{"<script>alert(1)</script>", "<script>alert(1)</script>"},
		{"<@U1> <!here>", "<@U1> <!here>"},
		{"# keine Überschrift", "# keine Überschrift"},
		{"**a** **b**", "b(a) b(b)"},
		{"a **b\nc** d", "a b(b⏎c) d"},
	} {
		if got := short(markup.ParseMarkdown(c.in, people)); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

func TestPlainAndMatchable(t *testing.T) {
	d := markup.ParseMarkdown("**Neu**: [Preise](https://a.example/teurer) `teurer`\n> gesagt\n\n- eins\n- zwei\n\nhttps://a.example/teurer @Mara", people)
	if got, want := markup.Plain(d), "Neu: Preise (https://a.example/teurer) teurer\n> gesagt\n• eins\n• zwei\nhttps://a.example/teurer @Mara"; got != want {
		t.Errorf("plain\n got %q\nwant %q", got, want)
	}
	if got := markup.Matchable(d); strings.Contains(got, "teurer") || !strings.Contains(got, "Preise") {
		t.Errorf("matchable %q: code and addresses are no words of the writer", got)
	}
}

func TestDisarm(t *testing.T) {
	d := markup.Disarm(markup.ParseMarkdown("@here **@Channel** > @alle @Mara\n- @all", people))
	if got, want := markup.Plain(d), "@\u2060here @\u2060Channel > @\u2060alle @Mara\n• @\u2060all"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What is written for people to change stays readable.
func TestMarkdownEscapesLittle(t *testing.T) {
	for _, text := range []string{
		"Ab Januar wird sie teurer.", "Am 3. Dezember (Mo) um 10:00: los!", "snake_case, a/b, C#, 5 > 3", "mara@nordpumpe.example", "– Gedankenstrich • Punkt ’",
	} {
		if got := markup.Markdown(markup.FromPlain(text), people); got != text {
			t.Errorf("%q is written as %q", text, got)
		}
	}
}

// What is written for people to change reads back the same, whatever stands beside each other.
func TestMarkdownReadsBack(t *testing.T) {
	text := func(s string) markup.Inline { return markup.Inline{Kind: markup.Text, Text: s} }
	with := func(kind markup.Kind, in ...markup.Inline) markup.Inline {
		return markup.Inline{Kind: kind, Children: in}
	}
	mara := markup.Inline{Kind: markup.Mention, Text: "Mara", Ref: "u1"}
	address := markup.Inline{Kind: markup.Link, Ref: "https://a.example/x", Children: []markup.Inline{text("https://a.example/x")}}
	for _, c := range []struct {
		in   []markup.Inline
		want string
	}{
		{[]markup.Inline{with(markup.Bold, with(markup.Italic, text("x")))}, "**\u2060*x*\u2060**"},
		{[]markup.Inline{with(markup.Bold, text("a")), with(markup.Italic, text("b"))}, "**a**\u2060*b*"},
		{[]markup.Inline{mara, text(", bitte")}, "@Mara, bitte"},
		{[]markup.Inline{mara, text("s Kunde")}, "@[Mara]s Kunde"},
		{[]markup.Inline{text("für"), mara}, "für\u2060@Mara"},
		{[]markup.Inline{{Kind: markup.Mention, Text: "Jan Ohm", Ref: "u9"}}, `\@Jan Ohm`},
		{[]markup.Inline{{Kind: markup.Code, Text: "a`b"}, {Kind: markup.Code, Text: "`"}}, "``a`b``\u2060`` ` ``"},
		{[]markup.Inline{text("siehe "), address, text(" und")}, "siehe https://a.example/x und"},
		{[]markup.Inline{address, text(".")}, "https://a.example/x."},
		{[]markup.Inline{address, text("!"), mara}, `[https\://a.example/x](https://a.example/x)!@Mara`},
	} {
		want := markup.Normalize(markup.Doc{Blocks: []markup.Block{{Kind: markup.Paragraph, Inlines: c.in}}})
		got := markup.Markdown(want, people)
		if got != c.want {
			t.Errorf("%s\n got %q\nwant %q", short(want), got, c.want)
		}
		back, plain := markup.ParseMarkdown(got, people), short(want)
		if strings.Contains(plain, "u9") { // nobody is called so here
			plain = "@Jan Ohm"
		}
		if short(back) != plain {
			t.Errorf("%q is read as %s, want %s", got, short(back), plain)
		}
	}
	code := markup.Doc{Blocks: []markup.Block{{Kind: markup.CodeBlock, Text: "```\n@Mara **nicht fett**\n```"}}}
	if got := markup.ParseMarkdown(markup.Markdown(code, people), people); short(got) != short(code) {
		t.Errorf("a fence in code is read as %s, want %s", short(got), short(code))
	}
}

// word draws text that tries to be more than text.
var word = rapid.StringMatching(`[a-zäß’ 0-9*_~\[\]()<>@#\\.:!•-]{1,12}`)

func drawInline(t *rapid.T, depth int) markup.Inline {
	kinds := []markup.Kind{markup.Text, markup.Text, markup.Code, markup.Mention, markup.Break}
	if depth > 0 {
		kinds = append(kinds, markup.Bold, markup.Strike, markup.Link)
	}
	switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
	case markup.Text:
		return markup.Inline{Kind: kind, Text: word.Draw(t, "text")}
	case markup.Code:
		return markup.Inline{Kind: kind, Text: rapid.StringMatching(`[a-z *_]{1,8}`).Draw(t, "code")}
	case markup.Mention:
		return markup.Inline{Kind: kind, Text: "Mara", Ref: "u1"}
	case markup.Break:
		return markup.Inline{Kind: kind}
	case markup.Link:
		return markup.Inline{Kind: kind, Ref: "https://a.example/" + rapid.StringMatching(`[a-z]{1,5}`).Draw(t, "path"), Children: []markup.Inline{{Kind: markup.Text, Text: "Seite"}}}
	default:
		return markup.Inline{Kind: kind, Children: []markup.Inline{
			{Kind: markup.Text, Text: "x "}, drawInline(t, depth-1), {Kind: markup.Text, Text: " y"},
		}}
	}
}

func drawDoc(t *rapid.T) markup.Doc {
	var d markup.Doc
	for range rapid.IntRange(1, 3).Draw(t, "paragraphs") {
		p := markup.Block{Kind: markup.Paragraph}
		for range rapid.IntRange(1, 4).Draw(t, "inlines") {
			// Words between keep mentions and marks apart: signs that touch words mean something else.
			p.Inlines = append(p.Inlines, drawInline(t, 2), markup.Inline{Kind: markup.Text, Text: " . "})
		}
		switch rapid.IntRange(0, 4).Draw(t, "block") {
		case 0:
			d.Blocks = append(d.Blocks, markup.Block{Kind: markup.Quote, Blocks: []markup.Block{p}})
		case 1:
			d.Blocks = append(d.Blocks, markup.Block{Kind: markup.List, Ordered: rapid.Bool().Draw(t, "ordered"), Items: [][]markup.Block{{p}, {p}}})
		case 2:
			d.Blocks = append(d.Blocks, markup.Block{Kind: markup.CodeBlock, Text: "x := 1\ny"})
		default:
			d.Blocks = append(d.Blocks, p)
		}
	}
	return d
}

// What is written and read again is the same.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := markup.Normalize(drawDoc(t))
		text := markup.Markdown(want, people)
		if diff := cmp.Diff(want, markup.ParseMarkdown(text, people)); diff != "" {
			t.Fatalf("%q is read as another text (-want +got):\n%s", text, diff)
		}
	})
}

func TestNormalizeTwiceIsOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := markup.Normalize(drawDoc(t))
		if diff := cmp.Diff(once, markup.Normalize(once)); diff != "" {
			t.Fatalf("(-once +twice):\n%s", diff)
		}
	})
}

// FuzzParse reads any text: nothing panics, links lead nowhere but where they may, nobody is mentioned who is not
// known, and text that was written as text is read as text.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"**a *b* _c_**", "> - 1. ```\n`", "[a](https://b.example) @Mara", "\\*\\\\", strings.Repeat("[", 50), strings.Repeat("**a ", 50), "> > > > > > > > > > a", "•", "a\u0000b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := markup.ParseMarkdown(text, people)
		raw, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var back markup.Doc
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Fatal(err)
		}
		check(t, d.Blocks)
		odd := func(r rune) bool { return r != ' ' && r != '\n' && (unicode.IsSpace(r) || unicode.IsControl(r)) }
		if !utf8.ValidString(text) || strings.ContainsFunc(text, odd) {
			return // what people write is cleaned of these before it is read
		}
		plain := markup.FromPlain(text)
		if len(text) < 1000 && !strings.Contains(text, "\n\n") {
			if diff := cmp.Diff(plain, markup.ParseMarkdown(markup.Markdown(plain, people), people)); diff != "" {
				t.Errorf("plain text became markup (-want +got):\n%s", diff)
			}
		}
	})
}

func check(t *testing.T, list []markup.Block) {
	for _, b := range list {
		check(t, b.Blocks)
		for _, item := range b.Items {
			check(t, item)
		}
		checkInlines(t, b.Inlines)
	}
}

func checkInlines(t *testing.T, list []markup.Inline) {
	for _, in := range list {
		lower := strings.ToLower(in.Ref)
		if in.Kind == markup.Link && !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "mailto:") {
			t.Errorf("a link leads to %q", in.Ref)
		}
		if id, ok := people(in.Text); in.Kind == markup.Mention && (!ok || id != in.Ref) {
			t.Errorf("%q is mentioned", in.Text)
		}
		checkInlines(t, in.Children)
	}
}

// Hostile texts cost about as much as long ones: the steps do not grow with the square of the length.
func BenchmarkParse(b *testing.B) {
	for name, piece := range map[string]string{"stars": "**a ", "brackets": "[", "quotes": "> ", "ticks": "`a", "prose": "Läuft die Pumpe ohne Cloud? "} {
		for _, n := range []int{1000, 10000} {
			text := strings.Repeat(piece, n/len(piece))
			b.Run(name+"/"+map[int]string{1000: "1k", 10000: "10k"}[n], func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					markup.ParseMarkdown(text, people)
				}
			})
		}
	}
}
