package markup

import (
	"strconv"
	"strings"
)

// Markdown writes a text so that [ParseMarkdown] reads it back as it is. Everything that would be read as more than text is
// escaped.
func Markdown(d Doc) string {
	var b strings.Builder
	writeBlocks(&b, Normalize(d).Blocks, "")
	return b.String()
}

func writeBlocks(b *strings.Builder, blocks []Block, indent string) {
	for i, block := range blocks {
		if i > 0 {
			b.WriteString("\n" + strings.TrimRight(indent, " ") + "\n" + indent)
		}
		switch block.Kind {
		case Quote:
			b.WriteString("> ")
			writeBlocks(b, block.Blocks, indent+"> ")
		case List:
			for n, item := range block.Items {
				if n > 0 {
					b.WriteString("\n" + indent)
				}
				sign := "- "
				if block.Ordered {
					sign = strconv.Itoa(n+1) + ". "
				}
				b.WriteString(sign)
				writeBlocks(b, item, indent+"  ")
			}
		case CodeBlock:
			b.WriteString("```\n" + indent + strings.ReplaceAll(block.Text, "\n", "\n"+indent) + "\n" + indent + "```")
		default:
			writeInlines(b, block.Inlines, indent)
		}
	}
}

func writeInlines(b *strings.Builder, list []Inline, indent string) {
	for i, in := range list {
		switch in.Kind {
		case Break:
			b.WriteString("\n" + indent)
		case Mention:
			b.WriteString("@" + in.Text)
		case Code:
			b.WriteString("`" + in.Text + "`")
		case Link:
			b.WriteString("[")
			writeInlines(b, in.Children, indent)
			b.WriteString("](" + brackets.Replace(in.Ref) + ")")
		case Text:
			b.WriteString(escape(in.Text, i == 0 || list[i-1].Kind == Break))
		case Bold, Italic, Strike:
			sign := map[Kind]string{Bold: "**", Italic: "*", Strike: "~~"}[in.Kind]
			b.WriteString(sign)
			writeInlines(b, in.Children, indent)
			b.WriteString(sign)
		}
	}
}

// brackets keeps those of an address from ending it.
var brackets = strings.NewReplacer("(", "%28", ")", "%29")

// escape makes text of what would be read as more, and leaves everything else readable: it also stands in the input of
// whoever changes a text. first says that the text may begin a line.
func escape(s string, first bool) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] < 0x80 && special(s, i) || first && beginsBlock(s, i) {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// special reports whether the character at i would be read as a sign.
func special(s string, i int) bool {
	edge := i == 0 || i == len(s)-1
	switch s[i] {
	case '`', '*', '[', ']':
		return true
	case '\\':
		return i == len(s)-1 || isSign(s[i+1])
	case '~':
		return edge || s[i-1] == '~' || s[i+1] == '~'
	case '_':
		return !afterWord(s, i) || !beforeWord(s, i+1)
	case '@':
		return !afterWord(s, i)
	case ':':
		before := strings.ToLower(s[max(0, i-6):i])
		return strings.HasSuffix(before, "http") || strings.HasSuffix(before, "https") || strings.HasSuffix(before, "mailto")
	}
	return false
}

// beginsBlock reports whether the character at i would make a quote or a list of the line that begins with s.
func beginsBlock(s string, i int) bool {
	lead := strings.TrimLeft(s[:i], " ")
	switch s[i] {
	case '>', '-':
		return lead == ""
	case '.', ')':
		return lead != "" && strings.Trim(lead, "0123456789") == ""
	}
	return false
}
