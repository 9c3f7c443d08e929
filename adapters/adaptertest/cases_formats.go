package adaptertest

import (
	"strings"

	"standleitung/bot/markup"
)

// formatting are the rules of formatted text.
func formatting() []rule {
	return []rule{
		{"the formats of a copy are shown", formatsShown},
		{"the formats of what people write come in", formatsIn},
	}
}

// formatted is a text with everything that all platforms can show.
func formatted() markup.Doc {
	text := func(s string) markup.Inline { return markup.Inline{Kind: markup.Text, Text: s} }
	with := func(k markup.Kind, in ...markup.Inline) markup.Inline { return markup.Inline{Kind: k, Children: in} }
	link := func(to string, in ...markup.Inline) markup.Inline {
		return markup.Inline{Kind: markup.Link, Ref: to, Children: in}
	}
	line := func(in ...markup.Inline) markup.Block { return markup.Block{Kind: markup.Paragraph, Inlines: in} }
	item := func(list ...markup.Block) []markup.Block { return list }
	br := markup.Inline{Kind: markup.Break}
	return markup.Doc{Blocks: []markup.Block{
		line(with(markup.Bold, text("Wichtig")), text(": die "), with(markup.Italic, text("neue "), with(markup.Bold, text("Pumpe"))), text(" ersetzt "),
			with(markup.Strike, text("PX-6")), text(" und "), markup.Inline{Kind: markup.Code, Text: "PX<5> & *x*"}, text(", siehe "),
			link("https://a.example/?a=1&b=2_c", text("die "), with(markup.Bold, text("Preisliste"))), text("."), br,
			text("Zweite Zeile 🎉 :unsere_pumpe: 👍🏽")),
		line(text("Neuer Absatz mit *Sternen*, <b>Tags</b> & mehr")),
		{Kind: markup.Quote, Blocks: []markup.Block{line(text("gesagt "), with(markup.Italic, text("worden")), br, text("in zwei Zeilen"))}},
		{Kind: markup.List, Items: [][]markup.Block{
			item(line(text("eins"))),
			item(line(text("zwei "), with(markup.Bold, text("fett"))), markup.Block{Kind: markup.List, Ordered: true, Items: [][]markup.Block{item(line(text("a"))), item(line(text("b")))}}),
			item(line(text("drei"))),
		}},
		{Kind: markup.CodeBlock, Text: "if x < 1 {\n  return *y\n}"},
		{Kind: markup.List, Ordered: true, Start: 24, Items: [][]markup.Block{item(line(text("Dezember"))), item(line(text("Januar")))}},
	}}
}

const formattedLines = `⟦b|Wichtig⟧: die ⟦i|neue⟧ ⟦bi|Pumpe⟧ ersetzt ⟦s|PX-6⟧ und ⟦c|PX<5> & *x*⟧, siehe ⟦ https://a.example/?a=1&b=2_c|die⟧ ⟦b https://a.example/?a=1&b=2_c|Preisliste⟧.
Zweite Zeile 🎉 :unsere_pumpe: 👍🏽

Neuer Absatz mit *Sternen*, <b>Tags</b> & mehr
> gesagt ⟦i|worden⟧
> in zwei Zeilen
• eins
• zwei ⟦b|fett⟧
  1. a
  2. b
• drei
| if x < 1 {
|   return *y
| }
24. Dezember
25. Januar`

func formatsShown(s *stage) {
	if got := LinesOf(formatted()); got != formattedLines {
		s.Fatalf("the text itself reads\n%s\nwant\n%s", got, formattedLines)
	}
	s.start()
	d := copyOf("c", s.Rooms[0], "")
	d.Copy.Body = formatted()
	d.IDs = s.send(d).IDs
	if got := s.shown(s.People[0], s.Rooms[0], 1)[0].Formatted; got != formattedLines {
		s.Errorf("shown is\n%s\nwant\n%s", got, formattedLines)
	}
}

// RichSpeech is what somebody writes with all the formats that their platform's composer has, as [Platform.SayRichly] has them do
// it: the lines of it.
const RichSpeech = `⟦b|Wichtig⟧: die ⟦i|neue⟧ ⟦bi|Pumpe⟧ ersetzt ⟦s|PX-6⟧ und ⟦c|PX<5> & *x*⟧, siehe ⟦ https://a.example/?a=1&b=2_c|Preisliste⟧.
Fragt ⟦@|Jan Okafor⟧ 🎉 :unsere_pumpe:

Neuer Absatz
> gesagt
> in zwei Zeilen
• eins
• zwei
  1. a
  2. b
• drei
| if x < 1 {
|   return *y
| }`

func formatsIn(s *stage) {
	s.start()
	before := len(s.core.Received())
	s.taken(s.Platform.SayRichly(s.People[0], s.Rooms[0], s.People[1]))
	m := s.got(before)
	body := m.Body
	if body.IsZero() { // the core reads what was typed
		body = markup.ParseMarkdown(m.Text, func(name string) (string, bool) { return s.People[1].ID, name == s.People[1].Name })
	}
	if got := LinesOf(body); got != RichSpeech {
		s.Errorf("what came in reads\n%s\nwant\n%s", got, RichSpeech)
	}
	var who []string
	markup.Replace(body, func(in markup.Inline) markup.Inline {
		if in.Kind == markup.Mention {
			who = append(who, in.Ref)
		}
		return in
	})
	if len(who) != 1 || who[0] != s.People[1].ID {
		s.Errorf("mentioned are %q, want %s", strings.Join(who, ", "), s.People[1].ID)
	}
}
