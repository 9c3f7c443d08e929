package markup

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Person finds what a platform calls a person who is known here; false when it does not know them.
type Person func(person string) (id string, ok bool)

// Slack writes mrkdwn. A person is mentioned by the id that find gives, everybody else by name; find may be nil. Nothing
// in the text becomes a mention, a link, a call to everybody, or a mark: see the table of the package for what cannot be
// written and what stands in its place.
func Slack(d Doc, find Person) string {
	if find == nil {
		find = func(string) (string, bool) { return "", false }
	}
	w := slackWriter{find: find}
	w.blocks(Normalize(Disarm(Normalize(d))).Blocks)
	return w.String()
}

// slackWriter writes mrkdwn. Slack knows no escape for its marks. It takes a sign for a mark at the ends of words only, so
// a tie on both sides makes it text, and a gap outside makes it a mark inside a word.
type slackWriter struct {
	strings.Builder
	find   Person
	prefix string // of each line of a quote
	// last is the character that was written last, 0 at the beginning of a line.
	last rune
	// opened and closed say that the sign of a mark was written last.
	opened, closed bool
	// start says that text at the beginning of a line must not look like a quote or a list.
	start bool
}

// put writes what is already escaped.
func (w *slackWriter) put(s string) {
	if s == "" {
		return
	}
	first, _ := utf8.DecodeRuneInString(s)
	if w.opened && first == tieRune || w.closed && !strings.ContainsRune(" .,;:!?)", first) {
		w.WriteString(gap)
	}
	w.WriteString(s)
	w.last, _ = utf8.DecodeLastRuneInString(s)
	w.opened, w.closed, w.start = false, false, false
}

// newline begins a line.
func (w *slackWriter) newline() {
	w.WriteString("\n" + w.prefix)
	w.last, w.opened, w.closed, w.start = 0, false, false, true
}

func (w *slackWriter) blocks(list []Block) {
	for i, b := range list {
		if i > 0 {
			if b.Kind == Paragraph && list[i-1].Kind == Paragraph {
				w.newline()
			}
			w.newline()
		}
		w.start = true
		switch {
		case b.Kind == Quote && w.prefix == "":
			w.prefix = "&gt; "
			w.WriteString(w.prefix)
			w.blocks(b.Blocks)
			w.prefix = ""
		case b.Kind == Quote:
			w.blocks(b.Blocks)
		case b.Kind == List:
			w.list(b, 0)
		case b.Kind == CodeBlock && w.prefix == "":
			w.put("```\n" + escapeSlack(ticksApart(visible(b.Text))) + "\n```")
		case b.Kind == CodeBlock:
			w.codeLines(b.Text)
		default:
			w.inlines(b.Inlines, nil)
		}
	}
}

// list writes an entry a line.
func (w *slackWriter) list(b Block, depth int) {
	for n, item := range b.Items {
		if n > 0 {
			w.newline()
		}
		if item[0].Kind == List { // an entry that holds nothing but what is further in
			w.list(item[0], depth+1)
			w.item(item[1:], depth, false)
			continue
		}
		sign := []string{"•", "◦", "▪"}[min(depth, 2)]
		if b.Ordered {
			sign = strconv.Itoa(b.number(n)) + "."
		}
		w.put(strings.Repeat("    ", depth) + sign + " ")
		w.item(item, depth, true)
	}
}

// item writes what stands in an entry: its lists further in, all else as lines. first says that nothing stands behind
// the sign of the entry yet.
func (w *slackWriter) item(blocks []Block, depth int, first bool) {
	for _, b := range blocks {
		if b.Kind == Quote {
			w.item(b.Blocks, depth, first)
			first = false
			continue
		}
		if !first {
			w.newline()
		}
		if b.Kind == List {
			w.list(b, depth+1)
			continue
		}
		outer := w.prefix
		w.prefix += strings.Repeat("    ", depth) + "  "
		if !first {
			w.WriteString(w.prefix[len(outer):])
		}
		w.start = true
		if b.Kind == CodeBlock {
			w.codeLines(b.Text)
		} else {
			w.inlines(b.Inlines, nil)
		}
		w.prefix, first = outer, false
	}
}

// codeLines writes a block of code where none can stand: each line as code.
func (w *slackWriter) codeLines(code string) {
	first := true
	for l := range strings.SplitSeq(code, "\n") {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		if !first {
			w.newline()
		}
		w.code(l)
		first = false
	}
}

func (w *slackWriter) inlines(list []Inline, open []Inline) {
	for _, in := range list {
		switch in.Kind {
		case Break:
			w.lineBreak(open)
		case Mention:
			w.mention(in)
		case Code:
			w.code(in.Text)
		case Link:
			w.link(in)
		case Text:
			w.text(in.Text)
		case Bold, Italic, Strike:
			w.begin(in.Kind)
			w.inlines(in.Children, append(open[:len(open):len(open)], in))
			w.end(in.Kind)
		}
	}
}

var slackSigns = map[Kind]string{Bold: "*", Italic: "_", Strike: "~"}

// begin opens a mark.
func (w *slackWriter) begin(kind Kind) {
	if w.closed || !w.opened && w.last != 0 && !strings.ContainsRune(" (", w.last) {
		w.WriteString(gap)
	}
	w.WriteString(slackSigns[kind])
	w.last, w.opened, w.closed, w.start = rune(slackSigns[kind][0]), true, false, false
}

// end closes a mark.
func (w *slackWriter) end(kind Kind) {
	if w.last == tieRune || w.opened {
		w.WriteString(gap)
	}
	w.WriteString(slackSigns[kind])
	w.last, w.opened, w.closed = rune(slackSigns[kind][0]), false, true
}

// lineBreak ends the line; marks do not go over it, so they end and begin again.
func (w *slackWriter) lineBreak(open []Inline) {
	for i := len(open) - 1; i >= 0; i-- {
		w.end(open[i].Kind)
	}
	w.newline()
	for _, in := range open {
		w.begin(in.Kind)
	}
}

func (w *slackWriter) mention(in Inline) {
	if id, ok := w.find(in.Ref); ok && slackID(id) {
		w.put("<@" + id + ">")
		return
	}
	w.text(disarmed("@" + in.Text))
}

// lookAlike stands for a backtick where one would end code.
const lookAlike = "ˋ"

// slackID reports whether an id is one of Slack's: capital letters and digits.
func slackID(id string) bool {
	return id != "" && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// code writes code in a line; a backtick in it would end it, and is written as its look-alike.
func (w *slackWriter) code(s string) {
	if !w.opened && !w.closed && w.last != 0 && !strings.ContainsRune(" (", w.last) {
		w.WriteString(gap)
	}
	w.put("`" + escapeSlack(strings.ReplaceAll(visible(s), "`", lookAlike)) + "`")
	w.closed = true
}

// link writes an address with its text. The text has no marks of its own: one around all of it is written around the
// link.
func (w *slackWriter) link(in Inline) {
	if c := in.Children; len(c) == 1 && slackSigns[c[0].Kind] != "" {
		w.begin(c[0].Kind)
		w.link(Inline{Kind: Link, Ref: in.Ref, Children: c[0].Children})
		w.end(c[0].Kind)
		return
	}
	p := plainWriter{}
	p.inlines(in.Children, "")
	label := strings.Join(strings.FieldsFunc(p.String(), func(r rune) bool { return r == '\n' }), " ")
	ref := strings.ReplaceAll(escapeSlack(in.Ref), "|", "%7C")
	if label == in.Ref && strings.HasPrefix(label, "http") && !strings.Contains(label, "|") {
		w.put("<" + ref + ">")
		return
	}
	w.put("<" + ref + "|" + escapeSlack(apart(label, false)) + ">")
}

// text writes text that stays text.
func (w *slackWriter) text(s string) {
	w.put(escapeSlack(apart(s, w.start)))
}

var slackEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func escapeSlack(s string) string { return slackEscaper.Replace(s) }

// ticksApart keeps backticks from ending a block of code.
func ticksApart(s string) string {
	for strings.Contains(s, "```") {
		s = strings.ReplaceAll(s, "```", "``"+gap+"`")
	}
	return s
}

// apart ties signs to their neighbours wherever a platform would see more in them than text: marks, addresses, names
// of emoji, and quotes and lists at the start of a line.
func apart(s string, start bool) string {
	emoji := map[int]bool{}
	emojiIn(s, false, func(from, _ int, _ string) { emoji[from] = true })
	var b strings.Builder
	for i, r := range s {
		switch {
		case strings.ContainsRune("`｀＊＿～", r), strings.ContainsRune("*_~", r) && mayMark(s, i):
			b.WriteString(tie + string(r) + tie)
		case start && i == 0 && strings.ContainsRune(">＞•◦▪▫‣", r):
			b.WriteString(tie + string(r))
		case start && r == '.' && i > 0 && i < 10 && strings.Trim(s[:i], "0123456789") == "":
			b.WriteString(tie + ".")
		case r == ':' && (emoji[i] || beforeAddress(s[:i])):
			b.WriteString(":" + tie)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// mayMark reports whether the sign at i could begin or end a mark: not inside a word, nor between blanks.
func mayMark(s string, i int) bool {
	inWord := afterWord(s, i) && beforeWord(s, i+1)
	between := i > 0 && s[i-1] == ' ' && i+1 < len(s) && s[i+1] == ' '
	return !inWord && !between
}

// beforeAddress reports whether a text ends with what begins an address, up to its colon.
func beforeAddress(s string) bool {
	lower := strings.ToLower(s[max(0, len(s)-6):])
	return strings.HasSuffix(lower, "http") || strings.HasSuffix(lower, "https") || strings.HasSuffix(lower, "mailto")
}
