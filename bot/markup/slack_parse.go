package markup

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ParseSlack reads mrkdwn as it arrives in Slack's events. names finds people and what else stands as an id; whom it
// does not know is "@name", text. Calls to everybody become text such as "@channel". What is longer than the package
// reads stays text.
func ParseSlack(text string, names Names) Doc {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "\uFFFD")
	if len(text) > longest {
		return FromPlain(visible(unescapeSlack(text)))
	}
	r := slackReader{names: names}
	var out []Block
	for rest := text; rest != ""; {
		before, code, after, ok := cutFence(rest)
		if !ok {
			out = append(out, r.blocks(strings.Split(rest, "\n"))...)
			break
		}
		out = append(out, r.blocks(strings.Split(before, "\n"))...)
		out = append(out, Block{Kind: CodeBlock, Text: r.plain(code)})
		rest = after
	}
	return Normalize(Doc{out})
}

// cutFence finds the first block of code, which begins and ends anywhere in a line.
func cutFence(s string) (before, code, after string, ok bool) {
	before, rest, ok := strings.Cut(s, "```")
	if !ok {
		return "", "", "", false
	}
	code, after, ok = strings.Cut(rest, "```")
	if more := len(after) - len(strings.TrimLeft(after, "`")); ok && more > 0 { // the last three of a row close
		code, after = code+after[:more], after[more:]
	}
	return before, code, strings.TrimPrefix(after, "\n"), ok && strings.TrimSpace(code) != ""
}

type slackReader struct{ names Names }

var (
	slackQuote = regexp.MustCompile(`^(?:>|&gt;)(?:(>>|&gt;&gt;)| ?)`)
	slackItem  = regexp.MustCompile(`^( *)([•◦▪▫‣]\x{fe0e}?|[0-9]{1,9}\.) +(\S.*)$`)
)

// blocks reads lines that hold no block of code.
func (r *slackReader) blocks(lines []string) []Block {
	var out []Block
	var para []string
	flush := func() {
		if len(para) > 0 {
			out = append(out, Block{Kind: Paragraph, Inlines: r.lines(para)})
			para = nil
		}
	}
	for i := 0; i < len(lines); {
		var block []Block
		n := 0
		switch {
		case strings.TrimSpace(lines[i]) == "":
			flush()
			i++
			continue
		case slackQuote.MatchString(lines[i]):
			block, n = r.quote(lines[i:])
		case slackItem.MatchString(lines[i]):
			block, n = r.list(lines[i:])
		default:
			para = append(para, lines[i])
			i++
			continue
		}
		flush()
		out = append(out, block...)
		i += n
	}
	flush()
	return out
}

// quote reads the lines that begin with ">", and after ">>>" all others too.
func (r *slackReader) quote(lines []string) ([]Block, int) {
	var inner []string
	for i, l := range lines {
		m := slackQuote.FindStringSubmatch(l)
		if m == nil {
			break
		}
		if m[1] != "" {
			inner = append(append(inner, l[len(m[0]):]), lines[i+1:]...)
			break
		}
		inner = append(inner, l[len(m[0]):])
	}
	n := len(inner)
	for i, l := range inner { // quotes do not nest here
		if m := slackQuote.FindString(l); m != "" {
			inner[i] = tie + l
		}
	}
	return []Block{{Kind: Quote, Blocks: r.blocks(inner)}}, n
}

// list reads lines with signs of lists; indented ones without a sign go on with the entry above.
func (r *slackReader) list(lines []string) ([]Block, int) {
	var entries []entry
	n := 0
	for ; n < len(lines); n++ {
		m := slackItem.FindStringSubmatch(lines[n])
		if m != nil {
			number, err := strconv.Atoi(strings.TrimSuffix(m[2], "."))
			entries = append(entries, entry{len(m[1]), err == nil, number, r.inlines(m[3])})
			continue
		}
		if !indented(lines[n], 2) {
			break
		}
		e := &entries[len(entries)-1]
		e.inlines = append(append(e.inlines, Inline{Kind: Break}), r.inlines(strings.TrimLeft(lines[n], " "))...)
	}
	return nest(entries, 0), n
}

func (r *slackReader) lines(lines []string) []Inline {
	var out []Inline
	for i, l := range lines {
		if i > 0 {
			out = append(out, Inline{Kind: Break})
		}
		out = append(out, r.inlines(l)...)
	}
	return out
}

var slackMarks = map[byte]Kind{'*': Bold, '_': Italic, '~': Strike}

// inlines reads a line: marks do not go over its end. It steps through the line once.
func (r *slackReader) inlines(s string) []Inline {
	var l line
	text, noCode := 0, false
	take := func(upTo, next int) {
		l.text(r.words(s[text:upTo], text > 0 && afterWord(s, text)))
		text = next
	}
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '<':
			if body, ok := entity(s[i:]); ok {
				take(i, i+len(body)+2)
				l.add(r.entity(body)...)
				i = text
				continue
			}
		case c == '`' && !noCode:
			end := strings.IndexByte(s[i+1:], '`')
			noCode = end < 0
			if end > 0 && !ticked(s, i) {
				take(i, i+end+2)
				l.add(Inline{Kind: Code, Text: r.plain(s[i+1 : i+1+end])})
				i = text
				continue
			}
		case strings.IndexByte("hHmM", c) >= 0:
			if in, n := slackAddress(s, i); n > 0 {
				take(i, i+n)
				l.add(in)
				i = text
				continue
			}
		case slackMarks[c] != "" && (i == 0 || s[i-1] != c) && (i+1 == len(s) || s[i+1] != c):
			kind := slackMarks[c]
			if l.has(kind) && closes(s, i) {
				take(i, i+1)
				for l.top().kind != kind {
					l.drop()
				}
				l.end()
			} else if !l.has(kind) && opens(s, i) {
				take(i, i+1)
				l.begin(mark{kind: kind, sign: string(c)})
			}
		}
		i++
	}
	take(len(s), len(s))
	for len(l.open) > 1 {
		l.drop()
	}
	return l.top().children
}

// slackAddress reads an address that Slack did not put in brackets, as in the texts of other programs.
func slackAddress(s string, i int) (Inline, int) {
	if bareForm.FindString(s[i:min(len(s), i+10)]) == "" {
		return Inline{}, 0
	}
	for _, end := range []string{"&lt;", "&gt;"} {
		if n := strings.Index(s[i:], end); n >= 0 {
			s = s[:i+n]
		}
	}
	in, n := bareAddress(s, i)
	if n > 0 {
		in.Ref = unescapeSlack(in.Ref)
		in.Children[0].Text = in.Ref
	}
	return in, n
}

// ticked reports whether the sign at i is tied to its neighbours, which makes it text.
func ticked(s string, i int) bool {
	return strings.HasPrefix(s[i+1:], tie) || strings.HasSuffix(s[:i], tie)
}

// opens reports whether the sign at i stands before a word, and not inside of one.
func opens(s string, i int) bool {
	after, _ := utf8.DecodeRuneInString(s[i+1:])
	return i+1 < len(s) && !unicode.IsSpace(after) && !ticked(s, i) && !afterWord(s, i)
}

// closes reports whether the sign at i stands behind a word, and not inside of one.
func closes(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	return i > 0 && !unicode.IsSpace(before) && !ticked(s, i) && !beforeWord(s, i+1)
}

// entity finds the end of what stands in angle brackets.
func entity(s string) (body string, ok bool) {
	end := strings.IndexAny(s[1:], "<>")
	if end <= 0 || s[1+end] != '>' {
		return "", false
	}
	return s[1 : 1+end], true
}

// entity reads what stands in angle brackets: whom or what it names, or where it leads.
func (r *slackReader) entity(body string) []Inline {
	ref, label, _ := strings.Cut(body, "|")
	label = r.words(label, false)
	if ref == "" {
		return []Inline{{Kind: Text, Text: label}}
	}
	id := ref[1:]
	switch ref[0] {
	case '@':
		return []Inline{r.names.mention(id, label)}
	case '#':
		return []Inline{r.names.named("#", id, label)}
	case '!':
		return []Inline{r.special(id, label)}
	}
	ref = unescapeSlack(ref)
	if label == "" {
		label = strings.TrimPrefix(ref, "mailto:")
	}
	if !allowed(ref) {
		return []Inline{{Kind: Text, Text: label}}
	}
	return []Inline{{Kind: Link, Ref: ref, Children: []Inline{{Kind: Text, Text: label}}}}
}

// special reads what begins with "!": calls to many, groups, dates.
func (r *slackReader) special(id, label string) Inline {
	if group, ok := strings.CutPrefix(id, "subteam^"); ok {
		return r.names.named("@", group, label)
	}
	if rest, ok := strings.CutPrefix(id, "date^"); ok {
		if label == "" {
			stamp, _, _ := strings.Cut(rest, "^")
			label = slackDate(stamp)
		}
		return Inline{Kind: Text, Text: label}
	}
	if label == "" {
		label = id
	}
	return Inline{Kind: Text, Text: "@" + strings.TrimPrefix(label, "@")}
}

// slackDate is a date that brings no text of its own: seconds since 1970, told in UTC.
func slackDate(stamp string) string {
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || seconds < 0 || seconds > 1<<36 {
		return ""
	}
	return time.Unix(seconds, 0).UTC().Format("2006-01-02 15:04 UTC")
}

// words reads text without marks: the three escapes and names of emoji. within says that a word goes on before it.
func (r *slackReader) words(s string, within bool) string {
	return visible(unescapeSlack(withEmoji(s, within)))
}

var inBrackets = regexp.MustCompile(`<([^<>|]*)(?:\|([^<>]*))?>`)

// plain reads code: nothing has a meaning there but what Slack itself put in brackets.
func (r *slackReader) plain(s string) string {
	if strings.Contains(s, "<") {
		s = inBrackets.ReplaceAllStringFunc(s, func(found string) string {
			var b strings.Builder
			for _, in := range r.entity(found[1 : len(found)-1]) {
				w := plainWriter{}
				w.inlines([]Inline{in}, "")
				b.WriteString(w.String())
			}
			return b.String()
		})
	}
	return visible(unescapeSlack(s))
}

var slackUnescaper = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

// unescapeSlack reads the three escapes that Slack knows.
func unescapeSlack(s string) string { return slackUnescaper.Replace(s) }

// A slackElement is any part of a rich_text block; what a kind does not have is empty.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
type slackElement struct {
	Type     string         `json:"type"`
	Elements []slackElement `json:"elements"`
	// Rows are those of a table.
	Rows        [][]slackElement `json:"rows"`
	Indent      int              `json:"indent"`
	Offset      int              `json:"offset"` // how many entries of an ordered list came before
	Border      int              `json:"border"` // 1 where it stands in a quote
	Text        string           `json:"text"`
	URL         string           `json:"url"`
	UserID      string           `json:"user_id"`
	UsergroupID string           `json:"usergroup_id"`
	ChannelID   string           `json:"channel_id"`
	Name        string           `json:"name"`
	Unicode     string           `json:"unicode"`
	SkinTone    int              `json:"skin_tone"`
	Range       string           `json:"range"`
	Value       string           `json:"value"`
	Timestamp   int64            `json:"timestamp"`
	Fallback    string           `json:"fallback"`
	// Style is {"bold":true} beside text, and "bullet" or "ordered" beside a list.
	Style json.RawMessage `json:"style"`
}

// mostBlocks is how many bytes of blocks are read: what is longest as text, with six bytes for each one that JSON escapes.
const mostBlocks = 6 * longest

// ParseSlackBlocks reads the rich_text blocks of an event, which say more exactly than its text what its writer saw.
// It reports false where there are none, or something that is not known: then the text has to do.
func ParseSlackBlocks(blocks []byte, names Names) (Doc, bool) {
	var top []slackElement
	if len(blocks) > mostBlocks || json.Unmarshal(blocks, &top) != nil {
		return Doc{}, false
	}
	r := slackReader{names: names}
	var out []Block
	for _, b := range top {
		if b.Type == "table" {
			out = append(out, r.table(b.Rows)...)
			continue
		}
		if b.Type != "rich_text" {
			return Doc{}, false
		}
		part, ok := r.rich(b.Elements)
		if !ok {
			return Doc{}, false
		}
		out = append(out, part...)
	}
	d := Normalize(Doc{out})
	return d, !d.IsZero()
}

// table reads the rows of a table as lines, with a stroke between the cells.
func (r *slackReader) table(rows [][]slackElement) []Block {
	p := Block{Kind: Paragraph}
	for n, row := range rows {
		if n > 0 {
			p.Inlines = append(p.Inlines, Inline{Kind: Break})
		}
		for i, cell := range row {
			if i > 0 {
				p.Inlines = append(p.Inlines, Inline{Kind: Text, Text: " | "})
			}
			p.Inlines = append(p.Inlines, r.cell(cell)...)
		}
	}
	return []Block{p}
}

// cell reads one of a table: plain, or with the lines of its rich text in one.
func (r *slackReader) cell(e slackElement) []Inline {
	if e.Type != "rich_text" {
		return []Inline{{Kind: Text, Text: strings.Join(strings.Fields(visible(e.Text)), " ")}}
	}
	var out []Inline
	for _, section := range e.Elements {
		for _, in := range r.elements(section.Elements) {
			if in.Kind == Break {
				in = Inline{Kind: Text, Text: " "}
			}
			out = append(out, in)
		}
	}
	return out
}

// rich reads the parts of a rich_text block.
func (r *slackReader) rich(list []slackElement) ([]Block, bool) {
	var out []Block
	for i := 0; i < len(list); i++ {
		switch e := list[i]; e.Type {
		case "rich_text_section":
			out = append(out, paragraphs(r.elements(e.Elements))...)
		case "rich_text_quote":
			out = append(out, Block{Kind: Quote, Blocks: paragraphs(r.elements(e.Elements))})
		case "rich_text_preformatted":
			w := plainWriter{}
			w.inlines(r.elements(e.Elements), "")
			out = append(out, e.bordered(Block{Kind: CodeBlock, Text: w.String()})...)
		case "rich_text_list":
			var entries []entry
			for ; i < len(list) && list[i].Type == "rich_text_list" && list[i].Border == e.Border; i++ {
				ordered := string(list[i].Style) == `"ordered"`
				for n, item := range list[i].Elements {
					entries = append(entries, entry{list[i].Indent, ordered, max(list[i].Offset, 0) + n + 1, r.elements(item.Elements)})
				}
			}
			i--
			out = append(out, e.bordered(nest(entries, 0)...)...)
		default:
			return nil, false
		}
	}
	return out, true
}

// bordered puts blocks into a quote where Slack draws its border beside them.
func (e *slackElement) bordered(list ...Block) []Block {
	if e.Border == 0 {
		return list
	}
	return []Block{{Kind: Quote, Blocks: list}}
}

// paragraphs cuts inlines at empty lines.
func paragraphs(list []Inline) []Block {
	var out []Block
	from := 0
	for i := 1; i < len(list); i++ {
		if list[i].Kind == Break && list[i-1].Kind == Break {
			out = append(out, Block{Kind: Paragraph, Inlines: list[from:i]})
			from = i
		}
	}
	return append(out, Block{Kind: Paragraph, Inlines: list[from:]})
}

// elements reads the parts of a line.
func (r *slackReader) elements(list []slackElement) []Inline {
	var out []Inline
	for _, e := range list {
		var style struct{ Bold, Italic, Strike, Code bool }
		_ = json.Unmarshal(e.Style, &style) // absent mostly; of another form it is no style
		parts := r.element(e)
		if style.Code {
			w := plainWriter{}
			w.inlines(parts, "")
			parts = []Inline{{Kind: Code, Text: w.String()}}
			if e.Type == "link" && allowed(e.URL) {
				parts = []Inline{{Kind: Link, Ref: e.URL, Children: parts}}
			}
		}
		for _, s := range []struct {
			on   bool
			kind Kind
		}{{style.Strike, Strike}, {style.Italic, Italic}, {style.Bold, Bold}} {
			if s.on {
				parts = []Inline{{Kind: s.kind, Children: parts}}
			}
		}
		out = append(out, parts...)
	}
	return out
}

// element reads a part of a line without its style.
func (r *slackReader) element(e slackElement) []Inline {
	text := func(s string) []Inline { return []Inline{{Kind: Text, Text: s}} }
	switch e.Type {
	case "text":
		return broken(visible(e.Text))
	case "link":
		label := e.Text
		if label == "" {
			label = e.URL
		}
		if !allowed(e.URL) {
			return broken(visible(label))
		}
		return []Inline{{Kind: Link, Ref: e.URL, Children: broken(visible(label))}}
	case "user":
		return []Inline{r.names.mention(e.UserID, "")}
	case "usergroup":
		return []Inline{r.names.named("@", e.UsergroupID, "")}
	case "channel":
		return []Inline{r.names.named("#", e.ChannelID, "")}
	case "broadcast":
		return text("@" + e.Range)
	case "emoji":
		return text(richEmoji(e))
	case "color":
		return text(e.Value)
	case "date":
		if e.Fallback == "" {
			e.Fallback = slackDate(strconv.FormatInt(e.Timestamp, 10))
		}
		return broken(visible(e.Fallback))
	}
	return broken(visible(e.Text))
}

// broken makes text of text, with breaks where its lines end.
func broken(s string) []Inline {
	var out []Inline
	for i, l := range strings.Split(s, "\n") {
		if i > 0 {
			out = append(out, Inline{Kind: Break})
		}
		if l != "" {
			out = append(out, Inline{Kind: Text, Text: l})
		}
	}
	return out
}
