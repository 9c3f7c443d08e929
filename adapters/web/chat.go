package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"standleitung/bot"
	"standleitung/bot/markup"
	"standleitung/bot/say"
)

const (
	keptPosts  = 500  // newest posts of a place that stay in memory
	keptEvents = 1000 // newest events that a page can catch up on without a snapshot
	behind     = 256  // events that a page may lag before it is dropped
)

// entry is the stored form of a note: one thing that happened in the chat. Fields are added, never changed.
type entry struct {
	Version  int          `json:"v"` // entryVersion, or later where an older program could not read it
	ID       string       `json:"id"`
	Op       bot.Op       `json:"op"`
	Revision int          `json:"revision,omitempty"`
	Place    bot.Place    `json:"place"`
	Reader   string       `json:"reader,omitempty"`
	From     *author      `json:"from,omitempty"` // nil for the bot, and where a person changes a post
	Text     string       `json:"text,omitempty"`
	Rich     *markup.Doc  `json:"rich,omitempty"`  // of a copy with formatting
	Quote    string       `json:"quote,omitempty"` // of a copy: the beginning of what it answers
	Files    []attached   `json:"files,omitempty"`
	Written  time.Time    `json:"written,omitzero"` // of a copy that came late: when its original was written
	Card     *bot.Card    `json:"card,omitempty"`
	Language say.Language `json:"language,omitempty"`
	At       time.Time    `json:"at"`
	Act      string       `json:"act,omitempty"`     // what the page called it when a person deleted the post
	Emoji    string       `json:"emoji,omitempty"`   // of opReact
	Removed  bool         `json:"removed,omitempty"` // of opReact: it was taken away
}

const entryVersion = 1

// note wraps an entry for the journal.
func (e entry) note(key string) (bot.Note, error) {
	e.Version = max(e.Version, entryVersion)
	value, err := json.Marshal(e)
	if err != nil {
		return bot.Note{}, fmt.Errorf("encode note: %w", err)
	}
	return bot.Note{Key: key, Value: value}, nil
}

// author is who wrote a post, with the name of that time. On a copy it is somebody in another room, who has a party and a
// platform instead of an id.
type author struct {
	ID       string `json:"id,omitempty"`
	Name     string `json:"name"`
	Party    string `json:"party,omitempty"`
	Platform string `json:"platform,omitempty"`
}

// post is one post as the page gets it. It is never changed once it was handed out; an edit makes a new one.
type post struct {
	ID       string       `json:"id"`
	Number   uint64       `json:"number"` // of the note that made it: the order
	Place    string       `json:"place"`  // a room's id, or "direct"
	Thread   string       `json:"thread,omitempty"`
	From     *author      `json:"from,omitempty"` // nil for the bot
	Text     string       `json:"text,omitempty"`
	Rich     *markup.Doc  `json:"rich,omitempty"` // the same with its formatting, if it has any
	Quote    string       `json:"quote,omitempty"`
	Files    []attached   `json:"files,omitempty"`
	Written  time.Time    `json:"written,omitzero"`
	Card     *bot.Card    `json:"card,omitempty"`
	Language say.Language `json:"language,omitempty"` // of the card
	At       time.Time    `json:"at"`
	Private  bool         `json:"private,omitempty"` // in a room, for one person only
	Edited   bool         `json:"edited,omitempty"`  // what people wrote; cards change as a matter of course
	Deleted  bool         `json:"deleted,omitempty"`
	// Reactions are in the order in which each emoji came first.
	Reactions []tally `json:"reactions,omitempty"`

	top      bot.Place
	reader   string // the only person who may see it; empty for everybody
	revision int
	changed  time.Time // when a person last changed it
	act      string    // that deleted it
}

// visible reports whether a person may see the post.
func (p *post) visible(person string) bool { return p.reader == "" || p.reader == person }

// writtenBy reports whether a person wrote the post, here.
func (p *post) writtenBy(person string) bool { return p.From != nil && p.From.ID == person }

// yields reports whether an entry is newer than what the post shows. Between two changes by its author the time of the
// act decides, as it does in the core, so that both keep the same one.
func (p *post) yields(e entry) bool {
	if p.From != nil && p.From.ID != "" {
		return !e.At.Before(p.changed)
	}
	return e.Revision > p.revision
}

// take makes the post say what an entry says.
func (p *post) take(e entry) {
	p.revision, p.changed = e.Revision, e.At
	p.Text, p.Quote, p.Files, p.Card, p.Language, p.Edited = e.Text, e.Quote, e.Files, e.Card, e.Language, p.From != nil
	p.Rich = e.tree(p.From)
	if e.Op == bot.OpDelete {
		p.Text, p.Rich, p.Quote, p.Files, p.Card, p.Edited = "", nil, "", nil, nil, false
		p.Deleted, p.act, p.Reactions = true, e.Act, nil
	}
}

// event is what a note changed, as the pages get it.
type event struct {
	number uint64
	reader string // as in post
	data   []byte
}

// chat is the picture of the conversation that the pages see, rebuilt from the journal. The pump alone writes it.
type chat struct {
	mu     sync.Mutex
	known  func(bot.Place) bool
	number uint64 // of the last note that was applied
	places map[bot.Place][]*post
	posts  map[string]*post
	events []event
	floor  uint64 // events up to this number are no longer in events
	pages  map[*page]struct{}
	shares *shares
}

func newChat(known func(bot.Place) bool) *chat {
	return &chat{
		known:  known,
		places: map[bot.Place][]*post{},
		posts:  map[string]*post{},
		pages:  map[*page]struct{}{},
		shares: newShares(),
	}
}

// last is the number of the last note that was applied.
func (c *chat) last() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.number
}

// apply takes one note into the picture and tells the pages. A note that cannot be read is passed over.
func (c *chat) apply(n bot.Note) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number = max(c.number, n.Number)
	var e entry
	if err := json.Unmarshal(n.Value, &e); err != nil {
		return fmt.Errorf("read note %d: %w", n.Number, err)
	}
	if e.Version > max(entryVersion, reactVersion) {
		return fmt.Errorf("read note %d: version %d is newer than this program knows", n.Number, e.Version)
	}
	p := c.change(e, n.Number)
	if p == nil {
		return nil
	}
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode post of note %d: %w", n.Number, err)
	}
	c.tell(event{number: n.Number, reader: p.reader, data: data})
	return nil
}

// change makes the new state of the post that an entry is about; nil when nothing is to be seen of it.
func (c *chat) change(e entry, number uint64) *post {
	old := c.posts[e.ID]
	switch {
	case !c.known(e.Place):
		return nil
	case e.Op == bot.OpPost && old == nil:
		p := first(e, number)
		if root := c.posts[p.Thread]; root != nil && root.top == p.top && root.Thread != "" {
			p.Thread = root.Thread // a thread has no threads
		}
		c.add(p)
		return p
	case e.Op == opReact && old != nil && !old.Deleted:
		all, changed := old.reacts(e)
		if !changed {
			return nil
		}
		p := *old
		p.Reactions = all
		c.replace(&p)
		return &p
	case e.Op == opReact:
		return nil
	case old == nil:
		// It is older than what stays in memory; its files are remembered for longer.
		c.shares.change(e.ID, e.Files)
		return nil
	case old.Deleted || !old.yields(e):
		return nil
	}
	p := *old
	p.take(e)
	c.replace(&p)
	return &p
}

// first makes the post of an entry that begins one.
func first(e entry, number uint64) *post {
	p := &post{
		ID: e.ID, Number: number, Place: e.Place.ID, Thread: e.Place.Thread, From: e.From, Text: e.Text,
		Quote: e.Quote, Files: e.Files, Written: e.Written, Card: e.Card, Language: e.Language, At: e.At, Private: e.Reader != "",
		top: e.Place.Top(), reader: e.Reader, revision: e.Revision, changed: e.At,
	}
	p.Rich = e.tree(e.From)
	if e.Place.Direct {
		p.Place, p.reader, p.Private = directPlace, e.Place.ID, false
	}
	return p
}

func (c *chat) add(p *post) {
	all := append(c.places[p.top], p)
	for len(all) > keptPosts {
		delete(c.posts, all[0].ID)
		all = slices.Delete(all, 0, 1)
	}
	c.places[p.top] = all
	c.posts[p.ID] = p
	c.shares.set(p.ID, p.reader, p.Files)
}

func (c *chat) replace(p *post) {
	all := c.places[p.top]
	i, found := slices.BinarySearchFunc(all, p.Number, func(q *post, n uint64) int {
		return cmp.Compare(q.Number, n)
	})
	if found {
		all[i] = p
	}
	c.posts[p.ID] = p
	c.shares.set(p.ID, p.reader, p.Files)
}

// find returns a post that a person can see.
func (c *chat) find(id, person string) (*post, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.posts[id]
	if p == nil || !p.visible(person) {
		return nil, false
	}
	return p, true
}

// filesOf are the files that a post shows.
func (c *chat) filesOf(id string) []attached {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.posts[id]; p != nil {
		return p.Files
	}
	return nil
}

// snapshot is everything that a person can see, in order.
type snapshot struct {
	// Number is that of the last event that the snapshot contains.
	Number uint64  `json:"number"`
	Posts  []*post `json:"posts"`
}

// look returns what a person sees now.
func (c *chat) look(person string) snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seenBy(person)
}

func (c *chat) seenBy(person string) snapshot {
	s := snapshot{Number: c.number, Posts: []*post{}}
	for _, all := range c.places {
		for _, p := range all {
			if p.visible(person) {
				s.Posts = append(s.Posts, p)
			}
		}
	}
	slices.SortFunc(s.Posts, func(a, b *post) int { return cmp.Compare(a.Number, b.Number) })
	return s
}
