package bot

import (
	"time"

	"standleitung/bot/markup"
)

// Message is everything that reaches the core from outside: something said, a button, a form, a change of something
// said before. Adapters build it from what the platform sent after they verified the sender; they decide nothing.
type Message struct {
	// Turn identifies the delivery: the platform's redelivery of the same thing carries the same Turn and has no
	// second effect. It is kept for 14 days. Never empty.
	Turn string
	Kind MessageKind
	// Place is where it happened; for a button or a form, where the card or the dialog was.
	Place Place
	// ID is the platform's id of what was said, edited, deleted, reacted to; for Pressed that of the card.
	ID   string
	From Identity
	// Text is what was said, without the mention of the bot or the slash that addressed it. Any bytes may come.
	Text string
	// Body is the same as formatted text, for a message that may cross a line; a mention's Ref is the platform's id of the
	// person. Adapters whose platform has no formatting leave it zero.
	Body markup.Doc
	// Files belong to the message. Those of an Edited or a Restored are all that it has now: one that is not among them was removed.
	Files []File
	// Broadcast is set on an answer in a thread that the writer showed in the room as well.
	Broadcast bool
	// Addressed is set where the platform shows that the bot is meant: a mention or a slash command. What is said
	// in the direct conversation is always meant for the bot.
	Addressed bool
	// Do is the action of a pressed button or a submitted form, as the core gave it out. Never trusted.
	Do string
	// Fields are the values of a submitted form by field name.
	Fields map[string]string
	// Subject is the message that a shortcut was used on: Kind is Pressed, Do the command. Nil for everything else.
	Subject *Subject
	// Reaction is the emoji of a Reacted, as Unicode, or as ":name:" where the platform has one of its own; Removed is set
	// when it was taken away.
	Reaction string
	Removed  bool
	// At is the platform's time of it; the zero time means now.
	At time.Time
	// Notes land in the adapter's journal in the same unit of work as the effect; see [Core].
	Notes []Note
	// Keep is state of the adapter that is replaced in the same unit of work; see [Core].
	Keep []Kept
}

// MessageKind says what happened.
type MessageKind string

// The kinds of message.
const (
	Said      MessageKind = "said"      // a person wrote something
	Pressed   MessageKind = "pressed"   // a person pressed a button: Do
	Submitted MessageKind = "submitted" // a person sent a form: Do, Fields
	Opened    MessageKind = "opened"    // a person opened the direct conversation: first contact
	Edited    MessageKind = "edited"    // a person changed what they wrote: ID, Body, At
	Deleted   MessageKind = "deleted"   // what a person wrote is gone: ID, At
	Restored  MessageKind = "restored"  // a person took back that they deleted what they wrote: ID, Body, Files, At
	Known     MessageKind = "known"     // the platform told who somebody is, though they did nothing: From
	Reacted   MessageKind = "reacted"   // a person put an emoji on a message, or took it away: ID, Reaction, Removed
)

// The kinds of moving about: From came into Place, or left it.
const (
	Joined MessageKind = "joined"
	Left   MessageKind = "left"
)

// Subject is a message that somebody chose to do something with.
type Subject struct {
	// Place and ID are where it is.
	Place Place
	ID    string
	// From wrote it; the zero Identity when it was the bot, or nobody knows.
	From  Identity
	Text  string
	Body  markup.Doc
	Files []File
	// At is when it was written, by the platform's time.
	At time.Time
}

// change reports whether it is about something that was said before.
func (k MessageKind) change() bool {
	return k == Edited || k == Deleted || k == Restored || k == Reacted
}

// Place is where something is said: a room or a direct conversation of a platform, or a thread in it.
type Place struct {
	Adapter string `json:"adapter"`
	// ID is the platform's id of the room or the direct conversation.
	ID string `json:"id"`
	// Thread is the platform's id of the message that the thread hangs on; empty at the top level.
	Thread string `json:"thread,omitempty"`
	// Direct marks the conversation between one person and the bot.
	Direct bool `json:"direct,omitempty"`
}

// Top returns the place without its thread.
func (p Place) Top() Place { p.Thread = ""; return p }

// LineLane is the lane of the outbox for copies at this place.
func (p Place) LineLane() string { return Compose(p.Adapter, p.ID, "line") }

// Lane is the lane of the outbox for answers at this place: one for each room or direct conversation.
func (p Place) Lane() string { return Compose(p.Adapter, p.ID) }

// Identity is a person as one platform knows them.
type Identity struct {
	Adapter string `json:"adapter"`
	ID      string `json:"id"`
	Name    string `json:"name,omitempty"`
	// Email is set only when the platform says that the address is verified, or gives out none but verified ones, and
	// only to what it says itself, never to what a profile lets people type: somebody may be asked whether they are
	// the one who has the same address elsewhere, and what that one may do comes with it.
	Email string `json:"email,omitempty"`
	// Language is what the platform says of the person's language, as a BCP 47 tag; empty when it says nothing.
	Language string `json:"language,omitempty"`
	// Zone is an IANA time zone; empty when the platform says nothing.
	Zone string `json:"zone,omitempty"`
	// Guest marks people of other organisations and guests of the workspace: they never gain a role through a room.
	Guest bool `json:"guest,omitempty"`
	// Unproven is set on an identity that comes in while its platform does not answer who it is: what was known of it when
	// they were met last counts then, and one who was never met is a guest. It is never stored.
	Unproven bool `json:"-"`
}

// Key identifies the identity across platforms.
func (i Identity) Key() string { return Compose(i.Adapter, i.ID) }

// Outcome is what the platform wants to hear in the same breath. It is stored with the turn, so that a redelivery
// gets the same one.
type Outcome struct {
	// Form is a dialog to open now; nil for none. Opening one changes nothing and is not stored.
	Form *Form `json:"form,omitempty"`
	// Errors are the faults of a submitted form by field name; the dialog stays open. Nothing was changed.
	Errors map[string]string `json:"errors,omitempty"`
	// Seen is set when the turn had been received before.
	Seen bool `json:"-"`
}

// Note is an entry of an adapter's journal.
type Note struct {
	// Number orders the notes of an adapter; given by the store, growing, gaps allowed.
	Number uint64 `json:"number"`
	// Key makes a note unique: a second note with the same key is not written. Never empty.
	Key   string `json:"key"`
	Value []byte `json:"value"`
}
