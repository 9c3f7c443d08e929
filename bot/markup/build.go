package markup

import "strings"

// Names is what a reader of a platform's text knows about whom and what it names by ids. A nil function knows nothing.
type Names struct {
	// Person finds who is mentioned: id is the platform's (on Teams that of the element, often empty), label the name
	// that stands in the text, if any. An empty person is nobody known here: then the mention becomes "@name", text. An
	// empty name is the label, and without one the id.
	Person func(id, label string) (person, name string)
	// Name is what a channel or a group of people with an id is called, without # or @; empty when it is not known.
	Name func(id string) string
}

// mention is a person who is known here, or the name of one who is not.
func (n Names) mention(id, label string) Inline {
	person, name := "", ""
	if n.Person != nil {
		person, name = n.Person(id, label)
	}
	for _, other := range []string{label, id} {
		if name == "" {
			name = strings.TrimPrefix(other, "@")
		}
	}
	if person == "" || name == "" {
		return Inline{Kind: Text, Text: "@" + name}
	}
	return Inline{Kind: Mention, Text: name, Ref: person}
}

// named is the name of a channel or a group behind its sign.
func (n Names) named(sign, id, label string) Inline {
	name := strings.TrimPrefix(label, sign)
	if name == "" && n.Name != nil {
		name = n.Name(id)
	}
	if name == "" {
		name = id
	}
	return Inline{Kind: Text, Text: sign + name}
}

// Invisible characters that renderers put between signs and text, and that readers take out again.
const (
	// gap is a zero-width space: platforms see the end of a word in it.
	gap = "\u200b"
	// tie is the joiner of Disarm: platforms see no end of a word in it. Behind an @ it stays, it disarms that word.
	tie     = joiner
	tieRune = '\u2060'
)

// visible takes the separators of renderers out of a text.
func visible(s string) string {
	if !strings.Contains(s, gap) && !strings.Contains(s, tie) {
		return s
	}
	s = strings.ReplaceAll(s, gap, "")
	var b strings.Builder
	for {
		i := strings.Index(s, tie)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		if i > 0 && s[i-1] == '@' {
			b.WriteString(tie)
		}
		for s = s[i:]; strings.HasPrefix(s, tie); s = s[len(tie):] {
		}
	}
}

// bareAddress reads an address that stands in a text; the separators of renderers end it.
func bareAddress(s string, i int) (Inline, int) {
	found := bareForm.FindString(s[i:])
	for _, end := range []string{tie, gap} {
		found, _, _ = strings.Cut(found, end)
	}
	if found == "" {
		return Inline{}, 0
	}
	return address(s[:i+len(found)], i)
}

// linked is text with links of the addresses in it.
func linked(s string) []Inline {
	var out []Inline
	from := 0
	take := func(upTo int) {
		if from < upTo {
			out = append(out, Inline{Kind: Text, Text: visible(s[from:upTo])})
		}
	}
	for i := 0; i < len(s); i++ {
		if strings.IndexByte("hHmM", s[i]) < 0 {
			continue
		}
		if in, n := bareAddress(s, i); n > 0 {
			take(i)
			out = append(out, in)
			from = i + n
			i = from - 1
		}
	}
	take(len(s))
	return out
}

// line builds the inlines of a paragraph inside marks that are open.
type line struct{ open []mark }

// mark is one that is open; the first of a line is the line itself.
type mark struct {
	kind     Kind
	ref      string // the address of a link
	sign     string // what is written in its place when it never closes
	children []Inline
}

func (l *line) top() *mark {
	if len(l.open) == 0 {
		l.open = append(l.open, mark{})
	}
	return &l.open[len(l.open)-1]
}

// add appends an inline.
func (l *line) add(in ...Inline) {
	t := l.top()
	t.children = append(t.children, in...)
}

// text appends text as it is.
func (l *line) text(s string) {
	if s != "" {
		l.add(Inline{Kind: Text, Text: s})
	}
}

// begin opens a mark; too deep ones are none.
func (l *line) begin(m mark) bool {
	l.top()
	if len(l.open) > deepest {
		return false
	}
	l.open = append(l.open, m)
	return true
}

// has reports whether a kind of mark is open.
func (l *line) has(kind Kind) bool {
	for _, m := range l.open {
		if m.kind == kind {
			return true
		}
	}
	return false
}

// end closes the innermost mark.
func (l *line) end() {
	m := *l.top()
	l.open = l.open[:len(l.open)-1]
	if len(m.children) > 0 {
		l.add(Inline{Kind: m.kind, Ref: m.ref, Children: m.children})
	}
}

// drop makes text of the sign that opened the innermost mark.
func (l *line) drop() {
	m := *l.top()
	l.open = l.open[:len(l.open)-1]
	l.text(m.sign)
	l.add(m.children...)
}

// entry is a line of a list, as platforms give lists: flat, with how far it is indented, and with its number, 0 for none.
type entry struct {
	indent  int
	ordered bool
	number  int
	inlines []Inline
}

// nest makes lists of entries: what is indented further belongs to the entry above.
func nest(entries []entry, depth int) []Block {
	var out []Block
	for i := 0; i < len(entries); {
		e, n := entries[i], i+1
		for depth < deepest && n < len(entries) && entries[n].indent > entries[0].indent {
			n++
		}
		item := append([]Block{{Kind: Paragraph, Inlines: e.inlines}}, nest(entries[i+1:n], depth+1)...)
		if k := len(out) - 1; k >= 0 && out[k].Ordered == e.ordered && out[k].takes(e.number) {
			out[k].Items = append(out[k].Items, item)
		} else {
			out = append(out, Block{Kind: List, Ordered: e.ordered, Start: e.number, Items: [][]Block{item}})
		}
		i = n
	}
	return out
}
