package bot

import (
	"strings"

	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// viewApproval is the card of whoever decides: the whole text, the writer's words that met the register, and what can be
// done.
func viewApproval(k *books, ref string, who *Person, v say.Voice) (Card, error) {
	a, c, err := k.heldBy(ref)
	if err != nil {
		return Card{}, err
	}
	card := Card{
		Title:   say.T("Wartet auf {Sie|dich}: eine Nachricht von {who}", "Waiting for you: a message from {who}").In(v, "who", c.Author.Name),
		Meta:    k.heldMeta(a, c, who, v),
		Quote:   markup.Plain(a.Body),
		Tone:    ToneHold,
		Marks:   hitWords(a.Hits),
		Preview: say.T("Eine Freigabe wartet", "An approval is waiting").In(v),
	}
	switch {
	case a.State != Open:
		card.Title = say.T("Eine Nachricht von {who}", "A message from {who}").In(v, "who", c.Author.Name)
	case a.Edit:
		card.Title = say.T("Wartet auf {Sie|dich}: eine Änderung von {who}", "Waiting for you: an edit by {who}").In(v, "who", c.Author.Name)
		card.Text = say.T("Gesendet ist noch: {text}", "Sent so far: {text}").In(v, "text", shorten(gist(c.Body, c.Files, v), 200))
	}
	card.Facts = fileFacts(a.Files, v)
	if a.Question != "" && a.State == Open {
		card.Facts = append(card.Facts, Fact{say.T("Rückfrage", "Asked back").In(v), a.Question})
	}
	by, err := k.name(a.By)
	if err != nil {
		return Card{}, err
	}
	when := ""
	if who != nil && !a.At.IsZero() {
		when = sayTime(who, a.At, k.now)
	}
	args := []any{"who", by, "when", when}
	switch a.State {
	case Open:
		if a.Blind {
			card.Title = say.T("Eine Nachricht von {who}", "A message from {who}").In(v, "who", c.Author.Name)
			card.Text = say.T("Angehalten: Das Register ist nicht lesbar. Sobald es das ist, geht es weiter.", "Held: the register cannot be read. It goes on as soon as it can be.").In(v)
			return card, nil
		}
		card.Buttons = k.misfitButton(a, v, k.buttons(v, a.Ref(), "approval.release", "approval.refuse", "approval.ask"))
		card.Buttons[0].Primary = true
		return card, nil
	case Going:
		card.Text = say.T("Wird in zehn Sekunden gesendet.", "Will be sent in ten seconds.").In(v)
		card.Buttons = k.buttons(v, a.Ref(), "approval.undo")
		return card, nil
	case Doubted:
		card.Text = say.T("Freigegeben von {who}, {when}. {writer} wird gefragt, ob es noch aktuell ist.", "Released by {who}, {when}. {writer} is asked whether it still holds.").
			In(v, append(args, "writer", c.Author.Name)...)
		if a.Blind {
			card.Text = say.T("{writer} wird gefragt, ob es noch aktuell ist.", "{writer} is asked whether it still holds.").In(v, "writer", c.Author.Name)
		}
	case Released:
		card.Text = say.T("Freigegeben von {who}, {when}.", "Released by {who}, {when}.").In(v, args...)
		if a.By == "" {
			card.Text = a.sentAlone().In(v)
		}
	case Refused:
		card.Text = say.T("Nicht gesendet, entschieden von {who}, {when}.", "Not sent, decided by {who}, {when}.").In(v, args...)
	case Void:
		card.Text = say.T("Erledigt: geändert oder zurückgezogen.", "Settled: changed or withdrawn.").In(v)
		card.Quote, card.Marks = "", nil
	}
	card.Tone = ToneDone
	return card, nil
}

// viewHeld is the writer's own card: what was held, who was asked, and the way out.
func viewHeld(k *books, ref string, _ *Person, v say.Voice) (Card, error) {
	a, c, err := k.heldBy(ref)
	if err != nil {
		return Card{}, err
	}
	card := Card{Tone: ToneHold, Quote: shorten(markup.Plain(a.Body), 300), Facts: fileFacts(a.Files, v), Marks: hitWords(a.Hits), Preview: say.T("Noch nicht gesendet", "Not sent yet").In(v)}
	by, err := k.name(a.By)
	if err != nil {
		return Card{}, err
	}
	if c.By != "" {
		sender, err := k.name(c.By)
		if err != nil {
			return Card{}, err
		}
		card.Meta = say.T("{who} wollte {Ihre|deine} Nachricht über die Leitung senden", "{who} wanted to send your message over the line").In(v, "who", sender)
	}
	switch a.State {
	case Open, Going:
		if card.Text, err = k.heldText(a, v); err != nil {
			return Card{}, err
		}
		card.Buttons = k.misfitButton(a, v, k.buttons(v, a.Ref(), "approval.change", "approval.withdraw"))
		if len(a.Hits) > 0 {
			if f, err := k.flag(a.Hits[0].Flag); err == nil {
				card.Facts = append(card.Facts, holdingFact(f, v)...)
			}
		}
		if c.Room != "" && !a.Blind {
			card.Note = say.T("Im Raum {room} ist es schon zu lesen: {Bitte löschen Sie|Bitte lösche} es dort, wenn es da nicht stehen soll.",
				"It can be read in the room {room} already: please delete it there if it should not be there.").In(v, "room", c.Room)
		}
		if a.State == Going {
			card.Text = say.T("{who} hat zugestimmt. Es geht gleich raus.", "{who} agreed. It goes out in a moment.").In(v, "who", by)
			card.Buttons = nil
		}
		return card, nil
	case Doubted:
		card.Text = say.T("{who} hat zugestimmt, nach mehr als vier Stunden. Noch aktuell?", "{who} agreed, after more than four hours. Is it still current?").In(v, "who", by)
		if a.Blind {
			card.Text = say.T("Das Register ist wieder lesbar und hat nichts dagegen. Noch aktuell?", "The register can be read again and has nothing against it. Is it still current?").In(v)
		}
		card.Buttons = k.buttons(v, a.Ref(), "approval.confirm", "approval.change", "approval.withdraw")
		card.Buttons[0].Primary = true
		return card, nil
	case Released:
		card.Text = say.T("Gesendet, mit dem Ja von {who}.", "Sent, with {who}'s yes.").In(v, "who", by)
		if a.By == "" {
			card.Text = a.sentAlone().In(v)
		}
	case Refused:
		card.Text = say.T("Nicht gesendet. Entschieden hat {who}.", "Not sent. {who} decided.").In(v, "who", by)
		card.Facts = append(card.Facts, Fact{say.T("Grund", "Reason").In(v), a.Question})
	case Void:
		card.Text = say.T("Erledigt: geändert, gelöscht oder zurückgezogen.", "Settled: changed, deleted or withdrawn.").In(v)
		card.Quote, card.Marks = "", nil
	}
	card.Tone = ToneDone
	return card, nil
}

// sentAlone says why a held message went without anybody's yes but its writer's.
func (a *Approval) sentAlone() say.Text {
	if a.Blind {
		return say.T("Gesendet.", "Sent.")
	}
	return say.T("Gesendet: Die Sperrfrist ist vorbei.", "Sent: the embargo is over.")
}

// heldText says what happened, who was asked, and that nothing goes out without their yes.
func (k *books) heldText(a *Approval, v say.Voice) (string, error) {
	if a.Blind {
		return say.T("Noch nicht gesendet: Das Register ist gerade nicht lesbar, darum geht nichts über die Leitung. Sobald es das ist, {hören Sie|hörst du} von mir.",
			"Not sent yet: the register cannot be read right now, so nothing crosses the line. You'll hear from me as soon as it can be.").In(v), nil
	}
	asked := say.T("Noch niemand konnte gefragt werden; nichts geht raus.", "Nobody could be asked yet; nothing goes out.")
	if n := len(a.Asked); n > 0 {
		name, err := k.name(a.Asked[n-1])
		if err != nil {
			return "", err
		}
		asked = say.T("{who} ist gefragt; ohne ein Ja geht nichts raus.", "{who} was asked; nothing goes out without a yes.").With("who", name)
	}
	lifts, err := k.lifts(a)
	if err != nil {
		return "", err
	}
	if lifts != nil {
		asked = say.T("Sperrfrist bis {day}; dann geht es von selbst raus.", "Embargo until {day}; then it goes out by itself.").With("day", lifts.sayUntil(v, k.bot.zone, k.now))
	}
	if len(a.Hits) == 0 {
		return say.T("Noch nicht gesendet. {asked}", "Not sent yet. {asked}").In(v, "asked", asked), nil
	}
	text := say.T("Noch nicht gesendet: „{words}“. {asked}", "Not sent yet: “{words}”. {asked}")
	label := ""
	if f, err := k.flag(a.Hits[0].Flag); err == nil && f.Level != Red {
		label = f.Label
		text = say.T("Noch nicht gesendet: „{words}“ betrifft „{label}“. {asked}", "Not sent yet: “{words}” touches “{label}”. {asked}")
	}
	return text.In(v, "words", a.Hits[0].Words, "label", label, "asked", asked), nil
}

// heldMeta says where the message would go, what it touches, and since when it waits.
func (k *books) heldMeta(a *Approval, c *Crossing, who *Person, v say.Voice) string {
	var parts []string
	if len(c.To) > 0 {
		parts = append(parts, say.T("an {rooms}", "to {rooms}").In(v, "rooms", strings.Join(c.To, ", ")))
	}
	if sender, err := k.name(c.By); err == nil && c.By != "" {
		parts = append(parts, say.T("weitergegeben von {who}", "sent on by {who}").In(v, "who", sender))
	}
	parts = append(parts, k.hitLabels(a.Hits, v)...)
	if who != nil {
		parts = append(parts, say.T("seit {when}", "since {when}").In(v, "when", sayTime(who, a.Since, k.now)))
	}
	return strings.Join(parts, " · ")
}

// heldBy reads an approval and its message.
func (k *books) heldBy(ref string) (*Approval, *Crossing, error) {
	_, n, _ := parseRef(ref)
	a, err := approvals.Get(k.r, Serial(n))
	if err != nil {
		return nil, nil, err
	}
	c, err := k.crossing(a.Crossing)
	if c == nil && err == nil {
		err = ErrNotFound
	}
	return a, c, err
}

func (k *books) flag(ref string) (*Flag, error) { return flags.Get(k.r, flagKey(ref)) }

// flagKey is the key of a flag by its reference.
func flagKey(ref string) string {
	_, n, _ := parseRef(ref)
	return Serial(n)
}

// buttons are buttons for commands on one reference.
func (k *books) buttons(v say.Voice, ref string, names ...string) []Button {
	var list []Button
	for _, name := range names {
		row := k.bot.commands.byName[name]
		list = append(list, Button{Label: row.Label.In(v), Do: row.do(ref)})
	}
	return list
}

// fileFacts names the files of a held message; none without.
func fileFacts(files []File, v say.Voice) []Fact {
	if len(files) == 0 {
		return nil
	}
	return []Fact{{say.T("Dateien", "Files").In(v), fileNames(files, v)}}
}

// misfitButton adds the way to say that the hits do not fit, until somebody did.
func (k *books) misfitButton(a *Approval, v say.Voice, list []Button) []Button {
	if a.Misfit || len(a.Hits) == 0 {
		return list
	}
	return append(list, k.buttons(v, a.Ref(), "approval.misfit")...)
}

// hitWords are the writer's words that met the register.
func hitWords(hits []Hit) []string {
	var words []string
	for _, h := range hits {
		words = append(words, h.Words)
	}
	return words
}
