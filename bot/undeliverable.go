package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"standleitung/bot/say"
)

const (
	// parkedPause is how long the writer of a copy that cannot be delivered is not told yet: meanwhile it arrives in the
	// other rooms, so that they read where it is.
	parkedPause = 3 * time.Second
	// listedParked is how many of the messages that a room cannot be brought are shown at a time.
	listedParked = 5
)

// undeliverableCommands decide what becomes of what cannot be delivered.
func undeliverableCommands() []Command {
	post := []Arg{{Name: "post", Kind: ArgLine, Free: true, Required: true, Max: 200, Label: say.T("Nachricht", "Message")}}
	return []Command{
		{Name: "row.again", Roles: Everyone, Args: post, Label: say.T("Noch einmal senden", "Send again"), Run: runAgain},
		{Name: "row.discard", Roles: Everyone, Args: post, Label: say.T("Verwerfen", "Discard"), Run: runDiscard},
		{Name: "row.show", Roles: Everyone, Args: post, Label: say.T("Entscheiden", "Decide"), Run: runShowParked},
		{
			Name: "row.all", Roles: Everyone, Args: []Arg{{Name: "room", Kind: ArgLine, Free: true, Required: true, Max: 80, Label: say.T("Raum", "Room")}},
			Label: say.T("Alle noch einmal senden", "Send all again"), Run: runAllAgain,
		},
	}
}

// stuck is what cannot be delivered to a room: a copy, or a digest of several.
type stuck struct {
	row  Row
	post *Post
	room string      // its name
	of   []*Crossing // what it brings, in order; empty for what the bot says itself
	why  say.Text    // empty when the reason has no words
}

// stuckRow reads what a parked row was to deliver.
func (k *books) stuckRow(row Row) (*stuck, error) {
	post, err := posts.Get(k.r, row.Post)
	if err != nil {
		return nil, err
	}
	s := &stuck{row: row, post: post, why: troubles[cmp.Or(sameTrouble[row.Reason], row.Reason)]}
	if s.of, err = k.brings(post); err != nil {
		return nil, err
	}
	s.room = k.roomOf(post, s.of)
	return s, nil
}

// brings are the messages that a post brings: that of a copy, or those of a digest, in order.
func (k *books) brings(post *Post) ([]*Crossing, error) {
	origins := []string{post.Origin}
	if post.View == "digest" {
		origins = nil
		from, to := Under(post.Key)
		for one, err := range posts.All(k.r, Query{Index: "digest", From: from, To: to}) {
			if err != nil {
				return nil, err
			}
			origins = append(origins, one.Origin)
		}
	}
	var list []*Crossing
	for _, key := range origins {
		c, err := k.crossing(key)
		if err != nil {
			return nil, err
		}
		if c != nil {
			list = append(list, c)
		}
	}
	return list, nil
}

// roomOf names the room that a post is for; one that the configuration does not know any more is found by what it was
// to hear.
func (k *books) roomOf(post *Post, of []*Crossing) string {
	if room := k.bot.roomAt(post.Place); room != nil {
		return room.Name
	}
	for _, c := range of {
		for _, name := range c.To {
			if copyKey(c.Key, name) == post.Key {
				return name
			}
		}
	}
	return "?"
}

// mayDecide reports whether the person may decide what becomes of it: who wrote all of it, PR, the lead and the administrator.
func (r *Request) mayDecide(s *stuck) bool {
	mine := len(s.of) > 0 && !slices.ContainsFunc(s.of, func(c *Crossing) bool { return !r.Person.hasID(c.Person) })
	return mine || r.Person.Is(PR|Lead|Admin)
}

// stuckIn is what cannot be delivered to a room and what the person may decide on, the oldest first.
func (r *Request) stuckIn(room *Room) ([]*stuck, error) {
	var list []*stuck
	for row, err := range r.Tx.Parked(room.Place.LineLane()) {
		if err != nil {
			return nil, err
		}
		s, err := r.books.stuckRow(row)
		if err != nil {
			return nil, err
		}
		if r.mayDecide(s) {
			list = append(list, s)
		}
	}
	return list, nil
}

// stuckCard shows one message that cannot be delivered to a room, with both ways on.
func (r *Request) stuckCard(s *stuck, reader *Person) (Voiced, error) {
	elsewhere, err := r.elsewhere(s.of, s.room)
	if err != nil {
		return nil, err
	}
	title, next := say.T("Nicht zustellbar in {room}", "Cannot be delivered to {room}"), say.T("{Sie entscheiden|Du entscheidest}, was damit geschieht.", "You decide what becomes of it.")
	switch {
	case s.post.Deleted:
		title = say.T("Nicht gelöscht in {room}", "Not deleted in {room}")
		elsewhere, next = say.Text{}, say.T("{Ihre|Deine} Nachricht kann dort noch zu lesen sein.", "Your message may still be read there.")
		if len(s.of) == 0 || !reader.hasID(s.of[0].Person) {
			next = say.T("Die Nachricht kann dort noch zu lesen sein.", "The message may still be read there.")
		}
	case s.post.Sent > 0:
		title = say.T("Änderung nicht zustellbar in {room}", "The change cannot be delivered to {room}")
		elsewhere, next = say.Text{}, say.T("Dort steht noch, was vorher da war. {Sie entscheiden|Du entscheidest}, was damit geschieht.", "What was there before still stands there. You decide what becomes of it.")
	}
	return func(v say.Voice) Card {
		again, discard := r.bot.commands.byName["row.again"], r.bot.commands.byName["row.discard"]
		return Card{
			Title: title.In(v, "room", s.room), Meta: strings.Join(s.meta(reader, r.Now, v), " · "), Quote: s.gist(v),
			Text: strings.TrimSpace(elsewhere.In(v) + " " + next.In(v)),
			Buttons: []Button{
				{Label: again.Label.In(v), Do: again.do(s.post.Key), Primary: true},
				{Label: discard.Label.In(v), Do: discard.do(s.post.Key), Danger: true},
			},
			Preview: say.T("Eine Nachricht ist nicht zustellbar", "A message cannot be delivered").In(v),
		}
	}, nil
}

// meta says whose it is, to others than its writer, and when and why it got stuck.
func (s *stuck) meta(reader *Person, now time.Time, v say.Voice) []string {
	var parts []string
	if len(s.of) == 1 && !reader.hasID(s.of[0].Person) {
		parts = append(parts, s.of[0].Author.Name)
	}
	parts = append(parts, say.T("seit {when}", "since {when}").In(v, "when", sayTime(reader, s.row.Since, now)))
	if !s.why.IsZero() {
		parts = append(parts, s.why.In(v))
	}
	return parts
}

// gist is what it says, in short.
func (s *stuck) gist(v say.Voice) string {
	switch {
	case len(s.of) == 1:
		return shorten(gist(s.of[0].Body, s.of[0].Files, v), 120)
	case len(s.of) > 1:
		return say.T("Sammelnachricht mit {n} Nachrichten", "Digest of {n} messages").In(v, "n", len(s.of))
	}
	return say.T("Eine Nachricht von mir", "A message of mine").In(v)
}

// stuckReplies show what cannot be delivered to a room, as far as the person may decide on it: one by itself, several as a
// list.
func (r *Request) stuckReplies(room *Room) ([]Reply, error) {
	list, err := r.stuckIn(room)
	switch {
	case err != nil || len(list) == 0:
		return nil, err
	case len(list) == 1:
		card, err := r.stuckCard(list[0], r.Person)
		return []Reply{{To: Asker, Card: card}}, err
	}
	show, all := r.bot.commands.byName["row.show"], r.bot.commands.byName["row.all"]
	return []Reply{{To: Asker, Card: func(v say.Voice) Card {
		card := Card{
			Title:   say.T("Nicht zustellbar in {room}: {n} Nachrichten", "Cannot be delivered to {room}: {n} messages").In(v, "room", room.Name, "n", len(list)),
			Buttons: []Button{{Label: all.Label.In(v), Do: all.do(room.Name), Primary: true}},
			Preview: textPreviewAnswer.In(v),
		}
		for _, s := range list[:min(len(list), listedParked)] {
			card.Items = append(card.Items, Item{Text: s.gist(v), Meta: strings.Join(s.meta(r.Person, r.Now, v), " · "), Button: &Button{Label: show.Label.In(v), Do: show.do(s.post.Key)}})
		}
		if more := len(list) - listedParked; more > 0 {
			card.Note = say.T("+{n} weitere, die danach hier stehen", "+{n} more, shown here afterwards").In(v, "n", more)
		}
		return card
	}}}, nil
}

// elsewhere says how far messages came in the other rooms than one; empty when there are none.
func (r *Request) elsewhere(list []*Crossing, room string) (say.Text, error) {
	arrived, all, only := 0, 0, ""
	for _, c := range list {
		for _, name := range c.To {
			if name == room {
				continue
			}
			h, err := r.heardIn(c, name)
			if err != nil {
				return say.Text{}, err
			}
			all, only = all+1, name
			if h.arrived {
				arrived++
			}
		}
	}
	text := say.T("Angekommen in {n} von {all} Räumen.", "Arrived in {n} of {all} rooms.")
	switch n := len(list); {
	case all == 0:
		return say.Text{}, nil
	case arrived == all && all == n:
		text = say.T("In {room} angekommen.", "Arrived in {room}.")
	case arrived == all:
		text = say.T("In allen anderen Räumen angekommen.", "Arrived in all other rooms.")
	case arrived == 0:
		text = say.T("Auch {n:im anderen Raum|in den anderen Räumen} noch nicht angekommen.", "Not arrived in the other {n:room|rooms} either.")
		arrived = all / n
	case n > 1:
		text = say.T("Auch in anderen Räumen fehlt noch etwas.", "Something is missing in other rooms, too.")
	}
	return text.With("n", arrived, "all", all+1, "room", only), nil
}

// jobParked tells the writers of what cannot be delivered, with a way on.
func jobParked(_ context.Context, r *Request, key string) ([]Reply, error) {
	post, err := posts.Get(r.Tx, key)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	row, found, err := r.parkedOf(post)
	if err != nil || !found {
		return nil, err // it goes by itself again, or somebody decided already
	}
	s, err := r.books.stuckRow(row)
	if err != nil || len(s.of) == 0 {
		return nil, err
	}
	if err := r.toldStuck(s); err != nil {
		return nil, err
	}
	var replies []Reply
	var told []string
	for _, c := range s.of {
		if slices.Contains(told, c.Person) {
			continue
		}
		told = append(told, c.Person)
		writer, err := r.books.person(c.Person)
		if err != nil {
			return nil, err
		}
		card, err := r.stuckCard(s, writer)
		if err != nil {
			return nil, err
		}
		replies = append(replies, Reply{To: Somebody, Person: writer, Card: card})
	}
	return replies, nil
}

// toldStuck notes that the writers are told, and shows it on their messages.
func (r *Request) toldStuck(s *stuck) error {
	if s.post.Sent > 0 {
		return nil
	}
	s.post.Told = true
	if err := posts.Put(r.Tx, s.post); err != nil {
		return err
	}
	for _, c := range s.of {
		if c.State != Crossed {
			continue
		}
		if err := errors.Join(r.mark(c), crossings.Put(r.Tx, c)); err != nil {
			return err
		}
	}
	return nil
}

// parkedOf is the parked row of a post.
func (r *Request) parkedOf(post *Post) (row Row, found bool, err error) {
	for row, err := range r.Tx.Parked(post.lane()) {
		if err != nil || row.Post == post.Key {
			return row, err == nil, err
		}
	}
	return Row{}, false, nil
}

// stuckPost is the named post when it is parked and the person may decide on it.
func (r *Request) stuckPost() (*stuck, error) {
	done := fault(Conflict, say.T("Das ist schon erledigt. Nichts geändert.", "This is done already. Nothing changed."))
	post, err := posts.Get(r.Tx, r.Text("post"))
	if errors.Is(err, ErrNotFound) {
		return nil, done
	} else if err != nil {
		return nil, err
	}
	row, found, err := r.parkedOf(post)
	if err != nil {
		return nil, err
	}
	row.Post = post.Key
	s, err := r.books.stuckRow(row)
	switch {
	case err != nil:
		return nil, err
	case !r.mayDecide(s):
		return nil, fault(Denied, say.T("Das entscheidet, wer es geschrieben hat. Nichts geändert.", "This is up to the writer. Nothing changed."))
	case !found:
		return nil, done
	}
	return s, nil
}

func runShowParked(_ context.Context, r *Request) ([]Reply, error) {
	s, err := r.stuckPost()
	if err != nil {
		return nil, err
	}
	card, err := r.stuckCard(s, r.Person)
	return []Reply{{To: Asker, Card: card}}, err
}

func runAgain(_ context.Context, r *Request) ([]Reply, error) {
	s, err := r.stuckPost()
	if err != nil {
		return nil, err
	}
	return []Reply{answer(say.T("Wird noch einmal gesendet.", "Is being sent again."))}, r.Tx.Settle(s.row, Settlement{State: RowQueued})
}

// runAllAgain sends all that cannot be delivered to a room once more, in order: the bot was invited again, say.
func runAllAgain(_ context.Context, r *Request) ([]Reply, error) {
	room := r.bot.room(r.Text("room"))
	if room == nil {
		return nil, fault(NotFound, textUnknownButton)
	}
	list, err := r.stuckIn(room)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault(Conflict, say.T("Das ist schon erledigt. Nichts geändert.", "This is done already. Nothing changed."))
	}
	for _, s := range list {
		if err := r.Tx.Settle(s.row, Settlement{State: RowQueued}); err != nil {
			return nil, err
		}
	}
	return []Reply{answer(say.T("Noch einmal unterwegs: {n} {n:Nachricht|Nachrichten}.", "On the way again: {n} {n:message|messages}."), "n", len(list))}, nil
}

func runDiscard(_ context.Context, r *Request) ([]Reply, error) {
	s, err := r.stuckPost()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(r.Tx.Settle(s.row, Settlement{}), r.giveUp(s.post)); err != nil {
		return nil, err
	}
	for _, c := range s.of {
		if err := r.remark(c); err != nil {
			return nil, err
		}
	}
	return []Reply{answer(say.T("Verworfen.", "Discarded."))}, nil
}

// giveUp forgets a post that never arrived, and what a digest was to bring. Of one that did arrive only the change is
// given up: what comes later still finds it.
func (r *Request) giveUp(post *Post) error {
	if post.Sent > 0 {
		post.Pending = false
		return posts.Put(r.Tx, post)
	}
	from, to := Under(post.Key)
	var lost []string
	for one, err := range posts.All(r.Tx, Query{Index: "digest", From: from, To: to}) {
		if err != nil {
			return fmt.Errorf("give up a digest: %w", err)
		}
		lost = append(lost, one.Key)
	}
	for _, key := range append(lost, post.Key) {
		if err := posts.Delete(r.Tx, key); err != nil {
			return err
		}
	}
	return nil
}
