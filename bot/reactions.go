package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"standleitung/bot/markup"
	"standleitung/bot/say"
)

const (
	// reactionPause is how long nothing may change before the other rooms are told, reactionLatest how long they wait at
	// most after the first change that they do not know of.
	reactionPause  = 2 * time.Minute
	reactionLatest = 10 * time.Minute
	// mostEmoji is how many different emoji a message can have, longestEmoji the most bytes of one: the longest of Unicode
	// (a family, a flag of a region) have fewer than 40.
	mostEmoji    = 50
	longestEmoji = 64
)

// reaction is one emoji that a person put on a message of a line, in one of the rooms that have it. It knows who it was,
// so that it counts once and can be taken away; what others are told are counts.
type reaction struct {
	Crossing string `json:"crossing"`
	Emoji    string `json:"emoji"`
	Person   string `json:"person"`
	Place    Place  `json:"place"` // without a thread
}

// reactions are kept for as long as their message is; the key orders those of a message by emoji.
var reactions = &Kind[reaction]{
	Name: "reaction", Version: 1,
	Key: func(e *reaction) string {
		return Compose(e.Crossing, bareEmoji(e.Emoji), e.Person, e.Place.Adapter, e.Place.ID)
	},
}

// readEmoji reads an emoji that came from outside, false for anything that is none: it is shown in other rooms. Skin
// tones are left out: in a small team they would tell who it was.
func readEmoji(s string) (string, bool) {
	if len(s) > longestEmoji || !utf8.ValidString(s) {
		return "", false
	}
	if name, ok := strings.CutPrefix(s, ":"); ok {
		name, ok = strings.CutSuffix(name, ":")
		return s, ok && name != "" && !strings.ContainsFunc(name, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-+'", r)
		})
	}
	s = strings.Map(func(r rune) rune {
		if r >= 0x1F3FB && r <= 0x1F3FF {
			return -1
		}
		return r
	}, s)
	keycap := strings.ContainsRune(s, 0x20E3)
	shown := keycap
	for _, r := range s {
		switch {
		case r >= 0x80 && unicode.In(r, unicode.So, unicode.Sm), strings.ContainsRune("ℹ‼⁉〰", r):
			shown = true
		case r == 0x200D, r == 0xFE0F, r == 0x20E3, r >= 0xE0020 && r <= 0xE007F: // joiner, style, keycap, tags of flags
		case keycap && strings.ContainsRune("0123456789#*", r):
		default:
			return "", false
		}
	}
	return s, shown
}

// bareEmoji is what makes two emoji the same: platforms differ in whether they say that it is to be shown in colour.
func bareEmoji(s string) string { return strings.ReplaceAll(s, "\uFE0F", "") }

// overhearReaction reads that somebody put an emoji on a message in a room, or took it away. Only what is on a message that
// crossed a line is taken in.
func (b *Bot) overhearReaction(k *books, m *Message) (intent, error) {
	in := intent{req: &Request{Reader: k.r, Now: k.now, Message: m, bot: b, books: k}}
	emoji, ok := readEmoji(m.Reaction)
	if !ok {
		return in, nil
	}
	if bareEmoji(emoji) == supportEmoji {
		if ref, err := k.topicCard(m.Place, m.ID); err != nil || ref != "" {
			if err != nil {
				return in, err
			}
			return b.support(in, ref)
		}
	}
	c, err := k.behind(m.Place, m.ID)
	if err != nil || c == nil || c.State != Crossed {
		return in, err
	}
	if in.req.Person, err = k.who(m.From); err != nil {
		return intent{}, err
	}
	in.req.Voice = in.req.Person.Speaks()
	in.run = func(_ context.Context, r *Request) ([]Reply, error) { return nil, r.react(c.Key, emoji) }
	if bareEmoji(emoji) == ideaEmoji {
		return b.suggested(in, c)
	}
	return in, nil
}

// react notes a reaction to a message, or that it is gone, and has the other rooms told in a while.
func (r *Request) react(key, emoji string) error {
	c, err := r.books.crossing(key)
	if err != nil || c == nil || c.State != Crossed {
		return err
	}
	e := &reaction{Crossing: key, Emoji: emoji, Person: r.Person.ID, Place: r.Message.Place.Top()}
	changed := false
	if r.Message.Removed {
		err = reactions.Delete(r.Tx, reactions.Key(e))
		changed = err == nil
		if errors.Is(err, ErrNotFound) {
			err = nil
		}
	} else {
		changed, err = r.addReaction(c, e)
	}
	if err != nil || !changed {
		return err
	}
	return errors.Join(
		r.setTimer("reactions.tell", key, r.Now.Add(reactionPause)),
		setTimerOnce(r.Tx, "reactions.last", key, r.Now.Add(reactionLatest)))
}

// addReaction stores a reaction and reports whether it is a new one. Nothing is stored while the line is paused, or beyond
// the most emoji.
func (r *Request) addReaction(c *Crossing, e *reaction) (bool, error) {
	if flows, err := r.books.flows(c, e.Place); err != nil || !flows {
		return false, err
	}
	if _, err := reactions.Get(r.Tx, reactions.Key(e)); !errors.Is(err, ErrNotFound) {
		return false, err
	}
	n, err := r.books.emojiBeside(e)
	if err != nil || n >= mostEmoji {
		return false, err
	}
	return true, reactions.Put(r.Tx, e)
}

// emojiBeside counts the different other emoji of the message, by one look at each.
func (k *books) emojiBeside(e *reaction) (n int, err error) {
	from, to := Under(e.Crossing)
	for next := true; next; {
		next = false
		for found, err := range k.r.Scan(Query{Kind: reactions.Name, From: from, To: to, Limit: 1}) {
			if err != nil {
				return 0, err
			}
			other, err := reactions.decode(found.Value)
			if err != nil {
				return 0, err
			}
			if bareEmoji(other.Emoji) != bareEmoji(e.Emoji) {
				n++
			}
			_, from = Under(e.Crossing, bareEmoji(other.Emoji))
			next = true
		}
	}
	return n, nil
}

// flows reports whether a reaction at a place may be told: the room's line is not paused, nor that of all others who have
// the message.
func (k *books) flows(c *Crossing, here Place) (bool, error) {
	if open, err := k.openAt(here); err != nil || !open {
		return false, err
	}
	for _, other := range k.bot.placesOf(c) {
		if other == here {
			continue
		}
		if open, err := k.openAt(other); err != nil || open {
			return open, err
		}
	}
	return false, nil
}

// openAt reports whether something may go out from, or come in to, a place: one of its room's lines is not paused. What is
// in no line cannot be paused.
func (k *books) openAt(p Place) (bool, error) {
	room := k.bot.roomAt(p)
	if room == nil {
		return true, nil
	}
	lines := k.bot.linesOf(room.Name)
	for _, l := range lines {
		if paused, err := k.paused(l.Name); err != nil || !paused {
			return err == nil, err
		}
	}
	return len(lines) == 0, nil
}

// placesOf are the rooms that have a message or are to have it: where it was written, then those of its copies.
func (b *Bot) placesOf(c *Crossing) []Place {
	var places []Place
	if !c.Place.Direct {
		places = append(places, c.Place.Top())
	}
	for _, name := range c.To {
		if room := b.room(name); room != nil {
			places = append(places, room.Place)
		}
	}
	return places
}

// jobReactions tells each room that has a message how people reacted to it in the others, once it has been quiet for a
// while. What was told is rewritten, never told again.
func jobReactions(_ context.Context, r *Request, key string) ([]Reply, error) {
	if err := r.stopReactionTimers(key); err != nil {
		return nil, err
	}
	c, err := r.books.crossing(key)
	if err != nil || c == nil || c.State != Crossed {
		return nil, err
	}
	for _, place := range r.bot.placesOf(c) {
		if open, err := r.books.openAt(place); err != nil {
			return nil, err
		} else if !open {
			continue
		}
		if err := r.tellReactions(c, place); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (r *Request) stopReactionTimers(key string) error {
	return errors.Join(r.stopTimer("reactions.tell", key), r.stopTimer("reactions.last", key))
}

// tellReactions posts or rewrites the summary in one room, in the thread of the message. A copy that is still under way
// is remembered: its room is told when it has arrived.
func (r *Request) tellReactions(c *Crossing, place Place) error {
	key := summaryKey(c.Key, place)
	post, err := posts.Get(r.Tx, key)
	if err == nil {
		return rewrite(r, post)
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	all, err := r.books.reactionsTo(c.Key)
	if err != nil {
		return err
	}
	if counts, _ := r.bot.countElsewhere(all, place); len(counts) == 0 {
		return nil
	}
	thread, err := r.summaryThread(c, place)
	if err != nil || thread == "" {
		return err
	}
	post = &Post{Key: key, Place: place, At: r.Now, Voice: r.bot.voice, View: "reactions", Ref: summaryRef(c.Key, place), Revision: 1, Pending: true}
	if r.bot.hasThreads(place) {
		post.Place.Thread = thread
	}
	if post.Card, err = viewReactions(r.books, post.Ref, nil, post.Voice); err != nil {
		return err
	}
	return errors.Join(posts.Put(r.Tx, post), r.Tx.Enqueue(post.lane(), post.Key))
}

// summaryThread is the id that the thread of a message hangs on in a room; empty when the message is not to be seen there
// by itself.
func (r *Request) summaryThread(c *Crossing, place Place) (string, error) {
	if c.Place.Top() == place {
		return cmp.Or(c.Place.Thread, c.ID), nil
	}
	room := r.bot.roomAt(place)
	if room == nil {
		return "", nil
	}
	post, err := posts.Get(r.Tx, copyKey(c.Key, room.Name))
	switch {
	case errors.Is(err, ErrNotFound):
		return "", nil
	case err != nil:
		return "", err
	case post.Deleted || post.Digest != "":
		return "", nil
	case post.Sent == 0:
		post.Reactions = true
		return "", posts.Put(r.Tx, post)
	}
	return r.books.threadIn(c, place)
}

// dropReactions forgets the reactions to a message that is gone, and takes back what was told of them.
func (r *Request) dropReactions(c *Crossing) error {
	if err := r.stopReactionTimers(c.Key); err != nil {
		return err
	}
	all, err := r.books.reactionsTo(c.Key)
	if err != nil {
		return err
	}
	for _, e := range all {
		if err := reactions.Delete(r.Tx, reactions.Key(e)); err != nil {
			return err
		}
	}
	for _, place := range r.bot.placesOf(c) {
		post, err := posts.Get(r.Tx, summaryKey(c.Key, place))
		if errors.Is(err, ErrNotFound) {
			continue
		} else if err != nil {
			return err
		}
		post.Deleted, post.Card = true, Card{}
		post.Revision++
		if !post.Pending {
			post.Pending = true
			if err := r.Tx.Enqueue(post.lane(), post.Key); err != nil {
				return err
			}
		}
		if err := posts.Put(r.Tx, post); err != nil {
			return err
		}
	}
	return nil
}

// reactionsTo are all reactions to a message.
func (k *books) reactionsTo(key string) ([]*reaction, error) {
	from, to := Under(key)
	var all []*reaction
	for e, err := range reactions.All(k.r, Query{From: from, To: to}) {
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// emojiCount says how many people put an emoji on a message.
type emojiCount struct {
	emoji string
	n     int
}

// countElsewhere counts the reactions of other rooms than one, the most frequent first, and names those rooms. Everybody
// counts once for each emoji, and not at all where the room sees it from them already.
func (b *Bot) countElsewhere(all []*reaction, place Place) (counts []emojiCount, rooms []string) {
	who := func(e *reaction) string { return Compose(bareEmoji(e.Emoji), e.Person) }
	known := map[string]bool{}
	for _, e := range all {
		if e.Place == place {
			known[who(e)] = true
		}
	}
	from := map[string]bool{}
	for _, e := range all {
		room := b.roomAt(e.Place)
		if e.Place == place || known[who(e)] {
			continue
		}
		known[who(e)] = true
		if room != nil {
			from[room.Name] = true
		}
		i := slices.IndexFunc(counts, func(c emojiCount) bool { return bareEmoji(c.emoji) == bareEmoji(e.Emoji) })
		if i < 0 {
			counts, i = append(counts, emojiCount{emoji: e.Emoji}), len(counts)
		}
		counts[i].n++
		counts[i].emoji = max(counts[i].emoji, e.Emoji) // the one that asks for colour
	}
	slices.SortStableFunc(counts, func(a, b emojiCount) int { return cmp.Compare(b.n, a.n) })
	for i := range b.rooms {
		if from[b.rooms[i].Name] {
			rooms = append(rooms, b.rooms[i].Name)
		}
	}
	return counts, rooms
}

// summaryKey names the post that tells a room of the reactions to a message: there is one, for ever.
func summaryKey(crossing string, place Place) string {
	return "sum-" + strings.TrimPrefix(copyKey(crossing, Compose(place.Adapter, place.ID)), "copy-")
}

// summaryRef names reactions to a message as one room is told of them; the parts of a crossing's key are three.
func summaryRef(crossing string, place Place) string {
	return Compose("reactions", crossing, place.Adapter, place.ID)
}

// viewReactions is the living summary in one room: counts, and where they come from.
func viewReactions(k *books, ref string, _ *Person, v say.Voice) (Card, error) {
	parts := strings.Split(ref, Sep)
	if len(parts) != 6 {
		return Card{}, fmt.Errorf("no reactions are named by %d parts", len(parts))
	}
	key, place := Compose(parts[1:4]...), Place{Adapter: parts[4], ID: parts[5]}
	c, err := k.crossing(key)
	if err != nil || c == nil {
		return Card{}, cmp.Or(err, ErrNotFound)
	}
	all, err := k.reactionsTo(key)
	if err != nil {
		return Card{}, err
	}
	counts, rooms := k.bot.countElsewhere(all, place)
	card := Card{Preview: say.T("Reaktionen auf eine Nachricht", "Reactions to a message").In(v)}
	if c.Place.Thread != "" || !k.bot.hasThreads(place) {
		card.Quote = shorten(markup.Plain(c.Body), 80) // in a longer thread it would not be clear what they belong to
	}
	var said []string
	for _, count := range counts {
		said = append(said, fmt.Sprintf("%s\u00A0%d", count.emoji, count.n))
	}
	text := say.T("{what} (aus {rooms})", "{what} (from {rooms})")
	switch {
	case len(counts) == 0:
		text = say.T("Keine Reaktionen mehr.", "No reactions any more.")
	case len(rooms) == 0:
		text = say.T("{what} (aus einem anderen Raum)", "{what} (from another room)")
	}
	card.Text = text.In(v, "what", strings.Join(said, " · "), "rooms", strings.Join(rooms, ", "))
	return card, nil
}

// hasThreads reports whether the platform of a place has threads.
func (b *Bot) hasThreads(p Place) bool {
	a := b.adapters[p.Adapter]
	return a != nil && a.Can().Threads
}
