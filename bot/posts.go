package bot

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"standleitung/bot/say"
)

// Reply is one thing that a handler wants said. The zero To answers where the person asked.
type Reply struct {
	To Audience
	// Person is who is told when To is Somebody.
	Person *Person
	// On is the identity by which Somebody is told; nil for the one by which they were met last.
	On *Identity
	// Room is where it is said when To is InRoom.
	Room *Room
	// Card is what is said, rendered for the reader's voice. Nil when View is set.
	Card Voiced
	// View and Ref make a living card: View renders it, and it is rewritten wherever it was posted when the thing
	// named by Ref changes.
	View, Ref string
	// Keep has what is shown to one person in a room stay with them where a platform would forget it: it is said to them
	// directly as well.
	Keep bool
}

// Audience is whom a reply is for.
type Audience string

// The audiences.
const (
	Here     Audience = ""         // where it was asked: in a room everybody there reads it
	Asker    Audience = "asker"    // the person who asked, privately
	Somebody Audience = "somebody" // Reply.Person, in their direct conversation
	InRoom   Audience = "room"     // Reply.Room, for everybody there
)

// Post is a message of the bot that is to be delivered, or was and may change later.
type Post struct {
	Key   string    `json:"key"`
	Place Place     `json:"place"`
	At    time.Time `json:"at"`
	// Reader is the platform's id of the only person who sees it in a room; empty for everybody there.
	Reader string `json:"reader,omitempty"`
	// Person is the id of who reads it; empty for a whole room.
	Person string    `json:"person,omitempty"`
	Voice  say.Voice `json:"voice"`
	Card   Card      `json:"card"`
	// Keep is that of the reply.
	Keep bool `json:"keep,omitempty"`
	// View and Ref are those of the living card; empty for an answer that never changes.
	View string `json:"view,omitempty"`
	Ref  string `json:"ref,omitempty"`
	// Origin is the crossing that it is a copy of; empty for what the bot says itself.
	Origin string `json:"origin,omitempty"`
	// Seq is that of the crossing: the order in which copies were made.
	Seq uint64 `json:"seq,omitempty"`
	// Deleted is set when it is to become a tombstone, or never to be sent.
	Deleted bool `json:"deleted,omitempty"`
	// Digest is the post that brought it, together with others; empty when it came by itself.
	Digest string `json:"digest,omitempty"`
	// Collected is the room whose next digest it waits for; empty for a copy that comes by itself.
	Collected string `json:"collected,omitempty"`
	// OnLine has it wait among the copies, though it is none.
	OnLine bool `json:"on_line,omitempty"`
	// Told is set when the writer was told that the copy has not arrived yet.
	Told bool `json:"told,omitempty"`
	// Arrived is when a copy, or a digest, was first delivered; zero while it was not, and for a copy that a digest brought.
	Arrived time.Time `json:"arrived,omitzero"`
	// Mark makes it the bot's reaction on the message of a person that IDs name: Reaction, empty to take it away.
	Mark     bool   `json:"mark,omitempty"`
	Reaction string `json:"reaction,omitempty"`
	// Marked is set on a copy whose original bears such a reaction.
	Marked bool `json:"marked,omitempty"`
	// Missing are the files that had vanished when the copy was delivered.
	Missing []missing `json:"missing,omitempty"`
	// Reactions is set on a copy when its room is to be told of reactions as soon as it has arrived.
	Reactions bool `json:"reactions,omitempty"`
	// Revision is what is wanted, from 1; Sent what the platform shows, 0 for nothing yet.
	Revision int      `json:"revision"`
	Sent     int      `json:"sent,omitempty"`
	IDs      []string `json:"ids,omitempty"`
	// Pending is set while the post has a row in its lane.
	Pending bool `json:"pending,omitempty"`
	// Unsure is set when a try may have arrived and the row that knew it is gone.
	Unsure bool `json:"unsure,omitempty"`
}

// posts keeps what is to be delivered, and living cards for as long as they live.
var posts = &Kind[Post]{
	Name: "post", Version: 1,
	Key: func(p *Post) string { return p.Key },
	Indexes: []Index[Post]{
		{"ref", func(p *Post) []string {
			if p.Ref == "" {
				return nil
			}
			return []string{Compose(p.Ref, Stamp(p.At), p.Key)}
		}},
		{"waiting", func(p *Post) []string {
			if p.Origin == "" || !p.Pending || p.Sent > 0 || p.Deleted {
				return nil
			}
			return []string{Compose(p.Place.Adapter, p.Place.ID, Serial(p.Seq))}
		}},
		{"digest", func(p *Post) []string {
			if p.Digest == "" {
				return nil
			}
			return []string{Compose(p.Digest, Serial(p.Seq))}
		}},
		{"collected", func(p *Post) []string {
			if p.Collected == "" {
				return nil
			}
			return []string{Compose(p.Collected, Serial(p.Seq))}
		}},
		{"placed", func(p *Post) []string {
			if p.Origin == "" && (p.View != topicView || p.Reader != "" || p.Place.Direct) {
				return nil
			}
			var values []string
			for _, id := range p.IDs {
				values = append(values, crossingKey(p.Place, id))
			}
			return values
		}},
		{"resting", restingOf},
	},
}

// lane is the lane in which it waits: copies and answers do not wait for each other.
func (p *Post) lane() string {
	if p.Origin != "" || p.OnLine {
		return p.Place.LineLane()
	}
	return p.Place.Lane()
}

// view renders a living card for one reader; who is nil for a room.
type view func(k *books, ref string, who *Person, v say.Voice) (Card, error)

// views is the table of living cards.
func views() map[string]view {
	return map[string]view{
		"topic":        viewTopic,
		"draft":        viewDraft,
		"approval":     viewApproval,
		"held":         viewHeld,
		"flag":         viewFlag,
		"flag.due":     viewFlagDue,
		"recheck":      viewRecheck,
		"concern":      viewConcern,
		"digest":       viewDigest,
		"introduction": viewIntroduction,
		"reactions":    viewReactions,
		"link":         viewLink,
		"milestone":    viewMilestone,
		"reminder":     viewReminder,
	}
}

// poster stores what one turn says.
type poster struct {
	turn string
	n    int
}

// say stores one reply and its row. A person without a chat is passed over: handlers say so in their receipts.
func (p *poster) say(req *Request, reply Reply) error {
	post, who, ok := reply.address(req)
	if !ok {
		return nil
	}
	var err error
	if reply.To == InRoom {
		if post.Voice, err = req.books.speech(reply.Room); err != nil {
			return err
		}
	}
	p.n++
	post.Key, post.At, post.Revision, post.Pending = postKey(p.turn, req.Now, p.n), req.Now, 1, true
	post.View, post.Ref, post.Keep = reply.View, reply.Ref, reply.Keep && post.Reader != ""
	if post.Card, err = reply.render(req.books, who, post.Voice); err != nil {
		return err
	}
	if err := posts.Put(req.Tx, post); err != nil {
		return err
	}
	return req.Tx.Enqueue(post.lane(), post.Key)
}

// render makes the card for one reader; who is nil for a room.
func (r Reply) render(k *books, who *Person, v say.Voice) (Card, error) {
	if r.View == "" {
		return r.Card(v), nil
	}
	render := views()[r.View]
	if render == nil {
		return Card{}, fmt.Errorf("no view %q", r.View)
	}
	return render(k, r.Ref, who, v)
}

// address finds out where a reply goes, and who reads it there.
func (r Reply) address(req *Request) (*Post, *Person, bool) {
	if r.To == Somebody {
		place, ok := r.Person.Direct()
		if r.On != nil {
			place, ok = r.Person.home.directTo(*r.On)
		}
		return &Post{Place: place, Person: r.Person.ID, Voice: r.Person.Speaks()}, r.Person, ok
	}
	if r.To == InRoom {
		return &Post{Place: r.Room.Place}, nil, true
	}
	m := req.Message
	post := &Post{Place: m.Place, Person: req.Person.ID, Voice: req.Voice}
	if m.Place.Direct {
		return post, req.Person, true
	}
	can := req.books.bot.adapters[m.Place.Adapter].Can()
	if can.Threads && post.Place.Thread == "" && m.Kind == Said {
		post.Place.Thread = m.ID
	}
	if r.To == Here {
		post.Person = ""
		return post, nil, true
	}
	if can.Private {
		post.Reader = m.From.ID
		return post, req.Person, true
	}
	post.Place = Place{Adapter: m.Place.Adapter, ID: m.From.ID, Direct: true}
	return post, req.Person, true
}

// mostCards bounds how many living cards of one thing are kept up to date: the newest.
const mostCards = 100

// refresh rewrites the living cards of a thing after it changed.
func refresh(req *Request, ref string) error {
	from, to := Under(ref)
	var stale []*Post
	for post, err := range posts.All(req.Tx, Query{Index: "ref", From: from, To: to, Reverse: true, Limit: mostCards}) {
		if err != nil {
			return err
		}
		stale = append(stale, post)
	}
	for _, post := range slices.Backward(stale) {
		if err := rewrite(req, post); err != nil {
			return err
		}
	}
	return nil
}

// rewrite renders a living card anew and, when it changed, has it delivered.
func rewrite(req *Request, post *Post) error {
	var who *Person
	if post.Person != "" {
		var err error
		if who, err = req.books.person(post.Person); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	card, err := Reply{View: post.View, Ref: post.Ref}.render(req.books, who, post.Voice)
	if err != nil {
		return err
	}
	if reflect.DeepEqual(card, post.Card) {
		return nil
	}
	post.Card = card
	post.Revision++
	return req.send(post)
}
