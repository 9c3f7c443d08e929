package adaptertest

import (
	"fmt"
	"slices"
	"strings"

	"standleitung/bot/markup"
)

// Lines writes what people see of a formatted text, line by line, so that what a platform shows can be compared with what
// was meant, however either builds it. Platforms make theirs with their own readers, not with this program's.
//
//	text ⟦bi|bold and italic⟧ ⟦c|code⟧ ⟦s https://…|a struck out link⟧ ⟦@|Jan Okafor⟧
//	> a quote
//	• a list
//	  1. in a list
//	| a block of code
//
// An empty line stands between paragraphs, and nowhere else. Blanks at the ends of a mark stand outside of it, as nobody sees a
// difference.
type Lines struct {
	all  []string
	line []run
	open bool
}

// run is a piece of a line that is formatted alike.
type run struct{ how, text string }

// Put adds text to the line. how are the letters of its marks, b i s c, in any order, then a blank and where it leads to, if it is a
// link.
func (l *Lines) Put(how, text string) {
	letters, link, linked := strings.Cut(how, " ")
	sorted := strings.Split(letters, "")
	slices.Sort(sorted)
	how = strings.Join(slices.Compact(sorted), "")
	if linked {
		how += " " + link
	}
	l.open = true
	if n := len(l.line) - 1; n >= 0 && l.line[n].how == how {
		l.line[n].text += text
		return
	}
	l.line = append(l.line, run{how, text})
}

// End ends the line, behind what stands before it; a line without anything in it is none, unless it was opened by an empty
// text.
func (l *Lines) End(before string) {
	if !l.open {
		return
	}
	var b strings.Builder
	for _, r := range l.line {
		inside := strings.Trim(r.text, " ")
		if r.how == "" || inside == "" {
			b.WriteString(r.text)
			continue
		}
		start := strings.Index(r.text, inside)
		fmt.Fprintf(&b, "%s⟦%s|%s⟧%s", r.text[:start], r.how, inside, r.text[start+len(inside):])
	}
	l.all = append(l.all, strings.TrimRight(before+b.String(), " "))
	l.line, l.open = nil, false
}

// Line adds a line of plain text.
func (l *Lines) Line(before, text string) {
	l.Put("", text)
	l.End(before)
}

// String are the lines.
func (l *Lines) String() string { return strings.Join(l.all, "\n") }

// LinesOf are those of a neutral tree.
func LinesOf(d markup.Doc) string {
	w := treeLines{}
	w.blocks(d.Blocks, "", "")
	return w.String()
}

type treeLines struct {
	Lines
	// before stands before the next line of a paragraph, others before those behind it.
	before, others string
}

// blocks writes blocks: first stands before the first line, others before the others.
func (w *treeLines) blocks(list []markup.Block, first, others string) {
	for i, b := range list {
		if i > 0 {
			first = others
		}
		if i > 0 && b.Kind == markup.Paragraph && list[i-1].Kind == markup.Paragraph {
			w.Line(others, "")
		}
		switch b.Kind {
		case markup.Quote:
			w.blocks(b.Blocks, first+"> ", others+"> ")
		case markup.List:
			for n, item := range b.Items {
				sign := "• "
				if b.Ordered {
					sign = fmt.Sprintf("%d. ", max(b.Start, 1)+n)
				}
				if n > 0 {
					first = others
				}
				w.blocks(item, first+sign, others+"  ")
			}
		case markup.CodeBlock:
			for l := range strings.SplitSeq(b.Text, "\n") {
				w.Line(others+"| ", l)
			}
		default:
			w.before = first
			w.others = others
			w.inlines(b.Inlines, "", "")
			w.End(w.before)
		}
	}
}

func (w *treeLines) inlines(list []markup.Inline, how, link string) {
	for _, in := range list {
		switch in.Kind {
		case markup.Break:
			w.Put("", "")
			w.End(w.before)
			w.before = w.others
		case markup.Text:
			w.Put(how+link, in.Text)
		case markup.Code:
			w.Put(how+"c"+link, in.Text)
		case markup.Mention:
			w.Put("@", in.Text)
		case markup.Link:
			w.inlines(in.Children, how, " "+in.Ref)
		case markup.Bold, markup.Italic, markup.Strike:
			w.inlines(in.Children, how+string(in.Kind), link)
		}
	}
}
