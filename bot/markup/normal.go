package markup

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Normalize makes texts that read equally equal: neighbouring text is one, empty parts are gone, a mark inside the same
// mark is none, blanks and breaks stand outside of marks and links and not at the ends of a paragraph, and links lead nowhere
// but to https, http and mailto. What no platform carries, such as half a character, is gone.
func Normalize(d Doc) Doc { return Doc{normalBlocks(d.Blocks)} }

func normalBlocks(blocks []Block) []Block {
	var out []Block
	for _, b := range blocks {
		switch b.Kind {
		case Quote:
			out = appendBlock(out, Block{Kind: Quote, Blocks: normalBlocks(b.Blocks)})
		case List:
			list := Block{Kind: List, Ordered: b.Ordered}
			if b.Ordered && b.Start > 1 {
				list.Start = b.Start
			}
			for _, item := range b.Items {
				if item = normalBlocks(item); len(item) > 0 {
					list.Items = append(list.Items, item)
				}
			}
			out = appendBlock(out, list)
		case CodeBlock:
			if code := clean(b.Text); strings.TrimSpace(code) != "" {
				out = append(out, Block{Kind: CodeBlock, Text: strings.Trim(code, "\n")})
			}
		default:
			if inlines := trim(normalInlines(b.Inlines, nil)); len(inlines) > 0 {
				out = append(out, Block{Kind: Paragraph, Inlines: inlines})
			}
		}
	}
	return out
}

// appendBlock adds a normal quote or list to blocks that nobody else holds; one of the same kind that stands directly
// before goes on.
func appendBlock(out []Block, b Block) []Block {
	n := len(out) - 1
	same := n >= 0 && out[n].Kind == b.Kind
	switch {
	case b.Kind == Quote && len(b.Blocks) == 0 || b.Kind == List && len(b.Items) == 0:
		return out
	case b.Kind == Quote && same:
		for _, inner := range b.Blocks {
			out[n].Blocks = appendBlock(out[n].Blocks, inner)
		}
		return out
	case b.Kind == List && same && out[n].Ordered == b.Ordered && out[n].takes(b.Start):
		out[n].Items = append(out[n].Items, b.Items...)
		return out
	}
	return append(out, b)
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// clean takes out of a text what no platform can carry: halves of characters, and what controls a terminal. All ends of lines
// are one.
func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, controls) < 0 {
		return s
	}
	s = lineEnds.Replace(strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if controls(r) {
			return -1
		}
		return r
	}, s)
}

func controls(r rune) bool { return r != '\t' && r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0) }

// number is what stands before an entry of an ordered list.
func (b *Block) number(n int) int { return max(b.Start, 1) + n }

// takes reports whether an entry that bears a number is the next one of a list.
func (b *Block) takes(number int) bool {
	return !b.Ordered || max(number, 1) == b.number(len(b.Items))
}

// normalInlines normalises a line inside the marks that are open.
func normalInlines(list []Inline, open []Kind) []Inline {
	var out []Inline
	for _, in := range list {
		switch in.Kind {
		case Text:
			for i, l := range strings.Split(clean(in.Text), "\n") {
				if i > 0 {
					out = breakLine(out)
				}
				out = join(out, Inline{Kind: Text, Text: l})
			}
		case Code:
			if in.Text = strings.TrimSpace(strings.ReplaceAll(clean(in.Text), "\n", " ")); in.Text != "" {
				out = append(out, Inline{Kind: Code, Text: in.Text})
			}
		case Bold, Italic, Strike:
			out = appendMark(out, in, open)
		case Link:
			out = appendLink(out, in, open)
		case Mention:
			out = append(out, Inline{Kind: Mention, Text: strings.ReplaceAll(clean(in.Text), "\n", " "), Ref: in.Ref})
		case Break:
			out = breakLine(out)
		}
	}
	return out
}

func appendMark(out []Inline, in Inline, open []Kind) []Inline {
	if slices.Contains(open, in.Kind) {
		for _, child := range normalInlines(in.Children, open) {
			out = join(out, child)
		}
		return out
	}
	children := normalInlines(in.Children, append(slices.Clone(open), in.Kind))
	before, children, after := outside(children)
	for _, b := range before {
		out = join(out, b)
	}
	if len(children) > 0 {
		if n := len(out) - 1; n >= 0 && out[n].Kind == in.Kind {
			merged := normalInlines(append(slices.Clone(out[n].Children), children...), append(slices.Clone(open), in.Kind))
			out[n] = Inline{Kind: in.Kind, Children: merged}
		} else {
			out = append(out, Inline{Kind: in.Kind, Children: children})
		}
	}
	for _, a := range after {
		out = join(out, a)
	}
	return out
}

// outside takes blanks and breaks off both ends of what a mark holds.
func outside(list []Inline) (before, inside, after []Inline) {
	for len(list) > 0 && (list[0].Kind == Break || list[0].Kind == Text && startsBlank(list[0].Text)) {
		rest := strings.TrimLeft(list[0].Text, " \t")
		if list[0].Kind == Break || rest == "" {
			before, list = append(before, list[0]), list[1:]
			continue
		}
		before = append(before, Inline{Kind: Text, Text: list[0].Text[:len(list[0].Text)-len(rest)]})
		list = append([]Inline{{Kind: Text, Text: rest}}, list[1:]...)
	}
	for n := len(list) - 1; n >= 0 && (list[n].Kind == Break || list[n].Kind == Text && endsBlank(list[n].Text)); n = len(list) - 1 {
		rest := strings.TrimRight(list[n].Text, " \t")
		if list[n].Kind == Break || rest == "" {
			after, list = slices.Insert(after, 0, list[n]), list[:n]
			continue
		}
		after = slices.Insert(after, 0, Inline{Kind: Text, Text: list[n].Text[len(rest):]})
		list = append(slices.Clone(list[:n]), Inline{Kind: Text, Text: rest})
	}
	return before, list, after
}

func startsBlank(s string) bool { return s == "" || s[0] == ' ' || s[0] == '\t' }
func endsBlank(s string) bool   { return s == "" || s[len(s)-1] == ' ' || s[len(s)-1] == '\t' }

// appendLink adds a link that leads somewhere allowed, without a link inside; any other is its text.
func appendLink(out []Inline, in Inline, open []Kind) []Inline {
	before, children, after := outside(normalInlines(in.Children, append(slices.Clone(open), Link)))
	for _, b := range before {
		out = join(out, b)
	}
	switch {
	case !allowed(in.Ref) || slices.Contains(open, Link):
		for _, child := range children {
			out = join(out, child)
		}
	case len(children) == 0:
		out = append(out, Inline{Kind: Link, Ref: in.Ref, Children: []Inline{{Kind: Text, Text: in.Ref}}})
	default:
		out = append(out, Inline{Kind: Link, Ref: in.Ref, Children: children})
	}
	for _, a := range after {
		out = join(out, a)
	}
	return out
}

// allowed reports whether a link may lead to an address.
func allowed(address string) bool {
	lower := strings.ToLower(address)
	ok := strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "mailto:")
	return ok && !strings.ContainsAny(address, " \t\n\"<>\\`") && len(address) > len("mailto:") && clean(address) == address
}

// join appends an inline; text goes on with text, and a break swallows the blanks before it.
func join(out []Inline, in Inline) []Inline {
	n := len(out) - 1
	switch {
	case in.Kind == Text && n >= 0 && out[n].Kind == Text:
		out[n] = Inline{Kind: Text, Text: out[n].Text + in.Text}
		return out
	case in.Kind == Text && (in.Text == "" || n >= 0 && out[n].Kind == Break && strings.TrimLeft(in.Text, " \t") == ""):
		return out
	case in.Kind == Text && n >= 0 && out[n].Kind == Break:
		return append(out, Inline{Kind: Text, Text: strings.TrimLeft(in.Text, " \t")})
	case in.Kind == Break:
		return breakLine(out)
	}
	return append(out, in)
}

// breakLine ends a line, and takes the blanks off its end. Several empty lines are one: no platform's paragraphs say more.
func breakLine(out []Inline) []Inline {
	out = trimRight(out)
	if n := len(out); n >= 2 && out[n-1].Kind == Break && out[n-2].Kind == Break {
		return out
	}
	return append(out, Inline{Kind: Break})
}

func trimRight(out []Inline) []Inline {
	for n := len(out) - 1; n >= 0 && out[n].Kind == Text; n = len(out) - 1 {
		rest := strings.TrimRight(out[n].Text, " \t")
		if rest != "" {
			out[n] = Inline{Kind: Text, Text: rest}
			return out
		}
		out = out[:n]
	}
	return out
}

// trim takes blanks and breaks off both ends of a paragraph.
func trim(list []Inline) []Inline {
	_, inside, _ := outside(list)
	return inside
}
