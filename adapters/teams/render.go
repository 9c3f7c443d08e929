package teams

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"standleitung/bot"
	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// What Teams takes in one message, and what is used of it, in bytes of JSON. Its limit for cards is 28 KB
// (learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format), with everything around them.
const (
	maxMessage  = 28 << 10
	maxBodySize = 24 << 10
	maxHTML     = 18 << 10 // of the text of a message, before it is JSON
	maxRun      = 4_000    // bytes of one run of text
	maxLines    = 300      // of one text in a card
	maxActions  = 6        // in a row; Teams hides the others
	maxLabel    = 60       // characters of a button
	maxTitle    = 80       // of a dialog
	maxMessages = 20       // of one post; beyond it is folded
)

const cardType = "application/vnd.microsoft.card.adaptive"

// cardVersion is the version of Adaptive Cards that has Action.Execute; clients on phones know no later one everywhere.
const cardVersion = "1.4"

// element is a part of a card, in the words of adaptivecards.io.
type element map[string]any

// adaptive is a card as Teams takes it.
type adaptive struct {
	Type     string    `json:"type"`
	Schema   string    `json:"$schema"`
	Version  string    `json:"version"`
	Fallback string    `json:"fallbackText,omitempty"`
	Body     []element `json:"body"`
	Actions  []element `json:"actions,omitempty"`
}

func newCard(body, actions []element, fallback string) attachment {
	return attachment{cardType, adaptive{"AdaptiveCard", "http://adaptivecards.io/schemas/adaptive-card.json", cardVersion, fallback, body, actions}}
}

// rendered is a card before it is packed into messages.
type rendered struct {
	voice say.Voice
	token string
	body  []element
}

// cardSign begins the id of the first element of each message that is a card: it says, unseen, of which post that is, which part of
// it, and in which revision. Ids are the bot's own (adaptivecards.io/explorer), and Microsoft Graph shows a card as it is
// (learn.microsoft.com/graph/teams-messaging-overview#card-attachment). A text has nothing of the kind.
const cardSign = "post."

// sign has the messages of a card say of which post they are.
func sign(messages []outgoing, post string, revision int) []outgoing {
	for n, m := range messages {
		for _, att := range m.Attachments {
			if c, ok := att.Content.(adaptive); ok && len(c.Body) > 0 {
				c.Body[0]["id"] = fmt.Sprintf("%s%s.%d.%d", cardSign, post, n, revision)
			}
		}
	}
	return messages
}

// renderCard renders what the bot says.
func renderCard(c *bot.Card, v say.Voice, token string, unsure bool) []outgoing {
	r := &rendered{voice: v, token: token}
	if unsure {
		r.small(againSign + " " + textAgain.In(v))
	}
	r.card(c)
	return r.messages(c.Preview)
}

const (
	againSign = "↻"
	lateSign  = "🕓"
)

var textAgain = say.T("vielleicht schon einmal angekommen", "may have arrived before")

// card adds everything that is on a card.
func (r *rendered) card(c *bot.Card) {
	r.title(c)
	r.small(c.Meta)
	if c.Quote != "" {
		r.add(element{"type": "Container", "style": "emphasis", "items": lines(c.Quote, run{}, c.Marks)}, c.Quote)
	}
	r.text(c.Text)
	for _, f := range c.Facts {
		r.fact(f)
	}
	for i := range c.Items {
		r.item(&c.Items[i])
	}
	r.buttons(c.Buttons)
	r.small(c.Note)
}

// add adds an element; one that is too large for a message is added line by line.
func (r *rendered) add(e element, text string) {
	if sizeOf(e) > maxBodySize/2 && text != "" {
		r.text(text)
		return
	}
	r.body = append(r.body, e)
}

func (r *rendered) title(c *bot.Card) {
	if c.Title == "" {
		return
	}
	style := map[bot.Tone]string{bot.ToneHold: "warning", bot.ToneDone: "good", bot.ToneFault: "attention"}[c.Tone]
	items := lines(c.Title, run{"weight": "Bolder", "size": "Medium"}, nil)
	if style == "" {
		r.body = append(r.body, items...)
		return
	}
	r.add(element{"type": "Container", "style": style, "items": items}, c.Title)
}

// text adds a text, line by line, so that it can be cut between lines.
func (r *rendered) text(s string) { r.body = append(r.body, lines(s, run{}, nil)...) }

// small adds small print.
func (r *rendered) small(s string) {
	r.body = append(r.body, lines(s, run{"size": "Small", "isSubtle": true}, nil)...)
}

func (r *rendered) fact(f bot.Fact) {
	rows := lines(" "+f.Value, run{}, nil)
	label := run{"weight": "Bolder"}.of(f.Label + ":")
	if len(rows) == 0 {
		rows = []element{block(nil)}
	}
	inlines, _ := rows[0]["inlines"].([]run)
	rows[0]["inlines"] = append([]run{label}, inlines...)
	r.body = append(r.body, rows...)
}

// item adds a row of a list, with its button beside it.
func (r *rendered) item(i *bot.Item) {
	text := i.Text
	if i.Ref != "" && !strings.Contains(text, i.Ref) {
		text = i.Ref + " · " + text
	}
	items := append(lines(text, run{}, nil), lines(i.Meta, run{"size": "Small", "isSubtle": true}, nil)...)
	if len(items) == 0 {
		items = lines("…", run{}, nil)
	}
	if i.Button == nil {
		r.add(element{"type": "Container", "items": items, "spacing": "Small"}, text)
		return
	}
	button := element{"type": "ActionSet", "actions": []element{r.action(i.Button, false)}}
	row := element{"type": "ColumnSet", "spacing": "Small", "columns": []element{
		{"type": "Column", "width": "stretch", "items": items},
		{"type": "Column", "width": "auto", "items": []element{button}, "verticalContentAlignment": "Center"},
	}}
	if sizeOf(row) <= maxBodySize/2 {
		r.body = append(r.body, row)
		return
	}
	r.body = append(append(r.body, items...), button)
}

// buttons adds buttons, a few in a row; the first primary one is shown as such.
func (r *rendered) buttons(list []bot.Button) {
	primary := false
	for start := 0; start < len(list); start += maxActions {
		var actions []element
		for i := start; i < min(len(list), start+maxActions); i++ {
			b := &list[i]
			actions = append(actions, r.action(b, b.Primary && !primary))
			primary = primary || b.Primary
		}
		r.body = append(r.body, element{"type": "ActionSet", "actions": actions})
	}
}

// action renders a button. Where pressing it opens a form, Teams must know before.
func (r *rendered) action(b *bot.Button, primary bool) element {
	title := labelOf(b.Label)
	if bot.Asks(b.Do) {
		return styled(element{"type": "Action.Submit", "title": title, "data": data{Do: b.Do, Card: r.token, MSTeams: &taskFetch{"task/fetch"}}}, b, primary)
	}
	d := data{Do: b.Do, Card: r.token}
	return styled(element{
		"type": "Action.Execute", "title": title, "verb": "do", "data": d,
		"fallback": styled(element{"type": "Action.Submit", "title": title, "data": d}, b, primary),
	}, b, primary)
}

func styled(e element, b *bot.Button, primary bool) element {
	switch {
	case b.Danger:
		e["style"] = "destructive"
	case primary:
		e["style"] = "positive"
	}
	return e
}

// formButton adds the button that opens a form.
func (r *rendered) formButton(f *bot.Form, at bot.Place) {
	d := data{Form: f, At: &at, MSTeams: &taskFetch{"task/fetch"}}
	r.body = append(r.body, element{"type": "ActionSet", "actions": []element{
		{"type": "Action.Submit", "title": labelOf(f.Title), "style": "positive", "data": d},
	}})
}

func labelOf(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return "…"
	}
	return fold(s, maxLabel)
}

// messages packs everything into as few messages as hold it. preview is what a lock screen shows of each.
func (r *rendered) messages(preview string) []outgoing {
	if strings.TrimSpace(preview) == "" {
		preview = say.T("Neues von der Standleitung", "News from Standleitung").In(r.voice)
	}
	preview = fold(preview, 200)
	var parts [][]element
	var part []element
	size := 0
	for _, e := range r.body {
		n := sizeOf(e) + 1
		if len(part) > 0 && size+n > maxBodySize {
			parts, part, size = append(parts, part), nil, 0
		}
		part, size = append(part, e), size+n
	}
	if len(part) == 0 {
		part = lines("…", run{}, nil)
	}
	parts = append(parts, part)
	if more := len(parts) - maxMessages; more > 0 {
		folded := &rendered{voice: r.voice}
		folded.small(moreParts(more, r.voice))
		parts = append(parts[:maxMessages:maxMessages], folded.body)
	}
	var out []outgoing
	for _, part := range parts {
		out = append(out, outgoing{Type: "message", Summary: preview, Attachments: []attachment{newCard(part, nil, preview)}})
	}
	return out
}

func moreParts(n int, v say.Voice) string {
	return say.T("… +{n} weitere Teile", "… +{n} more parts").In(v, "n", n)
}

// run is a piece of text in a card, which no client reads as markup.
type run map[string]any

// macro begins what clients replace by a date, even in a run: {{DATE(…)}} and {{TIME(…)}}.
var macro = regexp.MustCompile(`\{\{(DATE|TIME)\(`)

// of is a run with a text.
func (r run) of(text string) run {
	text = macro.ReplaceAllString(strings.ToValidUTF8(text, "\uFFFD"), "{\u2060{${1}(")
	out := run{"type": "TextRun", "text": text}
	for k, v := range r {
		out[k] = v
	}
	return out
}

func block(runs []run) element {
	return element{"type": "RichTextBlock", "inlines": runs, "spacing": "None"}
}

// lines makes elements of a text: one a line, because clients drop the breaks inside of one. marks are underlined.
func lines(s string, style run, marks []string) []element {
	s = strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), " \n")
	if strings.TrimSpace(s) == "" {
		return nil
	}
	var out []element
	list := strings.Split(s, "\n")
	if more := len(list) - maxLines; more > 0 {
		list = append(list[:maxLines:maxLines], fmt.Sprintf("… +%d", more))
	}
	for _, l := range list {
		if strings.TrimSpace(l) == "" {
			l = "\u00a0" // a run of blanks would have no height
		}
		for _, part := range chunks(l, maxRun) {
			out = append(out, block(markedRuns(part, style, marks)))
		}
	}
	out[0]["spacing"] = "Small" // apart from what is above
	return out
}

// markedRuns makes runs of a line, with what is to stand out underlined.
func markedRuns(line string, style run, marks []string) []run {
	for _, mark := range marks {
		before, after, found := strings.Cut(line, mark)
		if mark == "" || !found {
			continue
		}
		var out []run
		if before != "" {
			out = append(out, markedRuns(before, style, marks)...)
		}
		out = append(out, run{"underline": true, "weight": "Bolder"}.of(mark))
		if after != "" {
			out = append(out, markedRuns(after, style, marks)...)
		}
		return out
	}
	return []run{style.of(line)}
}

// chunks cuts a text into parts of so many bytes at most, at blanks where there are any.
func chunks(s string, most int) []string {
	var out []string
	for len(s) > most {
		end := most
		for !utf8.RuneStart(s[end]) {
			end--
		}
		if blank := strings.LastIndexByte(s[:end], ' '); blank > most/2 {
			end = blank + 1
		}
		out, s = append(out, s[:end]), s[end:]
	}
	return append(out, s)
}

// sizeOf is how many bytes of JSON something takes.
func sizeOf(v any) int {
	b, err := encode(v)
	if err != nil {
		return maxMessage // it will not be sent
	}
	return len(b)
}

// fold shortens a text to so many characters, and shows it.
func fold(s string, most int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:most-1])) + "…"
}

// wordCard is a card that says something, for dialogs.
func wordCard(text string) attachment {
	return newCard(lines(text, run{}, nil), nil, fold(text, 200))
}

// formCard is the card in the dialog of a form.
func formCard(f *bot.Form, at bot.Place, faults map[string]string, v say.Voice) attachment {
	body := lines(f.Text, run{}, nil)
	for i := range f.Fields {
		field := &f.Fields[i]
		if fault := faults[field.Name]; fault != "" {
			body = append(body, faultLines(fault)...)
		}
		body = append(body, input(field, v))
	}
	for name, fault := range faults {
		if !hasField(f, name) {
			body = append(faultLines(fault), body...)
		}
	}
	if len(body) == 0 {
		body = lines(f.Title, run{}, nil)
	}
	bare := *f
	bare.Text, bare.Fields = f.Text, append([]bot.Field(nil), f.Fields...)
	for i := range bare.Fields {
		bare.Fields[i].Value = "" // it is in the input
	}
	actions := []element{{"type": "Action.Submit", "title": labelOf(f.Submit), "style": "positive", "data": data{Form: &bare, At: &at}}}
	if f.Cancel != "" {
		actions = append(actions, element{"type": "Action.Submit", "title": labelOf(f.Cancel), "data": data{Cancel: true}, "associatedInputs": "none"})
	}
	return newCard(body, actions, fold(f.Title, 200))
}

func faultLines(text string) []element { return lines("⚠ "+text, run{"color": "Attention"}, nil) }

func hasField(f *bot.Form, name string) bool {
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			return true
		}
	}
	return false
}

// input renders a field. A date is typed as people write dates.
func input(f *bot.Field, v say.Voice) element {
	label := f.Label
	if label == "" {
		label = f.Name
	}
	e := element{"type": "Input.Text", "id": fieldPrefix + f.Name, "label": label}
	if f.Required {
		e["isRequired"] = true
		e["errorMessage"] = say.T("Hier fehlt noch etwas.", "Something is missing here.").In(v)
	}
	if f.Hint != "" {
		e["placeholder"] = f.Hint
	}
	if f.Kind == bot.FieldChoice && len(f.Options) > 0 {
		choose(e, f)
		return e
	}
	if f.Kind == bot.FieldText {
		e["isMultiline"] = true
	}
	if f.Value != "" {
		e["value"] = f.Value
	}
	if f.Max > 0 {
		e["maxLength"] = max(f.Max, utf8.RuneCountInString(f.Value))
	}
	return e
}

func choose(e element, f *bot.Field) {
	var choices []element
	for _, o := range f.Options {
		if o.Value == "" {
			continue // it could not come back
		}
		title := o.Label
		if title == "" {
			title = o.Value
		}
		choices = append(choices, element{"title": title, "value": o.Value})
		if o.Value == f.Value {
			e["value"] = f.Value
		}
	}
	e["type"], e["style"], e["choices"] = "Input.ChoiceSet", "compact", choices
}

// Copies.

// renderCopy renders what a person wrote in another room: their name above it, in bold, then their text.
func renderCopy(c *bot.Copy, v say.Voice, written time.Time, unsure bool) []outgoing {
	var body []markup.Block
	if unsure {
		body = append(body, paragraph(markup.Inline{Kind: markup.Italic, Children: plain(againSign + " " + textAgain.In(v))}))
	}
	if !written.IsZero() {
		text := lateSign + " " + say.T("geschrieben {when}", "written {when}").In(v, "when", stamp(written, v))
		body = append(body, paragraph(markup.Inline{Kind: markup.Italic, Children: plain(text)}))
	}
	if c.Quote != "" {
		body = append(body, markup.Block{Kind: markup.Quote, Blocks: markup.FromPlain(c.Quote).Blocks})
	}
	body = append(body, c.Body.Blocks...)
	for i := range c.Files {
		body = append(body, fileLine(&c.Files[i], v))
	}
	if c.More != "" {
		body = append(body, paragraph(plain(c.More)...))
	}
	author := paragraph(markup.Inline{Kind: markup.Bold, Children: plain(authorLine(c.Author, v))})
	signed := func(d markup.Doc) markup.Doc {
		if len(d.Blocks) > 0 && d.Blocks[0].Kind == markup.Paragraph { // without a gap between them
			inlines := slices.Concat(author.Inlines, []markup.Inline{{Kind: markup.Break}}, d.Blocks[0].Inlines)
			return markup.Doc{Blocks: append([]markup.Block{paragraph(inlines...)}, d.Blocks[1:]...)}
		}
		return markup.Doc{Blocks: append([]markup.Block{author}, d.Blocks...)}
	}
	parts := []markup.Doc{{Blocks: body}}
	if len(body) > 0 {
		parts = markup.Split(parts[0], func(d markup.Doc) bool { return sizeOf(textMessage(signed(d))) <= maxHTML })
	}
	if more := len(parts) - maxMessages; more > 0 {
		parts = append(parts[:maxMessages:maxMessages], markup.FromPlain(moreParts(more, v)))
	}
	var out []outgoing
	for _, part := range parts {
		m := textMessage(signed(part))
		if sizeOf(m) > maxMessage { // a single link that is as long
			m = textMessage(signed(markup.FromPlain(fold(markup.Plain(part), 3000))))
		}
		out = append(out, m)
	}
	return out
}

// textMessage is a message of formatted text.
func textMessage(d markup.Doc) outgoing {
	text, mentions := markup.Teams(d, func(person string) (string, bool) { return person, person != "" })
	m := outgoing{Type: "message", Text: text, TextFormat: "xml"}
	for _, who := range mentions {
		m.Entities = append(m.Entities, entity{"mention", who.Text, mentioned{who.ID, who.Name}})
	}
	return m
}

func paragraph(inlines ...markup.Inline) markup.Block {
	return markup.Block{Kind: markup.Paragraph, Inlines: inlines}
}

func plain(text string) []markup.Inline {
	var out []markup.Inline
	for i, l := range strings.Split(text, "\n") {
		if i > 0 {
			out = append(out, markup.Inline{Kind: markup.Break})
		}
		out = append(out, markup.Inline{Kind: markup.Text, Text: l})
	}
	return out
}

// fileLine names a file, with the reason why it does not come along above it.
func fileLine(f *bot.File, v say.Voice) markup.Block {
	var out []markup.Inline
	if f.Note != "" {
		out = append(plain(f.Note), markup.Inline{Kind: markup.Break})
	}
	name := markup.Inline{Kind: markup.Text, Text: f.Label(v)}
	if webAddress(f.URL) != "" {
		name = markup.Inline{Kind: markup.Link, Ref: f.URL, Children: []markup.Inline{name}}
	}
	return paragraph(append(out, markup.Inline{Kind: markup.Text, Text: "📎 "}, name)...)
}

// stamp is an instant as people read it. Teams shows no time in the zone of whoever reads, so the zone stands with it.
func stamp(at time.Time, v say.Voice) string {
	if v.Language == say.English {
		return at.UTC().Format("2 Jan 2006, 15:04 UTC")
	}
	return at.UTC().Format("02.01.2006, 15:04 UTC")
}

// authorLine is what a copy is signed with: who, from where.
func authorLine(author bot.Author, v say.Voice) string {
	parts := []string{strings.Join(strings.Fields(author.Name), " ")}
	if author.Party != "" {
		parts = append(parts, partyName(author.Party, v))
	}
	if name := platformName(author.Platform); name != "" {
		parts = append(parts, name)
	}
	return fold(strings.Join(parts, " · "), 120)
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
		return "Teams"
	case "slack":
		return "Slack"
	case "web":
		return "Web"
	}
	return adapter
}
