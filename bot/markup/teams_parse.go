package markup

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// ParseTeams reads the HTML of a message in Teams: the content of its text/html attachment, or its text where that is
// HTML. names finds the people of <at> elements; whom it does not know is "@name", text. What it does not know it reads
// for its text; scripts, styles and attachments are dropped.
func ParseTeams(source string, names Names) Doc {
	source = strings.ToValidUTF8(source, "\uFFFD")
	if len(source) > longest {
		source = strings.ToValidUTF8(source[:longest], "")
	}
	source = preview.ReplaceAllString(source, "<br>")
	source = nextLine.ReplaceAllString(emptyLine.ReplaceAllString(source, "</p><hr><p>"), "<br>")
	r := htmlReader{names: names, open: []htmlBlock{{}}}
	z := html.NewTokenizer(strings.NewReader(source))
	for z.Next() != html.ErrorToken {
		r.token(z.Token())
	}
	if r.raw != nil { // what never ends is no code, and nobody's name
		s := r.raw.String()
		r.raw = nil
		r.write(s)
	}
	r.paragraph()
	for len(r.open) > 1 {
		r.endBlock()
	}
	return Normalize(Doc{r.open[0].blocks})
}

// Each line that people write in Teams is a <p> of its own, without a gap between them; an empty one is an empty line.
var (
	nextLine  = regexp.MustCompile(`(?i)</p>\s*<p(?:\s[^<>]*)?>`)
	preview   = regexp.MustCompile(`(?i)<p\s+itemprop="(?:preview|copy)"[^<>]*>`) // of what is answered, below its author
	emptyLine = regexp.MustCompile(`(?i)</p>\s*(?:<p(?:\s[^<>]*)?>(?:\s|&nbsp;|&#160;|\x{a0}|<br\s*/?>)*</p>\s*)+<p(?:\s[^<>]*)?>`)
)

// ParseTeamsText reads the plain text of a message in Teams, where only <at>Name</at> and addresses are more than text.
func ParseTeamsText(text string, names Names) Doc {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) > longest {
		return FromPlain(visible(text))
	}
	var list []Inline
	for {
		before, rest, ok := strings.Cut(text, "<at>")
		name, after, closed := strings.Cut(rest, "</at>")
		if !ok || !closed {
			break
		}
		list = append(list, linesOf(before)...)
		list = append(list, names.mention("", html.UnescapeString(name)))
		text = after
	}
	return Normalize(Doc{paragraphs(append(list, linesOf(text)...))})
}

// linesOf reads plain text: its lines, and the addresses in them.
func linesOf(s string) []Inline {
	var out []Inline
	for i, l := range strings.Split(strings.NewReplacer("\r", "", "\u00a0", " ").Replace(s), "\n") {
		if i > 0 {
			out = append(out, Inline{Kind: Break})
		}
		out = append(out, linked(l)...)
	}
	return out
}

// htmlReader builds a text from tokens. It keeps a stack of the blocks that are open, never deeper than the package
// nests; what opens deeper is read for its text.
type htmlReader struct {
	names Names
	open  []htmlBlock
	line  line
	// dropped is the element whose content is not read, with how often it stands in itself.
	dropped string
	depth   int
	// raw collects the text of code or a name, until its element ends.
	raw     *strings.Builder
	rawTag  string
	rawID   string
	rawOpen int
	// spaced says that the line ends with a blank, so that another one is none.
	spaced bool
	// celled says that a cell of a table is open, whose lines are one.
	celled bool
}

// htmlBlock is an open quote, list or entry; the first one is the text itself.
type htmlBlock struct {
	tag    string
	start  int // of an ordered list
	blocks []Block
	items  [][]Block
}

var (
	htmlMarks = map[string]Kind{
		"b": Bold, "strong": Bold, "i": Italic, "em": Italic, "s": Strike, "strike": Strike, "del": Strike, "a": Link,
	}
	htmlDropped = map[string]bool{
		"script": true, "style": true, "title": true, "template": true, "iframe": true, "noscript": true, "object": true,
		"svg": true, "math": true, "textarea": true, "select": true, "attachment": true,
	}
	htmlBreaks = map[string]bool{
		"p": true, "div": true, "h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "table": true,
		"hr": true, "section": true, "article": true, "dl": true, "dt": true, "dd": true,
	}
)

func (r *htmlReader) token(t html.Token) {
	switch t.Type {
	case html.TextToken:
		r.text(t.Data)
	case html.StartTagToken, html.SelfClosingTagToken:
		if r.dropped == "" && r.raw == nil {
			r.begin(t)
		} else {
			r.beginInside(t)
		}
	case html.EndTagToken:
		r.endTag(t)
	}
}

// beginInside sees what begins in code, a name, or something that is dropped.
func (r *htmlReader) beginInside(t html.Token) {
	switch {
	case t.Type == html.SelfClosingTagToken && t.Data != "br":
	case r.dropped != "" && t.Data == r.dropped:
		r.depth++
	case r.raw != nil && t.Data == r.rawTag:
		r.rawOpen++
	case r.raw != nil && (t.Data == "br" || htmlBreaks[t.Data] && r.raw.Len() > 0 && !strings.HasSuffix(r.raw.String(), "\n")):
		r.raw.WriteByte('\n')
	}
}

// begin sees an element begin.
func (r *htmlReader) begin(t html.Token) {
	self := t.Type == html.SelfClosingTagToken
	switch tag := t.Data; {
	case htmlDropped[tag]:
		if !self {
			r.dropped, r.depth = tag, 1
		}
	case tag == "br":
		r.line.add(Inline{Kind: Break})
		r.spaced = true
	case tag == "img" || tag == "emoji" || tag == "customemoji":
		r.picture(t)
		if tag != "img" && !self { // what stands in it says the same in signs, such as :)
			r.dropped, r.depth = tag, 1
		}
	case tag == "at" || tag == "code" || tag == "pre" || tag == "codeblock" || oldMention(t):
		if !self {
			r.raw, r.rawTag, r.rawID, r.rawOpen = &strings.Builder{}, tag, attribute(t, "id")+attribute(t, "itemid"), 1
		}
	case tag == "blockquote" || tag == "ul" || tag == "ol" || tag == "li":
		start, err := strconv.Atoi(attribute(t, "start"))
		if err != nil || start > mostNumber {
			start = 0
		}
		r.beginBlock(tag, start)
	case htmlMarks[tag] != "":
		r.mark(t)
	case tag == "tr":
		r.row()
	case htmlBreaks[tag] && !r.celled:
		r.paragraph()
	case tag == "td" || tag == "th":
		r.cell()
	}
}

// oldMention reports whether an element is the form that a mention had before <at>.
func oldMention(t html.Token) bool {
	return t.Data == "span" && strings.HasSuffix(attribute(t, "itemtype"), "schema.skype.com/Mention")
}

// mark opens a mark or a link; a link inside a link closes that one.
func (r *htmlReader) mark(t html.Token) {
	m := mark{kind: htmlMarks[t.Data], sign: t.Data}
	if m.kind == Link {
		if m.ref = attribute(t, "href"); r.line.has(Link) {
			r.endMark(t.Data)
		}
	}
	r.line.begin(m)
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}

// picture reads an emoji, or what an image shows in words.
func (r *htmlReader) picture(t html.Token) {
	alt := attribute(t, "alt")
	switch {
	case alt == "":
	case t.Data == "customemoji":
		alt = ":" + strings.Trim(alt, ":") + ":"
	case t.Data == "img" && !strings.Contains(attribute(t, "itemtype"), "Emoji"):
		alt = "[" + alt + "]"
	}
	r.write(alt)
}

// row begins the next line of a table, and cell the next one in it.
func (r *htmlReader) row() {
	r.celled = false
	if len(r.line.top().children) > 0 {
		r.line.add(Inline{Kind: Break})
		r.spaced = true
	}
}

func (r *htmlReader) cell() {
	r.celled = true
	if n := len(r.line.top().children) - 1; n >= 0 && r.line.top().children[n].Kind != Break {
		r.write(" | ")
	}
}

// text sees text.
func (r *htmlReader) text(s string) {
	switch {
	case r.dropped != "":
	case r.raw != nil:
		r.raw.WriteString(s)
	default:
		r.write(s)
	}
}

// write adds text to the line, with its blanks as a browser shows them.
func (r *htmlReader) write(s string) {
	var b strings.Builder
	for _, c := range s {
		switch c {
		case ' ', '\t', '\n', '\r', '\f':
			if !r.spaced {
				b.WriteByte(' ')
			}
			r.spaced = true
			continue
		case '\u00a0':
			c = ' '
		}
		b.WriteRune(c)
		r.spaced = false
	}
	if r.line.has(Link) {
		r.line.text(visible(b.String()))
		return
	}
	r.line.add(linked(b.String())...)
}

// endTag sees an element end.
func (r *htmlReader) endTag(t html.Token) {
	switch tag := t.Data; {
	case r.dropped != "":
		if t.Data == r.dropped {
			if r.depth--; r.depth == 0 {
				r.dropped = ""
			}
		}
	case r.raw != nil:
		if tag == r.rawTag {
			if r.rawOpen--; r.rawOpen == 0 {
				r.endRaw()
			}
		}
	case htmlMarks[tag] != "":
		r.endMark(tag)
	case tag == "blockquote" || tag == "ul" || tag == "ol" || tag == "li":
		r.endTo(tag)
	case tag == "td" || tag == "th" || tag == "table":
		r.celled = false
		if tag == "table" {
			r.paragraph()
		}
	case htmlBreaks[tag] && !r.celled:
		r.paragraph()
	}
}

// endRaw ends code or a name.
func (r *htmlReader) endRaw() {
	s, tag := strings.ReplaceAll(r.raw.String(), "\u00a0", " "), r.rawTag
	r.raw = nil
	switch tag {
	case "at", "span":
		r.spaced = false
		if s = strings.Join(strings.Fields(visible(s)), " "); s != "" {
			r.line.add(r.names.mention(r.rawID, s))
		}
	case "code":
		r.spaced = false
		r.line.add(Inline{Kind: Code, Text: visible(s)})
	default:
		r.paragraph()
		r.top().add(Block{Kind: CodeBlock, Text: visible(strings.ReplaceAll(s, "\r\n", "\n"))})
	}
}

// endMark closes the innermost mark of a tag, and with it those inside.
func (r *htmlReader) endMark(tag string) {
	kind := htmlMarks[tag]
	if !r.line.has(kind) {
		return
	}
	for r.line.top().kind != kind {
		r.line.end()
	}
	r.line.end()
}

func (r *htmlReader) top() *htmlBlock { return &r.open[len(r.open)-1] }

// add appends a block; in a list, outside of its entries, it is an entry.
func (b *htmlBlock) add(block Block) {
	if b.tag == "ul" || b.tag == "ol" {
		b.items = append(b.items, []Block{block})
		return
	}
	b.blocks = append(b.blocks, block)
}

// paragraph ends the paragraph. Marks that are open go on in the next one.
func (r *htmlReader) paragraph() {
	var again []mark
	for len(r.line.open) > 1 {
		m := *r.line.top()
		r.line.end()
		again = append([]mark{{kind: m.kind, ref: m.ref, sign: m.sign}}, again...)
	}
	if list := r.line.top().children; len(list) > 0 {
		for _, b := range paragraphs(list) {
			r.top().add(b)
		}
	}
	r.line, r.spaced = line{}, true
	for _, m := range again {
		r.line.begin(m)
	}
}

// beginBlock opens a block; start is the number that an ordered list begins with, 0 for the usual one.
func (r *htmlReader) beginBlock(tag string, start int) {
	r.paragraph()
	list := r.top().tag == "ul" || r.top().tag == "ol"
	if tag == "li" && !list {
		if len(r.open) > 1 && r.top().tag == "li" { // the entry before was not closed
			r.endBlock()
		} else {
			tag = "div"
		}
	}
	if len(r.open) > deepest || tag == "div" {
		return
	}
	r.open = append(r.open, htmlBlock{tag: tag, start: start})
}

// endTo closes the innermost block of a tag, and with it those inside.
func (r *htmlReader) endTo(tag string) {
	r.paragraph()
	for i := len(r.open) - 1; i > 0; i-- {
		if r.open[i].tag == tag {
			for len(r.open) > i {
				r.endBlock()
			}
			return
		}
		if tag == "li" && (r.open[i].tag == "ul" || r.open[i].tag == "ol") {
			return // an end without a beginning closes no list
		}
	}
}

// endBlock closes the innermost block.
func (r *htmlReader) endBlock() {
	r.paragraph()
	b := *r.top()
	r.open = r.open[:len(r.open)-1]
	switch b.tag {
	case "blockquote":
		r.top().add(Block{Kind: Quote, Blocks: b.blocks})
	case "li":
		r.top().items = append(r.top().items, b.blocks)
	default:
		r.list(b)
	}
}

// list adds a list. One that stands in a list outside of its entries belongs to the entry before it.
func (r *htmlReader) list(b htmlBlock) {
	block, t := Block{Kind: List, Ordered: b.tag == "ol", Start: b.start, Items: b.items}, r.top()
	if n := len(t.items) - 1; n >= 0 {
		t.items[n] = append(t.items[n], block)
		return
	}
	t.add(block)
}
