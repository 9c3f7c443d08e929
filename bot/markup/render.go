package markup

import (
	"regexp"
	"strconv"
	"strings"
)

// Markdown writes a text so that [ParseMarkdown] reads it back as it is, with the same people. Everything that would be read as
// more than text is escaped. Where signs of marks would touch, a joiner without a width stands between them. A person whom
// people does not find by the name in the text becomes that name; people may be nil.
func Markdown(d Doc, people People) string {
	if people == nil {
		people = func(string) (string, bool) { return "", false }
	}
	w := markdownWriter{parser: parser{people: people}}
	w.blocks(Normalize(d).Blocks, "")
	return w.String()
}

type markdownWriter struct {
	strings.Builder
	parser parser
	// sign is the last character of the sign that was written last; 0 when anything else was.
	sign byte
	// word says that what was written last ends with a letter or a digit.
	word bool
	open int // marks
}

// put writes what is already escaped.
func (w *markdownWriter) put(s string) {
	if s != "" {
		w.WriteString(s)
		w.sign, w.word = 0, afterWord(s, len(s))
	}
}

// mark writes a sign, apart from one like it.
func (w *markdownWriter) mark(sign string) {
	if w.sign == sign[0] {
		w.WriteString(tie)
	}
	w.WriteString(sign)
	w.sign, w.word = sign[len(sign)-1], false
}

func (w *markdownWriter) blocks(list []Block, indent string) {
	for i, b := range list {
		if i > 0 {
			w.put("\n" + strings.TrimRight(indent, " ") + "\n" + indent)
		}
		w.block(b, indent)
	}
}

func (w *markdownWriter) block(b Block, indent string) {
	switch b.Kind {
	case Quote:
		w.put("> ")
		w.blocks(b.Blocks, indent+"> ")
	case List:
		for n, item := range b.Items {
			if n > 0 {
				w.put("\n" + indent)
			}
			sign := "- "
			if b.Ordered {
				sign = strconv.Itoa(b.number(n)) + ". "
			}
			w.put(sign)
			w.item(item, indent+strings.Repeat(" ", len(sign)))
		}
	case CodeBlock:
		fence := ticksBeside(b.Text, 3)
		w.put(fence + "\n" + indent + strings.ReplaceAll(b.Text, "\n", "\n"+indent) + "\n" + indent + fence)
	default:
		w.inlines(b.Inlines, indent)
	}
}

// item writes an entry; a list directly below its first line belongs to it without an empty line between them.
func (w *markdownWriter) item(list []Block, indent string) {
	if len(list) > 1 && list[0].Kind == Paragraph && list[1].Kind == List {
		w.block(list[0], indent)
		w.put("\n" + indent)
		list = list[1:]
	}
	w.blocks(list, indent)
}

// ticksBeside are so many backticks that none of those in a text are as many: at least the given number.
func ticksBeside(text string, least int) string {
	longest, run := 0, 0
	for i := range len(text) {
		if text[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return strings.Repeat("`", max(least, longest+1))
}

func (w *markdownWriter) inlines(list []Inline, indent string) {
	for i, in := range list {
		switch in.Kind {
		case Break:
			w.put("\n" + indent)
		case Mention:
			w.mention(in, list[i+1:])
		case Code:
			w.code(in.Text)
		case Link:
			w.link(list, i, indent)
		case Text:
			w.put(w.escape(in.Text, i == 0 || list[i-1].Kind == Break))
		case Bold, Italic, Strike:
			sign := map[Kind]string{Bold: "**", Italic: "*", Strike: "~~"}[in.Kind]
			w.mark(sign)
			w.open++
			w.inlines(in.Children, indent)
			w.open--
			w.mark(sign)
		}
	}
}

// code writes code between backticks that do not end in it. Too many backticks cannot be written, and are written as their
// look-alikes.
func (w *markdownWriter) code(s string) {
	ticks := ticksBeside(s, 1)
	if len(ticks) > mostTicks {
		s, ticks = strings.ReplaceAll(s, "`", lookAlike), "`"
	}
	pad := ""
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		pad = " "
	}
	w.mark(ticks)
	w.put(pad + s + pad)
	w.mark(ticks)
}

var parens = strings.NewReplacer("(", `\(`, ")", `\)`)

// link writes an address with its text, or alone where it is its own text and ends where a reader would end it.
func (w *markdownWriter) link(list []Inline, i int, indent string) {
	in := list[i]
	if len(in.Children) == 1 && in.Children[0].Kind == Text && in.Children[0].Text == in.Ref && w.alone(list, i) {
		w.put(in.Ref)
		return
	}
	w.put("[")
	w.open++
	w.inlines(in.Children, indent)
	w.open--
	w.put("](" + parens.Replace(in.Ref) + ")")
}

// alone reports whether an address can stand as it is, and is read to its end and no further.
func (w *markdownWriter) alone(list []Inline, i int) bool {
	blankBefore := i == 0 || list[i-1].Kind == Break || list[i-1].Kind == Text && endsBlank(list[i-1].Text)
	behind := ""
	if i+1 < len(list) && list[i+1].Kind == Text {
		behind = w.escape(list[i+1].Text, false)
		if !strings.Contains(behind, " ") && i+2 < len(list) && list[i+2].Kind != Break { // it is not all that stands behind
			return false
		}
	} else if i+1 < len(list) && list[i+1].Kind != Break {
		return false
	}
	_, n := address(list[i].Ref+behind, 0)
	return w.open == 0 && blankBefore && n == len(list[i].Ref) && !strings.ContainsAny(list[i].Ref, "[]*~")
}

// bracketable are names that can stand in brackets.
var bracketable = regexp.MustCompile("^[^\\[\\]\\\\\n*~`_]+$")

// mention writes a person: as "@name" where that is read as nobody else, else as "@[name]", else as a name.
func (w *markdownWriter) mention(in Inline, behind []Inline) {
	id, ok := w.parser.people(in.Text)
	if !ok || id != in.Ref || !bracketable.MatchString(in.Text) {
		w.put(w.escape("@"+in.Text, false))
		return
	}
	if w.word {
		w.WriteString(tie)
	}
	next := ""
	if len(behind) > 0 {
		next = behind[0].Text
	}
	if found, n := w.parser.mention("@"+in.Text+next, 0); n == len("@"+in.Text) && found.Ref == in.Ref {
		w.put("@" + in.Text)
		return
	}
	w.put("@[" + in.Text + "]")
}

// escape makes text of what would be read as more, and leaves everything else readable: it also stands in the input of
// whoever changes a text. first says that the text may begin a line.
func (w *markdownWriter) escape(s string, first bool) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] < 0x80 && w.special(s, i) || first && beginsBlock(s, i) {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// special reports whether the character at i would be read as a sign.
func (w *markdownWriter) special(s string, i int) bool {
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
		_, n := w.parser.mention(s, i)
		return n > 0 || i == len(s)-1
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
