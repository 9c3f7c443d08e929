package slack_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/slack"
	"standleitung/adapters/slack/slacktest"
	"standleitung/bot"
	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// SayRichly implements [adaptertest.Platform], as Slack's composer does: rich text, and beside it a text in Slack's markup.
func (h *house) SayRichly(who bot.Identity, at bot.Place, mentioned bot.Identity) adaptertest.Reaction {
	h.t.Helper()
	var blocks []any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(richSpeech, "U_MENTIONED", mentioned.ID)), &blocks); err != nil {
		h.t.Fatal(err)
	}
	a := h.Server.Say(slacktest.Speech{
		By: who.ID, Channel: h.channel(at), Blocks: blocks,
		Markup: "*Wichtig*: die _neue *Pumpe*_ ersetzt ~PX-6~ und `PX&lt;5&gt; &amp; *x*`, siehe <https://a.example/?a=1&amp;b=2_c|Preisliste>.\n" +
			"Fragt <@" + mentioned.ID + "> :tada: :unsere_pumpe:\n\nNeuer Absatz\n&gt; gesagt\n&gt; in zwei Zeilen\n" +
			"• eins\n• zwei\n    1. a\n    2. b\n• drei\n```if x &lt; 1 {\n  return *y\n}```",
	})
	if a.Refused != "" {
		h.t.Fatalf("slack does not let somebody speak: %s", a.Refused)
	}
	return h.reaction(a, who.ID)
}

// richSpeech follows what Slack's composer makes: docs.slack.dev/reference/block-kit/blocks/rich-text-block.
const richSpeech = `[{"type":"rich_text","block_id":"kX1aB","elements":[
{"type":"rich_text_section","elements":[
 {"type":"text","text":"Wichtig","style":{"bold":true}},{"type":"text","text":": die "},{"type":"text","text":"neue ","style":{"italic":true}},
 {"type":"text","text":"Pumpe","style":{"bold":true,"italic":true}},{"type":"text","text":" ersetzt "},{"type":"text","text":"PX-6","style":{"strike":true}},
 {"type":"text","text":" und "},{"type":"text","text":"PX<5> & *x*","style":{"code":true}},{"type":"text","text":", siehe "},
 {"type":"link","url":"https://a.example/?a=1&b=2_c","text":"Preisliste"},{"type":"text","text":".\nFragt "},{"type":"user","user_id":"U_MENTIONED"},
 {"type":"text","text":" "},{"type":"emoji","name":"tada","unicode":"1f389"},{"type":"text","text":" "},{"type":"emoji","name":"unsere_pumpe"},
 {"type":"text","text":"\n\nNeuer Absatz\n"}]},
{"type":"rich_text_quote","elements":[{"type":"text","text":"gesagt\nin zwei Zeilen"}]},
{"type":"rich_text_list","style":"bullet","indent":0,"border":0,"elements":[
 {"type":"rich_text_section","elements":[{"type":"text","text":"eins"}]},{"type":"rich_text_section","elements":[{"type":"text","text":"zwei"}]}]},
{"type":"rich_text_list","style":"ordered","indent":1,"border":0,"elements":[
 {"type":"rich_text_section","elements":[{"type":"text","text":"a"}]},{"type":"rich_text_section","elements":[{"type":"text","text":"b"}]}]},
{"type":"rich_text_list","style":"bullet","indent":0,"border":0,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"drei"}]}]},
{"type":"rich_text_preformatted","border":0,"elements":[{"type":"text","text":"if x < 1 {\n  return *y\n}"}]}]}]`

// part is any part of rich text.
type part = map[string]any

// formattedBlocks is how Slack shows the rich text of a message. It knows nothing of the program's own reader.
func formattedBlocks(blocks []any) string {
	w := &adaptertest.Lines{}
	for _, b := range blocks {
		block, _ := b.(part)
		if block["type"] != "rich_text" {
			continue
		}
		for _, e := range parts(block) {
			formattedPart(w, e)
		}
	}
	return w.String()
}

func parts(o part) []part {
	list, _ := o["elements"].([]any)
	var all []part
	for _, e := range list {
		o, _ := e.(part)
		all = append(all, o)
	}
	return all
}

func formattedPart(w *adaptertest.Lines, e part) {
	before := ""
	if border, _ := e["border"].(float64); border == 1 {
		before = "> "
	}
	switch e["type"] {
	case "rich_text_section":
		formattedLine(w, parts(e), "", "")
	case "rich_text_quote":
		formattedLine(w, parts(e), "> ", "> ")
	case "rich_text_preformatted":
		formattedLine(w, parts(e), before+"| ", before+"| ")
	case "rich_text_list":
		indent, _ := e["indent"].(float64)
		offset, _ := e["offset"].(float64)
		before += strings.Repeat("  ", int(indent))
		for n, item := range parts(e) {
			sign := "• "
			if e["style"] == "ordered" {
				sign = fmt.Sprintf("%d. ", int(offset)+n+1)
			}
			formattedLine(w, parts(item), before+sign, before+"  ")
		}
	}
}

func formattedLine(w *adaptertest.Lines, list []part, first, others string) {
	w.Put("", "")
	for _, e := range list {
		how := ""
		style, _ := e["style"].(part)
		for name, letter := range map[string]string{"bold": "b", "italic": "i", "strike": "s", "code": "c"} {
			if style[name] == true {
				how += letter
			}
		}
		text, _ := e["text"].(string)
		switch e["type"] {
		case "link":
			how += " " + fmt.Sprint(e["url"])
			if text == "" {
				text = fmt.Sprint(e["url"])
			}
		case "user":
			how, text = "@", fmt.Sprint(e["user_id"])
		case "text":
		default:
			text = fmt.Sprintf("(%v)", e["type"])
		}
		for n, l := range strings.Split(text, "\n") {
			if n > 0 {
				w.End(first)
				first = others
				w.Put("", "")
			}
			w.Put(how, l)
		}
	}
	w.End(first)
}

// renderedLines is how a copy of what somebody typed is shown.
func renderedLines(t *testing.T, typed string) string {
	t.Helper()
	w := &adaptertest.Lines{}
	for _, m := range slack.RenderCopy(&bot.Copy{Body: markup.ParseMarkdown(typed, nil)}, say.Voice{}, slack.Parcel{}, false) {
		_, sent := m.Parts()
		raw, err := json.Marshal(sent)
		if err != nil {
			t.Fatal(err)
		}
		var blocks []any
		if err := json.Unmarshal(raw, &blocks); err != nil {
			t.Fatal(err)
		}
		for l := range strings.SplitSeq(formattedBlocks(blocks), "\n") {
			w.Line("", l)
		}
	}
	return w.String()
}

// What stands in quotes and entries keeps its formats and its numbers, as far as Slack can show it.
func TestRichTextInside(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"> gesagt\n>\n> - **eins**\n> - zwei\n>\n> ```\n> x\n> ```\n> > noch *einer*", "> gesagt\n> • ⟦b|eins⟧\n> • zwei\n> | x\n> noch ⟦i|einer⟧"},
		{"1. eins\n   ```\n   x\n   ```\n2. zwei\n   > gesagt\n3. drei\n\n   mehr", "1. eins\n| x\n2. zwei\n> gesagt\n3. drei\n\n  mehr"},
		{"[a **b** `c`](https://a.example) **[d](https://a.example)**", "⟦ https://a.example|a⟧ ⟦b https://a.example|b⟧ ⟦c https://a.example|c⟧ ⟦b https://a.example|d⟧"},
		{"- a\n  - b\n    - c", "• a\n  • b\n    • c"},
	} {
		if got := renderedLines(t, c.in); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

// drawTree draws what Slack's rich text can show: no quote in a quote, and in entries nothing but lines and lists.
func drawTree(t *rapid.T) markup.Doc {
	var d markup.Doc
	for range rapid.IntRange(1, 4).Draw(t, "blocks") {
		switch kind := rapid.SampledFrom([]markup.Kind{markup.Paragraph, markup.Quote, markup.List, markup.CodeBlock}).Draw(t, "block"); kind {
		case markup.Quote:
			inside := []markup.Block{drawLine(t), drawList(t, 1), {Kind: markup.CodeBlock, Text: "x <y>\n  *z*"}, drawLine(t)}
			d.Blocks = append(d.Blocks, markup.Block{Kind: kind, Blocks: inside[:rapid.IntRange(1, 4).Draw(t, "inside")]})
		case markup.List:
			d.Blocks = append(d.Blocks, drawList(t, 2))
		case markup.CodeBlock:
			d.Blocks = append(d.Blocks, markup.Block{Kind: kind, Text: rapid.StringMatching("[a-z<>&*`@:]{1,8}\n {0,2}[a-z`]{1,8}").Draw(t, "code")})
		default:
			d.Blocks = append(d.Blocks, drawLine(t))
		}
	}
	return markup.Normalize(d)
}

func drawList(t *rapid.T, depth int) markup.Block {
	b := markup.Block{Kind: markup.List, Ordered: rapid.Bool().Draw(t, "ordered"), Start: rapid.IntRange(1, 30).Draw(t, "start")}
	for range rapid.IntRange(1, 3).Draw(t, "items") {
		item := []markup.Block{drawLine(t)}
		if depth > 0 && rapid.Bool().Draw(t, "nested") {
			item = append(item, drawList(t, depth-1))
		}
		b.Items = append(b.Items, item)
	}
	return b
}

func drawLine(t *rapid.T) markup.Block {
	p := markup.Block{Kind: markup.Paragraph}
	for range rapid.IntRange(1, 4).Draw(t, "inlines") {
		p.Inlines = append(p.Inlines, drawPiece(t, 2))
	}
	p.Inlines = append(p.Inlines, markup.Inline{Kind: markup.Text, Text: "."}) // an entry without a line of its own is none
	return p
}

func drawPiece(t *rapid.T, depth int) markup.Inline {
	kind := rapid.SampledFrom([]markup.Kind{markup.Text, markup.Code, markup.Break, markup.Bold, markup.Italic, markup.Strike, markup.Link}).Draw(t, "kind")
	switch {
	case kind == markup.Break:
		return markup.Inline{Kind: kind}
	case kind == markup.Code:
		return markup.Inline{Kind: kind, Text: rapid.StringMatching("[a-z`*<&]{1,6}").Draw(t, "code")}
	case kind == markup.Text || depth == 0:
		return markup.Inline{Kind: markup.Text, Text: rapid.StringMatching(`[a-zä 😄*_~<>&@:|-]{1,8}`).Draw(t, "text")}
	}
	in := markup.Inline{Kind: kind, Children: []markup.Inline{{Kind: markup.Text, Text: "a"}, drawPiece(t, depth-1), {Kind: markup.Text, Text: "z"}}}
	if kind == markup.Link {
		in.Children[1] = markup.Inline{Kind: markup.Bold, Children: []markup.Inline{{Kind: markup.Text, Text: " b"}}} // a link is one line
		in.Ref = "https://a.example/" + rapid.StringMatching(`[a-z&=?*_]{0,5}`).Draw(t, "path")
	}
	return in
}

// What is written as rich text reads the same to Slack, and comes back the same.
func TestRichTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawTree(t)
		want := adaptertest.LinesOf(d)
		for _, m := range slack.RenderCopy(&bot.Copy{Body: d}, say.Voice{}, slack.Parcel{}, false) {
			_, sent := m.Parts()
			raw, err := json.Marshal(sent)
			if err != nil {
				t.Fatal(err)
			}
			var blocks []any
			if err := json.Unmarshal(raw, &blocks); err != nil {
				t.Fatal(err)
			}
			if got := formattedBlocks(blocks); got != want {
				t.Fatalf("Slack shows\n%s\nwant\n%s", got, want)
			}
			back, ok := markup.ParseSlackBlocks(raw, markup.Names{})
			if got := adaptertest.LinesOf(back); !ok || got != want {
				t.Fatalf("what comes back is\n%s\nwant\n%s\nfrom %s", got, want, raw)
			}
		}
	})
}
