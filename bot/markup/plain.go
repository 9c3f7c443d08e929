package markup

import (
	"strconv"
	"strings"
)

// FromPlain makes a text without formatting: line breaks stay, everything else is text whatever it looks like.
func FromPlain(text string) Doc {
	var inlines []Inline
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			inlines = append(inlines, Inline{Kind: Break})
		}
		if line != "" {
			inlines = append(inlines, Inline{Kind: Text, Text: line})
		}
	}
	return Normalize(Doc{[]Block{{Kind: Paragraph, Inlines: inlines}}})
}

// Plain is the text without its formatting, as it reads on a lock screen: its lines, an empty one between paragraphs. Links
// show their address behind their text, where that differs.
func Plain(d Doc) string {
	w := plainWriter{links: true}
	w.blocks(d.Blocks, "")
	return strings.TrimSpace(w.String())
}

// Matchable is the text in which sensitive words are looked for: code and the addresses of links are left out.
func Matchable(d Doc) string {
	w := plainWriter{bare: true}
	w.blocks(d.Blocks, "")
	return w.String()
}

type plainWriter struct {
	strings.Builder
	links, bare bool
}

func (w *plainWriter) blocks(blocks []Block, indent string) {
	for i, b := range blocks {
		if i > 0 {
			w.WriteString("\n" + indent)
		}
		if i > 0 && b.Kind == Paragraph && blocks[i-1].Kind == Paragraph {
			w.WriteString("\n" + indent)
		}
		switch b.Kind {
		case Quote:
			w.WriteString("> ")
			w.blocks(b.Blocks, indent+"> ")
		case List:
			for n, item := range b.Items {
				if n > 0 {
					w.WriteString("\n" + indent)
				}
				sign := "• "
				if b.Ordered {
					sign = strconv.Itoa(b.number(n)) + ". "
				}
				w.WriteString(sign)
				w.blocks(item, indent+strings.Repeat(" ", 2))
			}
		case CodeBlock:
			if !w.bare {
				w.WriteString(strings.ReplaceAll(b.Text, "\n", "\n"+indent))
			}
		default:
			w.inlines(b.Inlines, indent)
		}
	}
}

func (w *plainWriter) inlines(list []Inline, indent string) {
	for _, in := range list {
		switch in.Kind {
		case Break:
			w.WriteString("\n" + indent)
		case Mention:
			w.WriteString("@" + in.Text)
		case Code:
			if w.bare {
				w.WriteString(" ")
			} else {
				w.WriteString(in.Text)
			}
		case Link:
			w.link(in, indent)
		case Text:
			w.WriteString(in.Text)
		default:
			w.inlines(in.Children, indent)
		}
	}
}

// says reports whether the text of a link is its address, but for what stands before one.
func says(in Inline) bool {
	if len(in.Children) != 1 {
		return false
	}
	_, address, _ := strings.Cut(in.Ref, ":")
	return in.Children[0].Text == strings.TrimPrefix(address, "//")
}

func (w *plainWriter) link(in Inline, indent string) {
	named := len(in.Children) != 1 || in.Children[0].Text != in.Ref
	if named || !w.bare {
		w.inlines(in.Children, indent)
	}
	if named && w.links && !says(in) {
		w.WriteString(" (" + in.Ref + ")")
	}
}
