package bot

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"standleitung/bot/markup"
)

// Line joins rooms: what people write in one of them reaches the others.
type Line struct {
	Name  string
	Rooms []string // names of rooms, at least two
	Mode  LineMode
	// Guard asks the register before anything crosses.
	Guard bool
}

// LineMode says what crosses.
type LineMode string

// The modes. The zero value counts as mirror.
const (
	Mirror  LineMode = "mirror"  // every message that people write
	Forward LineMode = "forward" // only what is sent over the line by command, mention or shortcut
)

// Crossing is one message that people wrote in a room of a line, or sent over it: what the copies are made of. It is
// kept for as long as the copies can be edited.
type Crossing struct {
	// Key names the message: adapter, place and id of the original.
	Key   string `json:"key"`
	Place Place  `json:"place"` // where it was written, with its thread
	ID    string `json:"id"`
	Room  string `json:"room,omitempty"` // name of the room; empty when it was sent from a direct conversation
	// Person wrote it; Author is how the copies name them.
	Person string `json:"person"`
	Author Author `json:"author"`
	// By is who sent it over the line when that was somebody else than its writer; Typed is set when it was sent by command
	// or mention, whose words do not belong to the text.
	By    string `json:"by,omitempty"`
	Typed bool   `json:"typed,omitempty"`
	// Seq orders crossings as they were received.
	Seq uint64 `json:"seq,omitempty"`
	// At is when it was written, Version the newest change that was taken in: both by the platform's time.
	At      time.Time  `json:"at"`
	Version time.Time  `json:"version"`
	Body    markup.Doc `json:"body"`
	Files   []File     `json:"files,omitempty"`
	// Root is the crossing whose thread it belongs to; empty at the top level. Orphan marks a reply to something that
	// never crossed.
	Root   string `json:"root,omitempty"`
	Orphan bool   `json:"orphan,omitempty"`
	// Broadcast marks a reply that its writer showed in the room as well.
	Broadcast bool          `json:"broadcast,omitempty"`
	State     CrossingState `json:"state"`
	// Guarded and Edition say whether the register was asked, and which edition.
	Guarded bool   `json:"guarded,omitempty"`
	Edition uint64 `json:"edition,omitempty"`
	// To are the rooms that have, or will have, a copy.
	To []string `json:"to,omitempty"`
	// Edit is a changed text that waits for an approval; the copies stay as they were.
	Edit *markup.Doc `json:"edit,omitempty"`
	// EditFiles are the files of the changed message that waits.
	EditFiles []File `json:"edit_files,omitempty"`
	// Marked is set when the bot put a reaction on the original because it had to wait.
	Marked bool `json:"marked,omitempty"`
	// Unwritten is set when no message of a person stands behind it: it was sent by a form or a button.
	Unwritten bool `json:"unwritten,omitempty"`
	// Approval is the number of the approval that it waits for, or that let it go; 0 for none.
	Approval uint64 `json:"approval,omitempty"`
}

// CrossingState is how far a message is on its way over the line.
type CrossingState string

// The states of a crossing.
const (
	Crossed   CrossingState = "crossed"   // copies were made
	Held      CrossingState = "held"      // a person must decide
	Waiting   CrossingState = "waiting"   // a reply under a held message
	Stopped   CrossingState = "stopped"   // a person decided that it stays here
	Withdrawn CrossingState = "withdrawn" // its writer took it back
	Gone      CrossingState = "gone"      // the original was deleted
	Stub      CrossingState = "stub"      // only its edit or deletion has arrived so far
)

// Author is how a copy names who wrote the original.
type Author struct {
	Name     string `json:"name"`
	Party    string `json:"party,omitempty"`
	Platform string `json:"platform,omitempty"` // the adapter's name
}

// File is a file that belongs to a message. The bytes stay where the platform has them.
type File struct {
	Name string `json:"name"`
	Type string `json:"type,omitempty"` // media type
	Size int64  `json:"size"`           // bytes
	// ID is what the platform calls it; URL where people can open it. One of them is set.
	ID  string `json:"id,omitempty"`
	URL string `json:"url,omitempty"`
	// Open returns the bytes, on a [Delivery] only: the adapter sends them along and closes them. Nil for a file that is
	// too large for the platform or that nobody can open: its name, size and URL are shown instead. [ErrNoFile] says that
	// it vanished: the copy says so in its place, with the words of [File.Missed]. Any other error may pass: the delivery
	// is to be tried again.
	Open func(ctx context.Context) (io.ReadCloser, error) `json:"-"`
	// Note says why Open is nil, for the readers of the copy, on a [Delivery] only; it is shown above the name.
	Note string `json:"-"`
}

var crossings = &Kind[Crossing]{
	Name: "crossing", Version: 1,
	Key: func(c *Crossing) string { return c.Key },
	Indexes: []Index[Crossing]{
		{"at", func(c *Crossing) []string { return []string{Compose(Stamp(c.At), c.Key)} }},
		{"room", func(c *Crossing) []string {
			if c.Room == "" {
				return nil
			}
			return []string{Compose(c.Room, Stamp(c.At), c.Key)}
		}},
		{"waits", func(c *Crossing) []string {
			if c.State != Waiting {
				return nil
			}
			return []string{Compose(c.Root, Serial(c.Seq))}
		}},
		{"texts", textsOf},
	},
}

// crossingKey names a message by where it is.
func crossingKey(p Place, id string) string { return Compose(p.Adapter, p.ID, id) }

// copyKey names the copy of a crossing in a room. It is short and plain, so that a button can carry it.
func copyKey(crossing, room string) string {
	sum := sha256.Sum256([]byte(Compose(crossing, room)))
	return fmt.Sprintf("copy-%x", sum[:12])
}

// crossing returns a crossing, or nil when there is none.
func (k *books) crossing(key string) (*Crossing, error) {
	c, err := crossings.Get(k.r, key)
	if errors.Is(err, ErrNotFound) {
		return nil, nil //nolint:nilnil // a message that never crossed is no fault
	}
	return c, err
}

// behind returns the crossing that a message in a place belongs to: the original itself, or a copy of it; nil for none.
func (k *books) behind(p Place, id string) (*Crossing, error) {
	at := crossingKey(p, id)
	if c, err := k.crossing(at); err != nil || c != nil && c.State != Stub {
		return c, err
	}
	for found, err := range k.r.Scan(Query{Kind: posts.Name, Index: "placed", From: at, To: at + "\x00", Limit: 1}) {
		if err != nil {
			return nil, err
		}
		post, err := posts.decode(found.Value)
		if err != nil || post.Origin == "" {
			return nil, err
		}
		return k.crossing(post.Origin)
	}
	return nil, nil //nolint:nilnil // as above
}

// Originals is part of [Core].
func (c adapterCore) Originals(ctx context.Context, p Place, from, to string) ([]Original, error) {
	p.Adapter = c.name
	var list []Original
	err := c.bot.store.View(ctx, func(r Reader) error {
		list = nil
		for c, err := range crossings.All(r, Query{From: crossingKey(p, from), To: crossingKey(p, to)}) {
			switch {
			case err != nil:
				return err
			case c.State == Gone, c.State == Stub, c.Unwritten:
			default:
				list = append(list, Original{ID: c.ID, Thread: c.Place.Thread})
			}
		}
		return nil
	})
	return list, err
}

// roomAt is the room at a place, nil for none.
func (b *Bot) roomAt(p Place) *Room {
	i := slices.IndexFunc(b.rooms, func(r Room) bool { return r.Place.Adapter == p.Adapter && r.Place.ID == p.ID })
	if i < 0 {
		return nil
	}
	return &b.rooms[i]
}

// room is the room of a name, nil for none.
func (b *Bot) room(name string) *Room {
	i := slices.IndexFunc(b.rooms, func(r Room) bool { return r.Name == name })
	if i < 0 {
		return nil
	}
	return &b.rooms[i]
}

// linesOf are the lines that a room is part of.
func (b *Bot) linesOf(room string) []*Line {
	var list []*Line
	for i := range b.lines {
		if slices.Contains(b.lines[i].Rooms, room) {
			list = append(list, &b.lines[i])
		}
	}
	return list
}

// checkLines refuses rooms and lines that could not work: what is written at a place belongs to one room.
func checkLines(lines []Line, rooms []Room) error {
	known, taken := map[string]bool{}, map[Place]bool{}
	for _, r := range rooms {
		if known[r.Name] || taken[r.Place.Top()] {
			return fmt.Errorf("room %s: its name or its place is that of another room", r.Name)
		}
		known[r.Name], taken[r.Place.Top()] = true, true
	}
	for _, l := range lines {
		if len(l.Rooms) < 2 {
			return fmt.Errorf("line %s: it needs two rooms at least", l.Name)
		}
		for i, name := range l.Rooms {
			if !known[name] || slices.Contains(l.Rooms[:i], name) {
				return fmt.Errorf("line %s: room %s is unknown, or named twice", l.Name, name)
			}
		}
	}
	return nil
}
