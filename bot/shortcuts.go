package bot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// Shortcut is a command that people can use on any message, from the platform's menu of that message. Adapters send it
// as a [Pressed] message with Do and the Subject.
type Shortcut struct {
	// Do names it for ever.
	Do string
	// Label is what the menu says: at most 24 characters, as Slack allows no more.
	Label say.Text
	// row is the command that it runs, ask whether its form is opened first.
	row string
	ask bool
}

// Shortcuts are all shortcuts, in the order in which a menu shows them.
func Shortcuts() []Shortcut {
	return []Shortcut{
		{Do: "line.all", Label: say.T("An die Standleitung", "To the line"), row: "line.pass"},
		{Do: "topic.suggest", Label: say.T("Als Thema vorschlagen", "Suggest as topic"), row: "topic.suggest", ask: true},
		{Do: "concern.hand", Label: say.T("Heikel?", "Sensitive?"), row: "concern.hand"},
		{Do: "line.receipt", Label: say.T("Wer hat das gehört?", "Who heard this?"), row: "line.receipt"},
	}
}

// passCommand sends on a message that stands somewhere. Only shortcuts and mentions reach it.
func passCommand() Command {
	return Command{
		Name: "line.pass", Roles: Everyone, Label: say.T("An die Standleitung", "To the line"),
		Args: []Arg{{Name: "text", Kind: ArgText, Free: true, Label: say.T("Nachricht", "Message")}},
		Look: lookPass, Run: runPass,
	}
}

var textLongSubject = say.T("Diese Nachricht ist zu lang: höchstens {max} Zeichen. Nichts gesendet.", "This message is too long: {max} characters at most. Nothing sent.")

// shortcut reads what somebody wants done with a message. What the bot wrote is not sent on; a copy counts as what it is
// a copy of.
func (b *Bot) shortcut(r *Request) (parsed, error) {
	all := Shortcuts()
	i := slices.IndexFunc(all, func(s Shortcut) bool { return s.Do == r.Message.Do })
	if i < 0 {
		return parsed{}, fault(NotFound, textUnknownButton)
	}
	s := *r.Message.Subject
	r.Message.Subject = &s
	if all[i].row == "line.receipt" {
		return parsed{row: b.commands.byName["line.receipt"], args: map[string]string{}}, nil
	}
	if utf8.RuneCountInString(s.Text) > maxText || utf8.RuneCountInString(markup.Plain(s.Body)) > maxText {
		return parsed{}, fault(Invalid, textLongSubject, "max", maxText)
	}
	var err error
	if s.Body.IsZero() {
		s.Body = b.rich(clean(s.Text))
	} else if s.Body, err = r.books.known(s.Body, s.Place.Adapter); err != nil {
		return parsed{}, err
	}
	s.Body = markup.Disarm(s.Body)
	from, err := r.books.writer(&s)
	if err != nil {
		return parsed{}, err
	}
	s.Text = clean(markup.Plain(s.Body))
	switch {
	case from == "":
		return parsed{}, fault(Invalid, say.T("Das hat kein Mensch geschrieben. Nichts gesendet.", "No person wrote this. Nothing sent."))
	case s.Text == "" && (len(s.Files) == 0 || all[i].ask):
		return parsed{}, fault(Invalid, say.T("In dieser Nachricht steht kein Text. Nichts gesendet.", "There is no text in this message. Nothing sent."))
	}
	p := parsed{row: b.commands.byName[all[i].row], args: map[string]string{"text": s.Text}}
	if p.row.Name == "concern.hand" {
		text := s.Text
		if from != r.Person.Called() {
			text = from + ": " + text // PR reads whose words they are
		}
		p.args["text"] = cut(text, p.row.Args[0].Max)
	}
	if all[i].ask {
		if from != r.Person.Called() {
			p.args["source"] = from
		}
		p.args["text"] = cut(s.Text, p.row.Args[0].Max)
		p.ask = b.adapters[r.Message.Place.Adapter].Can().Forms
	}
	return p, nil
}

// writer is the name of who wrote a message, empty for nobody. Of a copy it takes the text from what it is a copy of.
func (k *books) writer(s *Subject) (string, error) {
	if s.From.ID != "" {
		p, err := k.who(s.From)
		if err != nil {
			return "", err
		}
		return p.Called(), nil
	}
	c, err := k.behind(s.Place, s.ID)
	if err != nil || c == nil {
		return "", err
	}
	s.Body, s.Files = c.Body, c.Files
	return c.Author.Name, nil
}

// cut shortens a text that is too long for where it goes, and shows it.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return strings.TrimSpace(string(runes[:most-1])) + "…"
	}
	return text
}

// mentioned turns what somebody says to the bot in a room of forwarding lines, or in one that hands over nothing else, into
// something sent over them, when it is no command: that is how such a line is spoken to.
// A first word that is nearly a verb, or a reference, asks back instead.
func (b *Bot) mentioned(r *Request, p parsed) (parsed, bool) {
	m := r.Message
	room := b.roomAt(m.Place)
	if m.Place.Direct || room == nil || p.whole == "" {
		return p, false
	}
	lines := b.linesOf(room.Name)
	mirrored := slices.ContainsFunc(lines, func(l *Line) bool { return l.Mode != Forward }) && b.hearing(room) != mentionsOnly
	if len(lines) == 0 || mirrored {
		return p, false
	}
	first, _ := cutWord(p.whole)
	if _, _, ref := parseRef(first); ref {
		return p, false
	}
	if _, close := b.commands.nearest(p.unknown, r.Person, 1); close {
		return p, false
	}
	s := &Subject{Place: m.Place, ID: m.ID, From: m.From, Text: m.Text, Body: m.Body, Files: m.Files, At: m.At}
	if s.Body.IsZero() {
		s.Body = b.rich(m.Text)
	}
	s.Body = markup.Disarm(s.Body)
	m.Subject = s
	return parsed{row: b.commands.byName["line.pass"], args: map[string]string{"text": p.whole}}, true
}

// lookPass finds the rooms that a message is sent on to, and asks the register. From a room of no line it goes over all.
func lookPass(_ context.Context, r *Request) error {
	s := r.Message.Subject
	if s == nil {
		return fault(NotFound, textUnknownButton)
	}
	from := r.bot.roomAt(s.Place)
	if from != nil && len(r.bot.linesOf(from.Name)) == 0 {
		from = nil
	}
	in, err := r.sendsTo(from, "")
	if err != nil {
		return err
	}
	if len(in.to) == 0 {
		return fault(Invalid, textNoLine)
	}
	in.files = s.Files
	in.look(r, s.Body)
	r.Found = sending{in, s.Body}
	return nil
}

// runPass sends a message over the line as its writer's own. It is the same crossing for ever: a second time has no
// effect, and what becomes of the original is followed.
func runPass(_ context.Context, r *Request) ([]Reply, error) {
	s, ok := r.Found.(sending)
	if !ok {
		return nil, errors.New("nothing was looked up")
	}
	m, sub := r.Message, r.Message.Subject
	s.in.again(r, s.body)
	if before, err := r.books.behind(sub.Place, sub.ID); err != nil || before != nil {
		return nil, cmp.Or(err, onTheLine(before))
	}
	writer, err := r.books.who(sub.From)
	if err != nil {
		return nil, err
	}
	if len(writer.Identities) == 0 {
		writer.meet(sub.From)
		if err := people.Put(r.Tx, writer); err != nil {
			return nil, err
		}
	}
	c := &Crossing{
		Key: crossingKey(sub.Place, sub.ID), Place: sub.Place, ID: sub.ID, Person: writer.ID, At: m.At, Version: m.At, Body: s.body, Files: sub.Files,
		Author: Author{Name: writer.Called(), Platform: sub.Place.Adapter}, To: s.in.to, Guarded: s.in.guard, Edition: s.in.edition, Typed: m.Kind == Said,
	}
	if room := r.bot.roomAt(sub.Place); room != nil {
		c.Room, c.Author.Party = room.Name, room.Party
	}
	if writer.ID != r.Person.ID {
		c.By = r.Person.ID
	}
	if err := crossings.Put(r.Tx, c); err != nil { // who must decide is asked about a message that is there
		return nil, err
	}
	replies, err := r.start(c, s.in)
	if err != nil {
		return nil, err
	}
	return append(replies, r.passed(c, writer)...), nil
}

// passed tells whoever sent a message on what became of it, and its writer that it was.
func (r *Request) passed(c *Crossing, writer *Person) []Reply {
	rooms := strings.Join(c.To, ", ")
	if c.By == "" {
		if c.State != Crossed {
			return nil // the card of the held message says it all
		}
		return []Reply{answer(textSent, "rooms", rooms)}
	}
	if c.State != Crossed {
		told, _ := r.tell(writer, nil) // by the card of the held message
		return []Reply{answer(say.T("Noch nicht gesendet: Das muss erst jemand freigeben. {told}", "Not sent yet: somebody has to release it first. {told}"), "told", told)}
	}
	told, replies := r.tell(writer, func(v say.Voice) Card {
		return Card{
			Text: say.T("{who} hat {Ihre|deine} Nachricht über die Leitung gesendet, an: {rooms}.", "{who} sent your message over the line, to: {rooms}.").
				In(v, "who", r.Person.First(), "rooms", rooms),
			Quote:   shorten(markup.Plain(c.Body), 120),
			Preview: say.T("Neues von der Leitung", "News of the line").In(v),
		}
	})
	return append([]Reply{answer(say.T("{sent} {told}", "{sent} {told}"), "sent", textSent.With("rooms", rooms), "told", told)}, replies...)
}

// onTheLine says that a message has been sent already, or that it is not to be; it does not say why.
func onTheLine(c *Crossing) error {
	switch c.State {
	case Crossed:
		return fault(Conflict, say.T("Das ist schon auf der Leitung. Nichts doppelt gesendet.", "This is on the line already. Nothing sent twice."))
	case Gone:
		return fault(Conflict, say.T("Diese Nachricht ist gelöscht. Nichts gesendet.", "This message was deleted. Nothing sent."))
	}
	return fault(Conflict, say.T("Diese Nachricht geht im Moment nicht über die Leitung. Nichts gesendet.", "This message does not go over the line at present. Nothing sent."))
}

// sentText is what of a message that was sent by command or mention crosses: all but the words that sent it.
func (c *commands) sentText(text string) string {
	text = clean(text)
	if first, rest := cutWord(text); strings.HasPrefix(first, "@") {
		text = rest
	}
	if p := c.parse(text); p.row != nil && (p.row.Name == "line.all" || p.row.Name == "line.party") {
		text = p.args["text"]
	}
	return strings.TrimPrefix(text, "/")
}
