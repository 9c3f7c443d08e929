package bot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// Adapter joins one platform to the core. It maps what comes in to a [Message] and posts what goes out; it decides
// nothing and sees no store. An implementation exists when it passes adaptertest.
type Adapter interface {
	// Name is the adapter's name in places, identities and the configuration: "web", "slack", "teams".
	Name() string
	// Can tells what the platform can do. It never blocks and never changes while the adapter runs.
	Can() Capabilities
	// Run receives until ctx ends, then returns nil after everything it started has ended. It is called once.
	// An error ends the program. What is received goes to core, which persists before it returns; only then the
	// platform gets its acknowledgement.
	Run(ctx context.Context, core Core) error
	// Send carries one delivery out and returns when the platform accepted or refused it. It may block as long as
	// the platform takes, within ctx. It is called concurrently, but never twice at a time for the same lane.
	// The error is a [*SendError]; any other error counts as unknown fate.
	Send(ctx context.Context, d Delivery) (Sent, error)
	// Ready returns nil while the adapter can receive and send, else what is wrong, in words for an operator. It
	// never blocks.
	Ready() error
}

// FileSource is an adapter whose platform has files that a program can read. It is called concurrently.
type FileSource interface {
	// OpenFile returns the bytes of a file that came in with a message; the caller closes it. A file that is gone, or that
	// the program may not read, is [ErrNoFile]; any other error may pass. It may block within ctx.
	OpenFile(ctx context.Context, f File) (io.ReadCloser, error)
}

// Watcher is an adapter that knows which places are out of reach. It never blocks, and is called concurrently.
type Watcher interface {
	// Trouble is a short code for why nothing can be said at a place now, such as "not_in_channel"; empty for nothing known.
	Trouble(p Place) string
}

// Listener is an adapter that knows how well it hears a place. It never blocks, and is called concurrently.
type Listener interface {
	// Hearing is a short code for what is not heard at a place, though things can be said there: "mentions_only" where only what
	// mentions the bot comes in, "no_history" where what is missed cannot be read later; empty for nothing known.
	Hearing(p Place) string
}

// ErrNoFile says that a file cannot be had any more.
var ErrNoFile = errors.New("the file is gone")

// Core is what an adapter may ask of the core.
type Core interface {
	// Receive takes a message in. After it returned without error, the effect and all answers are durable. An error
	// means that nothing was stored: the platform should deliver again.
	Receive(ctx context.Context, m Message) (Outcome, error)
	// Append writes notes to the adapter's journal; a note whose key is there already is left out. Durable when it
	// returns.
	Append(ctx context.Context, notes ...Note) error
	// Notes returns up to limit notes with a number greater than after, in order.
	Notes(ctx context.Context, after uint64, limit int) ([]Note, error)
	// Keep replaces pieces of the adapter's state. Durable when it returns.
	Keep(ctx context.Context, kept ...Kept) error
	// Kept returns the pieces of the adapter's state whose key begins with prefix, in the order of their keys.
	Kept(ctx context.Context, prefix string) ([]Kept, error)
	// Originals returns the messages of people at a place, threads included, that crossed a line or wait to, and of which no deletion
	// came in: those whose id is not before from and before to, in the order of the bytes of their ids. An adapter whose platform does
	// not tell of every deletion compares them with what it shows. It costs what lies between, and no more.
	Originals(ctx context.Context, p Place, from, to string) ([]Original, error)
	// Arrived tells which of the platform's ids at a place are those of copies that are known to have arrived there: what a history
	// shows besides is a post of unknown fate, or was never learnt of.
	Arrived(ctx context.Context, p Place, ids ...string) (map[string]bool, error)
	// Members tells who is in a room now, all of them; changes come as [Joined] and [Left] messages. Adapters whose platform
	// knows membership call it when they start and after an outage. Nothing is kept for a room that gives no role.
	Members(ctx context.Context, p Place, now []Identity) error
}

// Original is a message of a person that copies were made of, or may be: ids only.
type Original struct {
	ID string
	// Thread is the id of the message that the thread hangs on; empty at the top level.
	Thread string
}

// Capabilities is what a platform can do.
type Capabilities struct {
	// MaxText is the most characters in one message; longer cards are split by the adapter.
	MaxText int
	// MaxFile is the most bytes of a file that can be sent along with a copy; 0 for a platform that takes none.
	MaxFile int64
	// Private: an answer in a room can be shown to one person only.
	Private bool
	Threads bool
	Edits   bool
	Forms   bool
	// Reacts: the bot can put an emoji on a message of a person, and take it away; see [OpReact].
	Reacts bool
}

// Delivery is one thing to do on a platform.
type Delivery struct {
	// Post names the message for ever: every delivery of one message carries the same. A platform that can look a
	// message up by it needs no second try.
	Post string
	Op   Op
	// Revision grows with every change of the message, from 1.
	Revision int
	Place    Place
	// Reader is the platform's id of the only person who may see it in a room; empty for everybody.
	Reader string
	// Keep is set when what only the Reader sees must not be lost: where the platform forgets it, it is said to them directly
	// as well.
	Keep bool
	// IDs are the platform's ids of the message when Op is an edit or a deletion.
	IDs []string
	// Copy is set for a copy of what a person wrote elsewhere; Card for everything else. To a deletion nothing of a copy is left but
	// its author.
	Copy  *Copy
	Card  Card
	Voice say.Voice
	// Unsure is set when an earlier try may have arrived: look it up or, where that cannot be done, send it marked as a possible
	// repetition.
	Unsure bool
	// Since is when it was first to be sent: no try was earlier.
	Since time.Time
	// Reaction is the one emoji that the bot shows on the message in IDs when Op is OpReact, as Unicode; empty to take
	// away what it put there.
	Reaction string
}

// Copy is what a person wrote in another room of a line.
type Copy struct {
	Author Author
	// Body has mentions only of people whom the platform knows: their Ref is its id of them.
	Body markup.Doc
	// Files are what belongs to it, at most 20; More says how many further ones there are, empty for none.
	Files []File
	More  string
	// Broadcast is set on an answer in a thread that its writer showed in the room as well; where a platform cannot, it stays
	// in the thread.
	Broadcast bool
	// Quote is the beginning of what it answers, where that is not in this room; empty otherwise.
	Quote string
	// Under is the beginning of what it answers in the thread of its place, for a place that has no threads though its
	// platform has; empty where that may not be quoted.
	Under string
	// Written is when it was written, for a copy that comes late; zero for one that does not.
	Written time.Time
}

// Op is what a delivery does.
type Op string

// The operations.
const (
	OpPost   Op = "post"
	OpEdit   Op = "edit"
	OpDelete Op = "delete" // leaves a tombstone where the platform can show one
	// OpReact has the bot's reaction on a message of a person be Delivery.Reaction, in place of any other that it put there.
	// Doing it twice is no fault, and a message that is gone is none either. Only for adapters with [Capabilities].Reacts.
	OpReact Op = "react"
)

// Sent is what the platform answered.
type Sent struct {
	// IDs are the platform's ids of the message: several when it was split.
	IDs []string
	// Missing are the names of the files of a copy that could not be had any more: [ErrNoFile]. The copy says so.
	Missing []string
}

// SendError says what became of a delivery that did not succeed.
type SendError struct {
	Fate Fate
	// After is how long the platform wants to be left alone; 0 leaves it to the core. Only for Retry and Untried.
	After time.Duration
	// Reason is a short code for operators and people, such as "channel_gone". Never a text of people.
	Reason string
	Err    error
}

// Fate is what became of a delivery.
type Fate string

// The fates.
const (
	Retry   Fate = "retry"   // did not arrive; try again
	Untried Fate = "untried" // the platform was not asked; try again soon, it does not count
	Unknown Fate = "unknown" // may have arrived
	Never   Fate = "never"   // will not arrive as it is: park it
)

func (e *SendError) Error() string {
	return fmt.Sprintf("%s (%s): %v", e.Reason, e.Fate, e.Err)
}

func (e *SendError) Unwrap() error { return e.Err }
