package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"standleitung/bot/say"
)

// The bot's quiet receipt on a message: on its way with trouble, and arrived everywhere after all. A message that simply
// arrives gets none.
const (
	markWaits   = "⏳"
	markArrived = "✅"
)

// receiptMost is how many of the newest messages of all lines are looked through for a person's last one. An index by
// person would be paid by every message, for a question that is rare.
const receiptMost = 500

// receiptCommand shows what became of a message.
func receiptCommand() Command {
	return Command{
		Name: "line.receipt", DE: []string{"empfang"}, EN: []string{"receipt"}, Roles: Everyone,
		// A shortcut hands over the text of its message; typed behind the verb it means nothing.
		Args:    []Arg{{Name: "text", Kind: ArgText, Free: true, Label: say.T("Nachricht", "Message")}},
		Label:   say.T("Wer hat das gehört?", "Who heard this?"),
		Help:    say.T("Wo {Ihre|deine} letzte Nachricht angekommen ist. Für andere: im Menü der Nachricht.", "Where your last message has arrived. For others: in the menu of the message."),
		Example: say.T("empfang", "receipt"), Run: runReceipt,
	}
}

// runReceipt tells its writer, who sent it on, PR and the lead where a message has arrived.
func runReceipt(_ context.Context, r *Request) ([]Reply, error) {
	c, err := r.receiptOf()
	if err != nil {
		return nil, err
	}
	if !r.wrote(c) && !r.Person.Is(PR|Lead) {
		return nil, fault(Denied, say.T("Das erfährt, wer die Nachricht geschrieben hat.", "Only the writer of the message is told that."))
	}
	card, err := r.receiptCard(c)
	if err != nil {
		return nil, err
	}
	return []Reply{{To: Asker, Card: func(say.Voice) Card { return card }}}, nil
}

// wrote reports whether the person wrote a message, or sent it on. Of what is held others read neither the words nor who
// decides: it may touch what only a few know.
func (r *Request) wrote(c *Crossing) bool {
	return r.Person != nil && (r.Person.hasID(c.Person) || r.Person.hasID(c.By))
}

// receiptOf is the message that is asked about: that of the shortcut, or the person's last one.
func (r *Request) receiptOf() (*Crossing, error) {
	if s := r.Message.Subject; s != nil {
		c, err := r.books.behind(s.Place, s.ID)
		if err == nil && (c == nil || c.State == Stub) {
			err = fault(NotFound, say.T("Diese Nachricht ging über keine Leitung.", "This message did not go over a line."))
		}
		return c, err
	}
	for c, err := range crossings.All(r.Reader, Query{Index: "at", Reverse: true, Limit: receiptMost}) {
		if err != nil {
			return nil, err
		}
		if c.State != Stub && c.State != Gone && r.wrote(c) {
			return c, nil
		}
	}
	return nil, fault(NotFound, say.T("Von {Ihnen|dir} ging zuletzt nichts über die Leitung. Bei einer älteren Nachricht hilft ihr Menü.",
		"Nothing of yours went over the line lately. For an older message, use its menu."))
}

// receiptCard says for each room what became of a message there, and offers a way on where one is needed.
func (r *Request) receiptCard(c *Crossing) (Card, error) {
	v := r.Voice
	card := Card{
		Meta:    say.T("geschrieben {when}", "written {when}").In(v, "when", sayTime(r.Person, c.At, r.Now)),
		Preview: textPreviewAnswer.In(v),
	}
	if r.wrote(c) || c.State == Crossed {
		card.Quote = shorten(gist(c.Body, c.Files, v), 120)
	}
	arrived, err := r.receiptItems(c, &card)
	if err != nil {
		return Card{}, err
	}
	title := say.T("In {n} von {all} {all:Raum|Räumen} angekommen", "Arrived in {n} of {all} {all:room|rooms}")
	switch {
	case c.State == Gone:
		title = say.T("Diese Nachricht ist gelöscht", "This message was deleted")
	case arrived == 0:
		title = say.T("In keinem Raum angekommen", "Arrived in no room")
	case arrived == len(c.To) && arrived > 1:
		title = say.T("In allen {all} Räumen angekommen", "Arrived in all {all} rooms")
	}
	card.Title = title.In(v, "n", arrived, "all", len(c.To))
	if c.Edit != nil {
		card.Note = say.T("{Ihre|Die} neue Fassung wartet noch auf eine Freigabe.", "The new wording still waits for an approval.").In(v)
	}
	return card, nil
}

// receiptItems adds a row for each room, with the ways on where one is needed, and counts the rooms where it arrived.
func (r *Request) receiptItems(c *Crossing, card *Card) (arrived int, err error) {
	v := r.Voice
	var parked []string
	for _, name := range c.To {
		h, err := r.heardIn(c, name)
		if err != nil {
			return 0, err
		}
		if h.arrived {
			arrived++
		}
		item := Item{Text: name, Meta: h.text.In(v)}
		if mine := r.Person.hasID(c.Person) || r.Person.Is(PR|Lead|Admin); h.parked && mine {
			show, key := r.bot.commands.byName["row.show"], copyKey(c.Key, name)
			if post, err := posts.Get(r.Reader, key); err == nil && post.Digest != "" {
				key = post.Digest
			}
			item.Button = &Button{Label: show.Label.In(v), Do: show.do(key)}
			parked = append(parked, key)
		}
		card.Items = append(card.Items, item)
	}
	if len(parked) != 1 {
		return arrived, nil // each has its own button, beside its room
	}
	for i := range card.Items {
		card.Items[i].Button = nil
	}
	again, discard := r.bot.commands.byName["row.again"], r.bot.commands.byName["row.discard"]
	card.Buttons = []Button{{Label: again.Label.In(v), Do: again.do(parked[0])}, {Label: discard.Label.In(v), Do: discard.do(parked[0]), Danger: true}}
	return arrived, nil
}

// heard is what became of a message in one room.
type heard struct {
	text say.Text
	// arrived: people can read it there. waits: they will. Neither for what never comes.
	arrived, waits bool
	parked         bool
}

// textHeardParked says since when a copy cannot be delivered, and why where that has words.
func textHeardParked(row Row, since string) say.Text {
	why, known := troubles[cmp.Or(sameTrouble[row.Reason], row.Reason)]
	if !known {
		return say.T("nicht zustellbar seit {when}", "undeliverable since {when}").With("when", since)
	}
	return say.T("nicht zustellbar seit {when}: {why}", "undeliverable since {when}: {why}").With("when", since, "why", why)
}

var (
	textHeardGone    = say.T("gelöscht", "deleted")
	textHeardDropped = say.T("verworfen", "discarded")
)

// heardIn tells what became of a message in a room.
func (r *Request) heardIn(c *Crossing, room string) (heard, error) {
	switch c.State {
	case Held:
		return r.heardHeld(c)
	case Waiting:
		return heard{text: say.T("wartet mit der Nachricht darüber", "waits with the message above it"), waits: true}, nil
	case Stopped:
		return heard{text: say.T("nicht freigegeben", "not released")}, nil
	case Withdrawn:
		return heard{text: say.T("zurückgezogen", "withdrawn")}, nil
	}
	post, err := posts.Get(r.Reader, copyKey(c.Key, room))
	if errors.Is(err, ErrNotFound) {
		if r.bot.room(room) == nil {
			return heard{text: troubles["room_removed"]}, nil
		}
		return heard{text: textHeardDropped}, nil
	} else if err != nil {
		return heard{}, err
	}
	switch {
	case post.Collected != "":
		due, err := timers.Get(r.Reader, Compose("room.collected", room))
		if errors.Is(err, ErrNotFound) {
			return heard{text: say.T("wird gesammelt", "being collected"), waits: true}, nil
		} else if err != nil {
			return heard{}, err
		}
		return heard{text: say.T("gesammelt für {when}", "collected for {when}").With("when", r.instant(due.Due)), waits: true}, nil
	case post.Digest != "":
		sum, err := posts.Get(r.Reader, post.Digest)
		if errors.Is(err, ErrNotFound) || err == nil && sum.Sent > 0 {
			return heard{text: say.T("in der Sammelnachricht angekommen", "arrived in the digest"), arrived: true}, nil
		} else if err != nil {
			return heard{}, err
		}
		if row, parked, err := r.parkedOf(sum); err != nil || parked {
			return heard{text: textHeardParked(row, r.instant(row.Since)), parked: parked}, err
		}
		return heard{text: say.T("wartet in der Sammelnachricht", "waits in the digest"), waits: true}, nil
	}
	return r.heardPost(post)
}

// heardHeld says who looks at a held message.
func (r *Request) heardHeld(c *Crossing) (heard, error) {
	h := heard{text: say.T("wartet auf eine Freigabe", "waits for an approval"), waits: true}
	a, err := approvals.Get(r.Reader, Serial(c.Approval))
	if err == nil && r.wrote(c) && (a.Blind || a.State == Doubted) {
		return heard{text: textHeardOwn(a), waits: true}, nil
	}
	if errors.Is(err, ErrNotFound) || err == nil && (len(a.Asked) == 0 || !r.wrote(c)) {
		return h, nil
	} else if err != nil {
		return h, err
	}
	name, err := r.books.name(a.Asked[len(a.Asked)-1])
	h.text = say.T("wartet auf die Freigabe von {who}", "waits for the approval of {who}").With("who", name)
	return h, err
}

// textHeardOwn says to its writer that a held message does not wait for PR.
func textHeardOwn(a *Approval) say.Text {
	if a.State == Doubted {
		return say.T("wartet auf {Ihr|dein} Ja: noch aktuell?", "waits for your yes: is it still current?")
	}
	return say.T("angehalten, weil das Register nicht lesbar ist", "held because the register cannot be read")
}

// heardPost tells how far a copy is that goes by itself.
func (r *Request) heardPost(post *Post) (heard, error) {
	h := heard{text: say.T("angekommen", "arrived"), arrived: post.Sent > 0 && !post.Deleted}
	if !post.Arrived.IsZero() {
		h.text = say.T("angekommen {when}", "arrived {when}").With("when", r.instant(post.Arrived))
	}
	if post.Deleted {
		h.text = textHeardGone
	}
	if !post.Pending && post.Sent > 0 && post.Revision > post.Sent {
		h.text = say.T("{text}; die letzte Änderung ist verworfen", "{text}; the last change was discarded").With("text", h.text)
		if post.Deleted {
			h.arrived, h.text = true, say.T("dort noch zu lesen; das Löschen ist verworfen", "can still be read there; deleting it was discarded")
		}
	}
	if !post.Pending {
		return h, nil
	}
	if row, parked, err := r.parkedOf(post); err != nil || parked {
		h.parked, h.text = parked, textHeardParked(row, r.instant(row.Since))
		return h, err
	}
	switch {
	case post.Deleted:
		h.text = say.T("wird gelöscht", "being deleted")
	case h.arrived:
		h.text = say.T("{text}, die Änderung ist unterwegs", "{text}, the change is on its way").With("text", h.text)
	default:
		h.waits, h.text = true, say.T("wartet seit {when}", "waits since {when}").With("when", r.instant(post.At))
		lane, err := r.Tx.Lane(post.lane())
		if err != nil {
			return heard{}, err
		}
		if lane.Oldest != nil && lane.Oldest.Reason != "" {
			h.text = say.T("wartet seit {when}: {why}", "waits since {when}: {why}").With("when", r.instant(post.At), "why", trouble(lane.Oldest.Reason))
		}
	}
	return h, nil
}

// instant says a time to whoever asks; empty when nobody does.
func (r *Request) instant(t time.Time) string {
	if r.Person == nil {
		return ""
	}
	return sayTime(r.Person, t, r.Now)
}

// markKey names the bot's reaction on the original of a crossing.
func markKey(crossing string) string {
	return fmt.Sprintf("mark-%x", sha256.Sum256([]byte(crossing)))[:29]
}

// mark shows, on the original, that a message is not everywhere yet. The caller stores the crossing. Nothing happens where the
// bot cannot react, or where no message of a person stands behind the crossing.
func (r *Request) mark(c *Crossing) error {
	adapter := r.bot.adapters[c.Place.Adapter]
	if c.Unwritten || adapter == nil || !adapter.Can().Reacts {
		return nil
	}
	c.Marked = true
	return r.setMark(c, markWaits)
}

// setMark has the bot's reaction be another one; empty for none.
func (r *Request) setMark(c *Crossing, emoji string) error {
	key := markKey(c.Key)
	post, err := posts.Get(r.Tx, key)
	if errors.Is(err, ErrNotFound) {
		if emoji != markWaits {
			return nil
		}
		post, err = &Post{Key: key, Ref: key, Place: c.Place, At: r.Now, IDs: []string{c.ID}, Mark: true, Voice: r.bot.voice}, nil
	}
	if err != nil || post.Reaction == emoji {
		return err
	}
	post.Reaction = emoji
	post.Revision++
	return r.send(post)
}

// remark has the bot's reaction on a message say how it is by now.
func (r *Request) remark(c *Crossing) error {
	if !c.Marked {
		return nil
	}
	emoji := markArrived
	switch c.State {
	case Held, Waiting:
		emoji = markWaits
	case Crossed:
		for _, room := range c.To {
			h, err := r.heardIn(c, room)
			if err != nil {
				return err
			}
			if h.waits || h.parked {
				return nil // it says so already
			}
			if !h.arrived {
				emoji = "" // somebody discarded it for a room
			}
		}
	default:
		emoji = ""
	}
	return r.setMark(c, emoji)
}

// jobRemark brings the bot's reaction up to date after a late copy arrived. arg is the crossing, or the digest that
// brought several.
func jobRemark(_ context.Context, r *Request, arg string) ([]Reply, error) {
	keys := []string{arg}
	from, to := Under(arg)
	for post, err := range posts.All(r.Tx, Query{Index: "digest", From: from, To: to}) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, post.Origin)
	}
	for _, key := range slices.Compact(keys) {
		c, err := r.books.crossing(key)
		if c != nil && err == nil {
			err = r.remark(c)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// arrivedLate has the bot's reaction brought up to date when what was just delivered for the first time was waited for.
func arrivedLate(tx Tx, post *Post, now time.Time) error {
	switch {
	case post.Origin != "" && (post.Told || post.Marked):
		return setTimerOnce(tx, "receipt.mark", post.Origin, now)
	case post.View == "digest":
		return setTimerOnce(tx, "receipt.mark", post.Key, now)
	}
	return nil
}

// asMark makes of a delivery the bot's reaction on a message of a person.
func (d *Delivery) asMark(post *Post) {
	d.Op, d.Reaction, d.Unsure = OpReact, post.Reaction, false
	d.Revision = cmp.Or(post.Revision, 1)
}
