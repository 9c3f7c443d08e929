package slack

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/slack-go/slack"

	"standleitung/bot"
	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// What Slack takes in one message, and what is used of it; all in UTF-16 units, the strictest way to count characters.
// Sources: docs.slack.dev/reference/block-kit (50 blocks, 3000 of a text object, 25 elements of actions, 75 of a button's
// text, 2000 of its value); msg_blocks_too_long was seen at 13,200 (bolt-js #2509); chat.update takes a text of 4000.
const (
	maxBlocks    = 45
	maxMessage   = 10_000
	maxSection   = 2900
	maxActions   = 25
	maxButton    = 75
	maxValue     = 2000
	maxFallback  = 3500
	maxUsername  = 80
	maxMessages  = 40 // of one post; beyond it is folded
	maxMetaValue = 500
)

// message is one message of a post.
type message struct {
	text   string
	blocks []slack.Block
}

// piece is a block with what it says, to be packed into messages.
type piece struct {
	block slack.Block
	plain string
	size  int
}

// rendered is a post before it is packed.
type rendered struct {
	pieces []piece
	voice  say.Voice
}

// renderCard renders what the bot says. Its texts are plain: in rich_text they stay so whatever they look like.
func renderCard(c *bot.Card, v say.Voice, unsure bool) []message {
	r := &rendered{voice: v}
	r.maybeAgain(unsure)
	if c.Title != "" {
		r.doc(markup.Doc{Blocks: []markup.Block{{Kind: markup.Paragraph, Inlines: bold(c.Title)}}})
	}
	r.small(c.Meta)
	if c.Quote != "" {
		r.doc(quoted(markMarks(markup.FromPlain(c.Quote), c.Marks)))
	}
	r.doc(markup.FromPlain(c.Text))
	r.facts(c.Facts)
	for i := range c.Items {
		r.item(&c.Items[i])
	}
	r.buttons(c.Buttons)
	r.small(c.Note)
	preview := c.Preview
	if strings.TrimSpace(preview) == "" {
		preview = say.T("Neues von der Standleitung", "News from Standleitung").In(v)
	}
	return r.pack(func([]piece) string { return preview })
}

// renderCopy renders what a person wrote in another room: without its files, but with those that are only told of.
func renderCopy(c *bot.Copy, v say.Voice, files parcel, unsure bool) []message {
	r := &rendered{voice: v}
	r.maybeAgain(unsure)
	r.written(c.Written)
	if c.Quote != "" {
		r.doc(quoted(markup.FromPlain(c.Quote)))
	}
	r.doc(c.Body)
	r.files(files.told)
	if c.Body.IsZero() && len(files.told) == 0 {
		// Slack refuses a message that says nothing, and an answer needs one to hang on.
		r.doc(markup.FromPlain(orElse(clipped(files.names), "…")))
	}
	return r.pack(func(part []piece) string {
		var texts []string
		for _, p := range part {
			if p.plain != "" {
				texts = append(texts, p.plain)
			}
		}
		return strings.Join(texts, "\n")
	})
}

func (r *rendered) add(block slack.Block, plain string) {
	r.pieces = append(r.pieces, piece{block, plain, max(units(plain), 1)})
}

// maybeAgain marks what may have been said before.
func (r *rendered) maybeAgain(unsure bool) {
	if unsure {
		r.small("↻ " + say.T("vielleicht schon einmal angekommen", "may have arrived before").In(r.voice))
	}
}

// written says when a late copy was written, in the time zone of whoever reads it.
func (r *rendered) written(at time.Time) {
	if at.IsZero() {
		return
	}
	when := fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", at.Unix(), at.UTC().Format("2006-01-02 15:04 UTC"))
	text := say.T("geschrieben {when}", "written {when}").In(r.voice, "when", when)
	r.add(slack.NewContextBlock("", slack.NewTextBlockObject(slack.MarkdownType, lateSign+" "+text, false, false)), "")
}

// lateSign stands before the time of a late copy.
const lateSign = "🕓"

// doc adds formatted text, in as many blocks as it takes.
func (r *rendered) doc(d markup.Doc) {
	if d = markup.Normalize(d); d.IsZero() {
		return
	}
	for _, part := range markup.Split(d, func(d markup.Doc) bool { return docSize(d) <= maxSection }) {
		for _, block := range richBlocks(part) {
			r.add(block, markup.Plain(part))
		}
	}
}

// small adds small print.
func (r *rendered) small(text string) {
	for _, part := range cutText(text, maxSection) {
		r.add(slack.NewContextBlock("", plainObject(part, maxSection)), part)
	}
}

func (r *rendered) facts(facts []bot.Fact) {
	var inlines []markup.Inline
	for i, f := range facts {
		if i > 0 {
			inlines = append(inlines, markup.Inline{Kind: markup.Break})
		}
		inlines = append(inlines, bold(f.Label+":")...)
		inlines = append(inlines, lines(" "+f.Value)...)
	}
	if len(inlines) > 0 {
		r.doc(markup.Doc{Blocks: []markup.Block{{Kind: markup.Paragraph, Inlines: inlines}}})
	}
}

// item adds a row of a list, with its button beside it where the text leaves room.
func (r *rendered) item(i *bot.Item) {
	text := i.Text
	if i.Ref != "" && !strings.Contains(text, i.Ref) {
		text = i.Ref + " · " + text
	}
	if i.Head && text != "" {
		inlines := bold(text)
		if i.Meta != "" {
			inlines = append(append(inlines, markup.Inline{Kind: markup.Break}), lines(i.Meta)...)
		}
		r.doc(markup.Doc{Blocks: []markup.Block{{Kind: markup.Paragraph, Inlines: inlines}}})
		if i.Button != nil {
			r.buttons([]bot.Button{*i.Button})
		}
		return
	}
	if i.Meta != "" {
		text += "\n" + i.Meta
	}
	if i.Button == nil || units(escape(text)) > maxSection || strings.TrimSpace(text) == "" {
		r.doc(markup.FromPlain(text))
		if i.Button != nil {
			r.buttons([]bot.Button{*i.Button})
		}
		return
	}
	button := slack.NewAccessory(buttonOf(0, i.Button, i.Button.Primary))
	r.add(slack.NewSectionBlock(plainObject(text, maxSection), nil, button), text)
}

// buttons adds buttons; the first primary one is shown as such.
func (r *rendered) buttons(list []bot.Button) {
	primary := false
	for start := 0; start < len(list); start += maxActions {
		var elements []slack.BlockElement
		for i := start; i < min(len(list), start+maxActions); i++ {
			b := &list[i]
			elements = append(elements, buttonOf(i, b, b.Primary && !primary))
			primary = primary || b.Primary
		}
		r.add(slack.NewActionBlock("", elements...), "")
	}
}

// buttonOf renders a button. Its value is the action, as the core gave it.
func buttonOf(n int, b *bot.Button, primary bool) *slack.ButtonBlockElement {
	e := slack.NewButtonBlockElement(fmt.Sprintf("%s%d", doAction, n), cut(b.Do, maxValue), plainObject(b.Label, maxButton))
	switch {
	case b.Danger:
		e.Style = slack.StyleDanger
	case primary:
		e.Style = slack.StylePrimary
	}
	return e
}

// doAction begins the action ids of buttons whose value is an action of the core; formAction that of one that opens a form.
const (
	doAction   = "do-"
	formAction = "form"
)

// files tells of files that do not come along: why, and below it which.
func (r *rendered) files(list []told) {
	for _, f := range list {
		if f.text != "" {
			r.doc(markup.FromPlain(f.text))
			continue
		}
		var inlines []markup.Inline
		if f.note != "" {
			inlines = append(lines(f.note), markup.Inline{Kind: markup.Break})
		}
		inlines = append(inlines, markup.Inline{Kind: markup.Text, Text: clipSign})
		name := markup.Inline{Kind: markup.Text, Text: f.name}
		if strings.HasPrefix(f.url, "https://") || strings.HasPrefix(f.url, "http://") {
			name = markup.Inline{Kind: markup.Link, Ref: f.url, Children: []markup.Inline{name}}
		}
		r.doc(markup.Doc{Blocks: []markup.Block{{Kind: markup.Paragraph, Inlines: append(inlines, name)}}})
	}
}

// clipSign stands before the name of a file.
const clipSign = "📎 "

// clipped names files, one below the other.
func clipped(names []string) string {
	var list []string
	for _, n := range names {
		list = append(list, clipSign+n)
	}
	return strings.Join(list, "\n")
}

// pack makes messages of pieces: as few as hold them.
func (r *rendered) pack(text func([]piece) string) []message {
	var parts [][]piece
	var part []piece
	size := 0
	for _, p := range r.pieces {
		if len(part) == maxBlocks || len(part) > 0 && size+p.size > maxMessage {
			parts, part, size = append(parts, part), nil, 0
		}
		part, size = append(part, p), size+p.size
	}
	if len(part) > 0 {
		parts = append(parts, part)
	}
	if more := len(parts) - maxMessages; more > 0 {
		folded := &rendered{voice: r.voice}
		folded.small(say.T("… +{n} weitere Teile", "… +{n} more parts").In(r.voice, "n", more))
		parts = append(parts[:maxMessages:maxMessages], folded.pieces)
	}
	var out []message
	for _, part := range parts {
		m := message{text: fold(text(part), maxFallback)}
		for _, p := range part {
			m.blocks = append(m.blocks, p.block)
		}
		out = append(out, m)
	}
	if len(out) == 0 {
		out = []message{{text: fold(text(nil), maxFallback)}}
	}
	return out
}

// Rich text.

func bold(text string) []markup.Inline {
	return []markup.Inline{{Kind: markup.Bold, Children: lines(text)}}
}

// lines makes text of text, with breaks where its lines end.
func lines(text string) []markup.Inline {
	var out []markup.Inline
	for i, l := range strings.Split(text, "\n") {
		if i > 0 {
			out = append(out, markup.Inline{Kind: markup.Break})
		}
		if l != "" {
			out = append(out, markup.Inline{Kind: markup.Text, Text: l})
		}
	}
	return out
}

func quoted(d markup.Doc) markup.Doc {
	return markup.Doc{Blocks: []markup.Block{{Kind: markup.Quote, Blocks: d.Blocks}}}
}

// markMarks makes the words that met the register stand out in a quote.
func markMarks(d markup.Doc, marks []string) markup.Doc {
	for _, mark := range marks {
		for i := range d.Blocks {
			d.Blocks[i].Inlines = markIn(d.Blocks[i].Inlines, mark)
		}
	}
	return d
}

func markIn(list []markup.Inline, mark string) []markup.Inline {
	var out []markup.Inline
	for _, in := range list {
		before, after, found := strings.Cut(in.Text, mark)
		if in.Kind != markup.Text || mark == "" || !found {
			out = append(out, in)
			continue
		}
		if before != "" {
			out = append(out, markup.Inline{Kind: markup.Text, Text: before})
		}
		out = append(out, markup.Inline{Kind: markup.Bold, Children: []markup.Inline{{Kind: markup.Text, Text: mark}}})
		if after != "" {
			out = append(out, markup.Inline{Kind: markup.Text, Text: after})
		}
	}
	return out
}

// richBlocks writes formatted text as Slack's own form of it, in which text is text.
func richBlocks(d markup.Doc) []slack.Block {
	var w richWriter
	w.blocks(d.Blocks)
	w.flush()
	if len(w.elements) == 0 {
		return nil
	}
	return []slack.Block{slack.NewRichTextBlock("", w.elements...)}
}

// richWriter writes the parts of rich text. They do not nest: lists and code in a quote bear its border, what is further in is a
// list of its own, and so on with code and quotes in entries. A quote in a quote is one quote.
type richWriter struct {
	elements []slack.RichTextElement
	// lines are paragraphs that are still to be written: of a quote where border is 1.
	lines  []slack.RichTextSectionElement
	border int
}

// flush writes the paragraphs.
func (w *richWriter) flush() {
	switch {
	case len(w.lines) == 0:
	case w.border == 1:
		w.elements = append(w.elements, &slack.RichTextQuote{Type: slack.RTEQuote, Elements: w.lines})
	default:
		w.elements = append(w.elements, slack.NewRichTextSection(w.lines...))
	}
	w.lines = nil
}

func (w *richWriter) blocks(list []markup.Block) {
	for _, b := range list {
		switch b.Kind {
		case markup.Quote:
			w.quote(b)
		case markup.List:
			w.flush()
			w.list(b, 0)
		case markup.CodeBlock:
			w.code(b)
		default:
			w.lines = append(below(w.lines), richInlines(b.Inlines, slack.RichTextSectionTextStyle{})...)
		}
	}
}

// below ends a paragraph, if there is one.
func below(lines []slack.RichTextSectionElement) []slack.RichTextSectionElement {
	if len(lines) == 0 {
		return nil
	}
	return append(lines, slack.NewRichTextSectionTextElement("\n\n", nil))
}

func (w *richWriter) quote(b markup.Block) {
	if w.border == 1 {
		w.blocks(b.Blocks)
		return
	}
	w.flush()
	w.border = 1
	w.blocks(b.Blocks)
	w.flush()
	w.border = 0
}

func (w *richWriter) code(b markup.Block) {
	w.flush()
	w.elements = append(w.elements, &slack.RichTextPreformatted{
		Type: slack.RTEPreformatted, Border: w.border,
		Elements: []slack.RichTextSectionElement{slack.NewRichTextSectionTextElement(orElse(b.Text, " "), nil)},
	})
}

// maxIndent is how deep Slack indents lists.
const maxIndent = 8

// list writes a list; its numbers go on behind what interrupts it.
func (w *richWriter) list(b markup.Block, depth int) {
	var current *slack.RichTextList
	for n, item := range b.Items {
		own := 0
		var lines []slack.RichTextSectionElement
		for ; own < len(item) && item[own].Kind == markup.Paragraph; own++ {
			lines = append(below(lines), richInlines(item[own].Inlines, slack.RichTextSectionTextStyle{})...)
		}
		if own > 0 || len(item) == 0 || item[0].Kind != markup.List {
			if current == nil {
				current = w.newList(b, depth, n)
			}
			if len(lines) == 0 {
				lines = []slack.RichTextSectionElement{slack.NewRichTextSectionTextElement(" ", nil)}
			}
			current.Elements = append(current.Elements, slack.NewRichTextSection(lines...))
		}
		for _, part := range item[own:] {
			current = nil
			if part.Kind == markup.List {
				w.flush()
				w.list(part, depth+1)
			} else {
				w.blocks([]markup.Block{part})
			}
		}
		w.flush()
	}
}

// newList begins a list with its entry at n.
func (w *richWriter) newList(b markup.Block, depth, n int) *slack.RichTextList {
	l := slack.NewRichTextList(slack.RTEListBullet, min(depth, maxIndent))
	l.Border = w.border
	if b.Ordered {
		l.Style, l.Offset = slack.RTEListOrdered, max(b.Start, 1)-1+n
	}
	w.elements = append(w.elements, l)
	return l
}

func richInlines(list []markup.Inline, style slack.RichTextSectionTextStyle) []slack.RichTextSectionElement {
	var out []slack.RichTextSectionElement
	text := func(s string, style slack.RichTextSectionTextStyle) {
		if s == "" {
			return
		}
		e := slack.NewRichTextSectionTextElement(s, nil)
		if style != (slack.RichTextSectionTextStyle{}) {
			e.Style = &style
		}
		out = append(out, e)
	}
	for _, in := range list {
		inner := style
		switch in.Kind {
		case markup.Break:
			text("\n", slack.RichTextSectionTextStyle{})
			continue
		case markup.Mention:
			if isUser(in.Ref) {
				out = append(out, slack.NewRichTextSectionUserElement(in.Ref, nil))
				continue
			}
			text("@"+in.Text, style)
			continue
		case markup.Code:
			inner.Code = true
			text(in.Text, inner)
			continue
		case markup.Link:
			out = append(out, richLink(in, style)...)
			continue
		case markup.Bold:
			inner.Bold = true
		case markup.Italic:
			inner.Italic = true
		case markup.Strike:
			inner.Strike = true
		default:
			text(in.Text, style)
			continue
		}
		out = append(out, richInlines(in.Children, inner)...)
	}
	return out
}

// maxLink is the longest address that Slack takes in a link.
const maxLink = 3000

// richLink writes a link: one for each part of its text that is formatted alike, as Slack knows no other way. One whose address
// is too long becomes its text.
func richLink(in markup.Inline, style slack.RichTextSectionTextStyle) []slack.RichTextSectionElement {
	parts := richInlines(in.Children, style)
	if len(parts) == 0 {
		parts = []slack.RichTextSectionElement{slack.NewRichTextSectionTextElement("…", nil)}
	}
	if units(in.Ref) > maxLink {
		return parts
	}
	for i, part := range parts {
		if text, ok := part.(*slack.RichTextSectionTextElement); ok {
			label := strings.ReplaceAll(text.Text, "\n", " ")
			if label == in.Ref {
				label = ""
			}
			parts[i] = slack.NewRichTextSectionLinkElement(in.Ref, label, text.Style)
		}
	}
	return parts
}

// docSize is how much of a message a text takes.
func docSize(d markup.Doc) int {
	n := 0
	for _, b := range richBlocks(d) {
		if rich, ok := b.(*slack.RichTextBlock); ok {
			n += partsSize(rich.Elements)
		}
	}
	return n
}

func partsSize(list []slack.RichTextElement) int {
	n := 0
	for _, e := range list {
		switch e := e.(type) {
		case *slack.RichTextSection:
			n += elementsSize(e.Elements)
		case *slack.RichTextQuote:
			n += elementsSize(e.Elements)
		case *slack.RichTextPreformatted:
			n += elementsSize(e.Elements)
		case *slack.RichTextList:
			n += partsSize(e.Elements)
		}
	}
	return n
}

func elementsSize(list []slack.RichTextSectionElement) int {
	n := 0
	for _, e := range list {
		switch e := e.(type) {
		case *slack.RichTextSectionTextElement:
			n += units(e.Text)
		case *slack.RichTextSectionLinkElement:
			n += units(e.Text) + units(e.URL)
		case *slack.RichTextSectionUserElement:
			n += maxUsername // what it shows is up to the reader's Slack
		}
	}
	return n
}

// Plain text objects. Slack decodes the three escapes in them, in labels too.

func plainObject(text string, most int) *slack.TextBlockObject {
	if strings.TrimSpace(text) == "" {
		text = "…"
	}
	return slack.NewTextBlockObject(slack.PlainTextType, fold(text, most), false, false)
}

// units counts a text as Slack's clients do.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// fold escapes a text and shortens it to fit: never inside of an escape.
func fold(s string, most int) string {
	if units(escape(s)) <= most {
		return escape(s)
	}
	n := 0
	var b strings.Builder
	for _, r := range s {
		e := escape(string(r))
		if n += units(e); n > most-1 {
			break
		}
		b.WriteString(e)
	}
	return b.String() + "…"
}

// cut shortens a text that is not escaped.
func cut(s string, most int) string {
	n := 0
	for i, r := range s {
		if n += max(utf16.RuneLen(r), 1); n > most {
			return s[:i]
		}
	}
	return s
}

// cutText cuts a text into parts that fit when they are escaped, at blanks where there are any.
func cutText(s string, most int) []string {
	var parts []string
	for s = strings.TrimSpace(s); s != ""; {
		end, blank, n := len(s), 0, 0
		for i, r := range s {
			if n += units(escape(string(r))); n > most {
				end = i
				break
			}
			if r == ' ' || r == '\n' {
				blank = i
			}
		}
		if end < len(s) && blank > 0 {
			end = blank
		}
		parts = append(parts, s[:end])
		s = strings.TrimSpace(s[end:])
	}
	return parts
}

// authorName is what a copy is signed with: who, from where.
func authorName(author bot.Author, v say.Voice) string {
	parts := []string{author.Name}
	if author.Party != "" {
		parts = append(parts, partyName(author.Party, v))
	}
	if name := platformName(author.Platform); name != "" {
		parts = append(parts, name)
	}
	return cut(strings.Join(parts, " · "), maxUsername)
}

// partyName is what the usual parties are called; others are called what the company calls them.
func partyName(party string, v say.Voice) string {
	switch party {
	case "pr":
		return "PR"
	case "sales":
		return say.T("Vertrieb", "Sales").In(v)
	case "social":
		return "Social"
	}
	return party
}

func platformName(adapter string) string {
	switch adapter {
	case Name:
		return "Slack"
	case "teams":
		return "Teams"
	case "web":
		return "Web"
	}
	return adapter
}
