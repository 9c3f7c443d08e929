package markup

import (
	"html"
	"strconv"
	"strings"
)

// TeamsMention is what Teams wants beside a text for each person it mentions: an entity of the type "mention".
type TeamsMention struct {
	// Text is the person's element as it stands in the text, such as "<at>Anna Vogt</at>".
	Text string
	// ID is the person's id in Teams, and Name the one in the element, not escaped.
	ID, Name string
}

// Teams writes the simple HTML that Teams shows for the text of an activity with the textFormat xml, and whom it mentions. A
// person is mentioned by the id that find gives, everybody else by name; find may be nil. Nothing in the text becomes
// an element.
func Teams(d Doc, find Person) (string, []TeamsMention) {
	if find == nil {
		find = func(string) (string, bool) { return "", false }
	}
	w := teamsWriter{find: find}
	w.blocks(Normalize(Disarm(Normalize(d))).Blocks)
	return w.String(), w.mentions
}

type teamsWriter struct {
	strings.Builder
	find     Person
	mentions []TeamsMention
	// linked says that the text is that of a link.
	linked bool
}

func (w *teamsWriter) blocks(list []Block) {
	for i, b := range list {
		if i > 0 && b.Kind == Paragraph && list[i-1].Kind == Paragraph { // they stand without a gap in Teams
			w.WriteString("<p>&nbsp;</p>")
		}
		switch b.Kind {
		case Quote:
			w.WriteString("<blockquote>")
			w.blocks(b.Blocks)
			w.WriteString("</blockquote>")
		case List:
			if b.Ordered && b.Start > 1 {
				w.numbered(b)
				continue
			}
			tag := "ul>"
			if b.Ordered {
				tag = "ol>"
			}
			w.WriteString("<" + tag)
			for _, item := range b.Items {
				w.WriteString("<li>")
				w.item(item)
				w.WriteString("</li>")
			}
			w.WriteString("</" + tag)
		case CodeBlock:
			w.WriteString("<pre>" + escapeHTML(b.Text) + "</pre>")
		default:
			w.WriteString("<p>")
			w.inlines(b.Inlines)
			w.WriteString("</p>")
		}
	}
}

// numbered writes a list that does not begin at 1 with its numbers as text: nothing says that Teams keeps a list's start, and
// "24. Dezember" must not become "1. Dezember".
func (w *teamsWriter) numbered(b Block) {
	for n, item := range b.Items {
		w.WriteString("<p>" + strconv.Itoa(b.number(n)) + ". ")
		if item[0].Kind == Paragraph {
			w.inlines(item[0].Inlines)
			item = item[1:]
		}
		w.WriteString("</p>")
		w.blocks(item)
	}
}

// item writes an entry; its first paragraph stands beside the sign without one of its own.
func (w *teamsWriter) item(list []Block) {
	if list[0].Kind == Paragraph {
		w.inlines(list[0].Inlines)
		list = list[1:]
	}
	w.blocks(list)
}

var teamsTags = map[Kind]string{Bold: "strong>", Italic: "em>", Strike: "strike>"}

func (w *teamsWriter) inlines(list []Inline) {
	for _, in := range list {
		switch in.Kind {
		case Break:
			w.WriteString("<br/>")
		case Mention:
			w.mention(in)
		case Code:
			w.WriteString("<code>" + escapeHTML(in.Text) + "</code>")
		case Link:
			w.WriteString(`<a href="` + escapeHTML(in.Ref) + `">`)
			w.linked = true
			w.inlines(in.Children)
			w.linked = false
			w.WriteString("</a>")
		case Text:
			w.text(in.Text)
		case Bold, Italic, Strike:
			w.WriteString("<" + teamsTags[in.Kind])
			w.inlines(in.Children)
			w.WriteString("</" + teamsTags[in.Kind])
		}
	}
}

// mention writes a person. Two people of one name are told apart, because Teams finds the entity by its text.
func (w *teamsWriter) mention(in Inline) {
	id, ok := w.find(in.Ref)
	if !ok || id == "" || strings.TrimSpace(in.Text) == "" {
		w.text(disarmed("@" + in.Text))
		return
	}
	name := strings.Join(strings.Fields(strings.ToValidUTF8(in.Text, "\uFFFD")), " ")
	for n := 2; w.taken(name, id); n++ {
		name = strings.TrimSuffix(name, " ("+strconv.Itoa(n-1)+")") + " (" + strconv.Itoa(n) + ")"
	}
	m := TeamsMention{Text: "<at>" + escapeHTML(name) + "</at>", ID: id, Name: name}
	w.WriteString(m.Text)
	for _, known := range w.mentions {
		if known == m {
			return
		}
	}
	w.mentions = append(w.mentions, m)
}

// taken reports whether a name stands for somebody else.
func (w *teamsWriter) taken(name, id string) bool {
	for _, m := range w.mentions {
		if m.Name == name && m.ID != id {
			return true
		}
	}
	return false
}

// text writes text that stays text: blanks in a row stay, and an address leads nowhere by itself.
func (w *teamsWriter) text(s string) {
	if !w.linked {
		s = addressesApart(s)
	}
	s = escapeHTML(s)
	w.WriteString(strings.ReplaceAll(s, "  ", " &nbsp;"))
}

// escapeHTML escapes < > & ' and ".
func escapeHTML(s string) string { return html.EscapeString(strings.ToValidUTF8(s, "\uFFFD")) }

// addressesApart puts a tie into what begins an address.
func addressesApart(s string) string {
	if !strings.Contains(s, ":") {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		b.WriteRune(r)
		if r == ':' && beforeAddress(s[:i]) {
			b.WriteString(tie)
		}
	}
	return b.String()
}
