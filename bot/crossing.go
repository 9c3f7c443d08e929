package bot

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// relay is what is known of a message in a room of a line before the unit of work.
type relay struct {
	room  *Room
	to    []string // rooms that hear it, by mirroring lines
	guard bool     // one of the lines asks the register
	files []File
	hits  []Hit
	// edition is that of the register that was asked.
	edition uint64
	// blind is set when the register could not be read: then nothing crosses.
	blind bool
}

// hears are the rooms that get what is written in a room, in the order of the configuration, each once; guarded says
// whether the register is asked.
func (k *books) hears(room string, forward bool) (to []string, guarded bool, err error) {
	for _, l := range k.bot.linesOf(room) {
		if l.Mode == Forward && !forward {
			continue
		}
		paused, err := k.paused(l.Name)
		if err != nil {
			return nil, false, err
		}
		if paused {
			continue
		}
		for _, other := range l.Rooms {
			if other != room && !slices.Contains(to, other) {
				to = append(to, other)
			}
		}
		guarded = guarded || l.Guard
	}
	return to, guarded, nil
}

// overhear reads what people say to each other in a room. Nothing is taken in unless a line carries it on.
func (b *Bot) overhear(k *books, m *Message) (intent, error) {
	if m.Kind == Reacted {
		return b.overhearReaction(k, m)
	}
	req := &Request{Reader: k.r, Now: k.now, Message: m, bot: b, books: k}
	in, heard, err := b.listen(k, m)
	if err != nil || !heard {
		return intent{req: req}, err
	}
	if req.Person, err = k.who(m.From); err != nil {
		return intent{}, err
	}
	req.Voice = req.Person.Speaks()
	if m.Body.IsZero() && m.Text != "" {
		m.Body = b.rich(m.Text)
	} else if m.Body, err = k.known(m.Body, m.Place.Adapter); err != nil {
		return intent{}, err
	}
	m.Body = markup.Disarm(m.Body)
	in.files = m.Files
	in.look(req, m.Body)
	run := in.said
	switch m.Kind {
	case Edited:
		run = in.edited
		if c, err := k.crossing(crossingKey(m.Place, m.ID)); err != nil {
			return intent{}, err
		} else if c != nil && c.Typed {
			m.Body = markup.Disarm(b.rich(b.commands.sentText(cmp.Or(m.Text, markup.Plain(m.Body)))))
		}
	case Deleted:
		run = relayDeleted
	case Restored:
		run = in.restored
	}
	return intent{req: req, run: run}, nil
}

// listen finds out who hears what happens in a room; heard is false when nobody does. Where talk is not mirrored, changes of
// what somebody sent over a line from there are still followed.
func (b *Bot) listen(k *books, m *Message) (in relay, heard bool, err error) {
	if in.room = b.roomAt(m.Place); in.room != nil {
		if in.to, in.guard, err = k.hears(in.room.Name, false); err != nil || len(in.to) > 0 {
			return in, true, err
		}
	}
	if m.Kind == Said {
		return in, false, nil
	}
	c, err := k.crossing(crossingKey(m.Place, m.ID))
	if err != nil || c == nil || c.State == Stub {
		return in, false, err
	}
	in.to, in.guard = c.To, c.Guarded
	heard, err = k.openAt(m.Place)
	return in, heard, err
}

// rich reads what was typed as formatted text, with the company's people as those who can be mentioned.
func (b *Bot) rich(text string) markup.Doc {
	return markup.Disarm(markup.ParseMarkdown(text, b.whom))
}

// whom finds the person of the company whom a name behind an @ means.
func (b *Bot) whom(name string) (string, bool) {
	if m := b.memberNamed(name); m != nil {
		return m.ID, true
	}
	return "", false
}

// look asks the register about a text. When it cannot be read, nothing crosses.
func (in *relay) look(r *Request, body markup.Doc) {
	if !in.guard {
		return
	}
	g, err := r.books.guard()
	if err != nil {
		in.blind = true
		r.bot.log.Error("the register cannot be read: nothing crosses a line", "error", err)
		return
	}
	in.edition, in.hits = g.edition, g.askFrom(r.bot, in.room, body, in.files...)
}

// again asks the register once more when it has changed since the text was read.
func (in *relay) again(r *Request, body markup.Doc) {
	if g, err := r.books.guard(); in.guard && (err != nil || g.edition != in.edition) {
		in.look(r, body)
	}
}

// said takes in what a person wrote in a room of a line.
func (in relay) said(_ context.Context, r *Request) ([]Reply, error) {
	m := r.Message
	in.again(r, m.Body)
	c, err := r.books.crossing(crossingKey(m.Place, m.ID))
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		c = &Crossing{Key: crossingKey(m.Place, m.ID), Body: m.Body, Version: m.At}
	case c.State != Stub:
		return nil, nil // the same message under another turn
	}
	deleted := c.State == Stub && c.Body.IsZero() && len(c.Files) == 0
	if c.State == Stub && !deleted {
		in.files = c.Files
		in.look(r, c.Body) // the edit was here before: it is what would cross
	}
	c.Place, c.ID, c.Room, c.At, c.Files = m.Place, m.ID, in.room.Name, m.At, in.files
	c.Broadcast = m.Broadcast
	c.Person, c.Author = r.Person.ID, Author{Name: r.Person.Called(), Party: in.room.Party, Platform: m.Place.Adapter}
	c.To, c.Guarded, c.Edition = in.to, in.guard, in.edition
	if deleted {
		c.State = Gone
		return nil, crossings.Put(r.Tx, c)
	}
	return r.start(c, in)
}

// start finds the thread of a new crossing and sends it on its way, or holds it.
func (r *Request) start(c *Crossing, in relay) ([]Reply, error) {
	var err error
	if c.Seq, err = r.Tx.Number("crossing"); err != nil {
		return nil, err
	}
	if c.Place.Thread != "" {
		root, err := r.books.behind(c.Place, c.Place.Thread)
		if err != nil {
			return nil, err
		}
		if root == nil {
			c.Orphan = true
		} else {
			c.Root = root.Key
		}
		if root != nil && (root.State == Held || root.State == Waiting) {
			c.State = Waiting
			return nil, errors.Join(r.mark(c), crossings.Put(r.Tx, c))
		}
	}
	if err := r.countHits(in.hits); err != nil {
		return nil, err
	}
	if in.blind || r.bot.stops(in.hits) {
		return r.hold(c, in)
	}
	return r.wordings(in.hits, say.T("Gesendet. Unsere Formulierung:", "Sent. Our wording:")), r.cross(c)
}

// cross makes the copies of a crossing, and tells its writer what does not arrive as it was meant.
func (r *Request) cross(c *Crossing) error {
	c.State = Crossed
	if err := crossings.Put(r.Tx, c); err != nil {
		return err
	}
	var gone []string
	for _, name := range c.To {
		room := r.bot.room(name)
		if room == nil {
			gone = append(gone, name)
			continue
		}
		if err := r.copyTo(c, room); err != nil {
			return err
		}
	}
	if err := errors.Join(r.noteUnreached(c), r.fileNews(c), r.noteGone(c, gone)); err != nil {
		return err
	}
	return r.releaseWaiting(c)
}

// noteGone tells a writer which rooms do not get a message, since they are not configured any more: it was held while
// that was changed.
func (r *Request) noteGone(c *Crossing, rooms []string) error {
	if len(rooms) == 0 {
		return nil
	}
	writer, err := r.books.person(c.Person)
	if err != nil {
		return err
	}
	r.also = append(r.also, Reply{To: Somebody, Person: writer, Card: func(v say.Voice) Card {
		return Card{
			Title:   say.T("Nicht gesendet an: {rooms}", "Not sent to: {rooms}").In(v, "rooms", strings.Join(rooms, ", ")),
			Quote:   shorten(gist(c.Body, c.Files, v), 120),
			Text:    say.T("Dort läuft keine Leitung mehr.", "No line runs there any more.").In(v),
			Preview: say.T("Gesendet, mit einem Hinweis", "Sent, with a hint").In(v),
		}
	}})
	return nil
}

// copyTo makes the copy of a crossing in a room. One that was there before the message was held, or may be there, is
// brought up to date.
func (r *Request) copyTo(c *Crossing, room *Room) error {
	post, err := posts.Get(r.Tx, copyKey(c.Key, room.Name))
	if errors.Is(err, ErrNotFound) {
		post = &Post{Key: copyKey(c.Key, room.Name), Place: room.Place, At: r.Now, Origin: c.Key, Seq: c.Seq}
		post.Voice, err = r.books.speech(room)
	}
	if err != nil {
		return err
	}
	if post.Digest != "" {
		return r.renew(post, c)
	}
	post.Marked = c.Marked
	post.Revision++
	if post.Sent == 0 && !post.Unsure && !post.Pending {
		if later, err := r.books.collects(c, room.Name); err != nil || later {
			return cmp.Or(err, r.collect(post, room.Name))
		}
	}
	return r.send(post)
}

// send stores a post and has it delivered as it is now.
func (r *Request) send(post *Post) error {
	if !post.Pending {
		post.Pending = true
		if err := r.Tx.Enqueue(post.lane(), post.Key); err != nil {
			return err
		}
	}
	return posts.Put(r.Tx, post)
}

// releaseWaiting sends on what was written under a held message.
func (r *Request) releaseWaiting(root *Crossing) error {
	from, to := Under(root.Key)
	var waiting []*Crossing
	for c, err := range crossings.All(r.Tx, Query{Index: "waits", From: from, To: to}) {
		if err != nil {
			return err
		}
		waiting = append(waiting, c)
	}
	for _, c := range waiting {
		if err := r.resume(c); err != nil {
			return err
		}
	}
	return nil
}

// edited takes in a changed text. The last writer by the platform's time wins; the change is a new crossing for
// the guard.
func (in relay) edited(_ context.Context, r *Request) ([]Reply, error) {
	m := r.Message
	in.again(r, m.Body)
	c, err := r.books.crossing(crossingKey(m.Place, m.ID))
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		if other, err := r.books.behind(m.Place, m.ID); err != nil || other != nil {
			return nil, cmp.Or(err, errNotYours)
		}
		// The edit came before its message; if that never comes, the words are forgotten.
		if err := r.setTimer("stub.forget", crossingKey(m.Place, m.ID), r.Now.Add(stubLife)); err != nil {
			return nil, err
		}
		return nil, crossings.Put(r.Tx, &Crossing{Key: crossingKey(m.Place, m.ID), Place: m.Place, ID: m.ID, At: m.At, Version: m.At, Body: m.Body, Files: m.Files, State: Stub})
	case m.At.Before(c.Version) || c.State == Gone || c.State == Withdrawn:
		return nil, nil
	case c.Person != "" && !r.Person.hasID(c.Person):
		return nil, errNotYours
	}
	c.Version = m.At
	if c.says(m.Body, m.Files) {
		return nil, crossings.Put(r.Tx, c) // Slack replays every answer as edited when the root of a thread is deleted
	}
	if err := r.countHits(in.hits); err != nil {
		return nil, err
	}
	switch c.State {
	case Stub, Waiting, Stopped:
		c.Body, c.Files = m.Body, m.Files
		return nil, crossings.Put(r.Tx, c)
	case Held:
		return r.changeHeld(c, m.Body, in)
	}
	if in.blind || r.bot.stops(in.hits) {
		return r.holdEdit(c, m.Body, in)
	}
	if err := r.void(c.Approval); err != nil {
		return nil, err // the question about an earlier change, if it still waits
	}
	return r.wordings(in.hits, say.T("Gesendet, in der neuen Fassung. Unsere Formulierung:", "Sent, in its new form. Our wording:")), r.change(c, m.Body, m.Files)
}

// stubLife is how long an edit or a deletion waits for its message.
const stubLife = time.Hour

// jobForgetStub forgets a change whose message never came: it was not meant for the line.
func jobForgetStub(_ context.Context, r *Request, key string) ([]Reply, error) {
	c, err := r.books.crossing(key)
	if err != nil || c == nil || c.State != Stub {
		return nil, err
	}
	return nil, crossings.Delete(r.Tx, key)
}

// errNotYours answers the attempt to change the words of others. Platforms rarely let it come to this.
var errNotYours error = fault(Denied, say.T("Das kann nur ändern, wer es geschrieben hat. Nichts geändert.", "Only the writer can change this. Nothing changed."))

// says reports whether a crossing says this already, or asks to.
func (c *Crossing) says(body markup.Doc, files []File) bool {
	now, with := c.Body, c.Files
	if c.Edit != nil {
		now, with = *c.Edit, c.EditFiles
	}
	return reflect.DeepEqual(markup.Normalize(now), markup.Normalize(body)) && sameFiles(with, files)
}

// change has the copies of a crossing say something else.
func (r *Request) change(c *Crossing, body markup.Doc, files []File) error {
	same := sameFiles(c.Files, files)
	c.Body, c.Files, c.Edit, c.EditFiles = body, files, nil, nil
	if err := r.recopy(c); err != nil || same {
		return err
	}
	return r.fileNews(c)
}

// recopy has the copies of a crossing brought up to date.
func (r *Request) recopy(c *Crossing) error {
	if err := crossings.Put(r.Tx, c); err != nil {
		return err
	}
	for _, name := range c.To {
		post, err := posts.Get(r.Tx, copyKey(c.Key, name))
		if errors.Is(err, ErrNotFound) {
			continue
		} else if err != nil {
			return err
		}
		if err := r.renew(post, c); err != nil {
			return err
		}
	}
	return nil
}

// renew has one copy say what its crossing says by now, by itself or in its digest.
func (r *Request) renew(post *Post, c *Crossing) error {
	post.Revision++
	if post.Digest != "" {
		return errors.Join(posts.Put(r.Tx, post), refresh(r, post.Digest))
	}
	post.Deleted = c.State == Gone
	if post.Deleted && post.Pending && post.Sent == 0 && !post.Unsure {
		row, parked, err := r.parkedOf(post)
		if err != nil {
			return err
		}
		if parked { // nobody there has read it: nothing is left to decide
			return errors.Join(r.Tx.Settle(row, Settlement{}), posts.Delete(r.Tx, post.Key))
		}
	}
	if post.Collected != "" {
		return posts.Put(r.Tx, post)
	}
	return r.send(post)
}

// relayDeleted turns the copies into tombstones; what was not sent yet never is.
func relayDeleted(_ context.Context, r *Request) ([]Reply, error) {
	m := r.Message
	c, err := r.books.crossing(crossingKey(m.Place, m.ID))
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		if other, err := r.books.behind(m.Place, m.ID); err != nil || other != nil {
			return nil, err // somebody removed a copy; the original stays
		}
		// The deletion came before its message.
		if err := r.setTimer("stub.forget", crossingKey(m.Place, m.ID), r.Now.Add(stubLife)); err != nil {
			return nil, err
		}
		return nil, crossings.Put(r.Tx, &Crossing{Key: crossingKey(m.Place, m.ID), Place: m.Place, ID: m.ID, At: m.At, Version: m.At, State: Stub})
	case c.State == Gone || m.At.Before(c.Version):
		return nil, nil
	}
	replies, err := r.dropHeld(c)
	if err != nil {
		return nil, err
	}
	held := c.State == Held
	c.Version, c.State, c.Body, c.Edit, c.Files, c.EditFiles = m.At, Gone, markup.Doc{}, nil, nil, nil
	if err := r.dropReactions(c); err != nil {
		return nil, err
	}
	if err := r.recopy(c); err != nil || !held {
		return replies, err
	}
	return replies, r.releaseWaiting(c)
}

// resume sends a reply on its way that waited under a held message. It is asked about anew.
func (r *Request) resume(c *Crossing) error {
	in := relay{guard: c.Guarded, to: c.To, room: r.bot.room(c.Room), files: c.Files}
	in.look(r, c.Body)
	if in.blind || r.bot.stops(in.hits) {
		replies, err := r.hold(c, in)
		if err != nil {
			return err
		}
		r.also = append(r.also, replies...)
		return nil
	}
	return r.cross(c)
}
