// Package adaptertest says what an adapter is: one exists when it passes [Run].
//
// The suite stands on both sides of the adapter. It is the core, which records what comes in and can fail, block and
// remember; and it moves people about on the platform through a [Platform], which each adapter's test provides: a
// fake that enforces the platform's rules, or the platform's own protocol. A case is named after the rule it guards.
// What a platform cannot do, by its [bot.Capabilities], is not asked of it.
package adaptertest

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"standleitung/bot"
)

// Bench is an adapter that is not running yet, on its platform.
type Bench struct {
	Adapter  bot.Adapter
	Platform Platform
	// Rooms are two rooms that everybody here is in.
	Rooms [2]bot.Place
	// People are two people of the company.
	People [2]bot.Identity
	// Nowhere is a place that does not exist.
	Nowhere bot.Place
	// NoChanges is set when people cannot edit and delete what they wrote, or the adapter never hears of it.
	NoChanges bool
	// NoFiles is set when people cannot attach files, or the adapter never hears of them.
	NoFiles bool
	// NoReactions is set when people cannot put an emoji on a message, or the adapter never hears of it; NoShortcuts when a
	// message has no menu that the adapter could be in.
	NoReactions, NoShortcuts bool
	// Restart makes another adapter on the same platform, as after a restart of the program. The one before has
	// ended.
	Restart func() bot.Adapter
	// Settled reports whether what the adapter does by itself after its first start is over, by what it kept; nil for an adapter that
	// does nothing. A look into a history that is still going on may hand over what people say meanwhile before the platform does.
	Settled func(core *Core) bool
}

// Platform is the platform as people have it in their hands. Methods that act return when the platform heard from the
// adapter, and fail the test when it never does.
type Platform interface {
	// Say has somebody say something.
	Say(s Speech) Reaction
	// SayRichly has somebody write [RichSpeech] in a room, with the formats of the platform's own composer and a mention of
	// somebody else.
	SayRichly(who bot.Identity, at bot.Place, mentioned bot.Identity) Reaction
	// Edit has somebody write a post at a place anew, and Delete has them delete it. It is not taken when somebody else
	// wrote it, whether the platform or the adapter sees to that.
	Edit(who bot.Identity, at bot.Place, id, text string) Reaction
	Delete(who bot.Identity, at bot.Place, id string) Reaction
	// React has somebody put an emoji on a post at a place, or take it away; Shortcut has them use a shortcut on one, by its Do.
	React(who bot.Identity, at bot.Place, id, emoji string, removed bool) Reaction
	Shortcut(who bot.Identity, at bot.Place, id, do string) Reaction
	// Press has somebody press the button with a label on the newest post of a place that shows it to them.
	Press(who bot.Identity, at bot.Place, label string) Reaction
	// Submit has somebody send a form that was opened for them at a place.
	Submit(who bot.Identity, at bot.Place, form *bot.Form, fields map[string]string) Reaction
	// Open has somebody open the direct conversation.
	Open(who bot.Identity) Reaction
	// Again delivers the last act once more, as platforms do when they missed the acknowledgement.
	Again() Reaction
	// Direct is the direct conversation of a person.
	Direct(who bot.Identity) bot.Place
	// Shown is what somebody sees at a place and in its threads, oldest first. What was deleted is left out.
	Shown(who bot.Identity, at bot.Place) []Shown
	// Close ends everything the platform started. It may be called again.
	Close()
}

// Speech is something that is said.
type Speech struct {
	By   bot.Identity
	At   bot.Place
	How  How
	Text string
	// Files go along.
	Files []Upload
}

// Upload is a file that somebody attaches.
type Upload struct {
	Name string
	Data []byte
}

// How is the way in which something is said.
type How string

// The ways. The platform adds to the text what they need, as its people would.
const (
	Plainly   How = ""          // just so
	Mentioned How = "mentioned" // beginning with a mention of the bot
	Slashed   How = "slashed"   // as a slash command
)

// Reaction is what the platform, and through it the person, hears at once.
type Reaction struct {
	// Taken is set when the adapter acknowledged the act. If not, the platform delivers again or the person still
	// has the text in their hands.
	Taken  bool
	Form   *bot.Form
	Errors map[string]string
}

// Shown is a post as somebody sees it.
type Shown struct {
	ID     string
	By     string // the id of the person; empty for the bot and for copies
	Author string // of a copy, who wrote the original, wherever the platform shows that; empty for everything else
	Thread string // the id of the post that the thread hangs on
	// Text is everything that can be read on it, markup resolved.
	Text    string
	Buttons []string
	// Formatted is how the text of a copy is formatted, in the form of [Lines], without what the platform shows around it.
	Formatted string
	// Files are those that can be opened, with what they hold. Files that are only named are part of Text.
	Files []Upload
	// Active is whatever the platform would act upon in the texts: mentions, links other than bare addresses,
	// formatting, elements.
	Active []string
	// Marked is set when it is shown as a possible repetition.
	Marked bool
	// Late is set when it is shown as having been written earlier than it came.
	Late bool
	// Marks are the emoji that the bot put on it; nil for none.
	Marks []string
	// Preview is what a lock screen shows; nil where the platform has none.
	Preview *string
}

// Run checks an adapter against the rules. Open makes a fresh bench each time.
func Run(t *testing.T, open func(t *testing.T) *Bench) {
	for _, c := range cases() {
		t.Run(c.rule, func(t *testing.T) {
			leaks := goleak.IgnoreCurrent()
			s := &stage{T: t, Bench: open(t), core: NewCore()}
			defer s.close() // also when the check gave up
			c.check(s)
			s.stop()
			s.close()
			goleak.VerifyNone(t, leaks)
		})
	}
}

// patience is how long anything may take that should happen at once.
const patience = 20 * time.Second

// stage is a bench in one case.
type stage struct {
	*testing.T
	*Bench
	core   *Core
	cancel context.CancelFunc
	ended  chan error
}

// start runs the adapter and waits until it is ready.
func (s *stage) start() {
	s.Helper()
	ctx, cancel := context.WithCancel(s.Context())
	s.cancel, s.ended = cancel, make(chan error, 1)
	go func() { s.ended <- s.Adapter.Run(ctx, s.core) }()
	s.until("the adapter is ready", func() bool { return s.Adapter.Ready() == nil && (s.Settled == nil || s.Settled(s.core)) })
}

// stop ends the adapter, if it runs.
func (s *stage) stop() {
	s.Helper()
	if s.cancel == nil {
		return
	}
	s.cancel()
	s.cancel = nil
	select {
	case err := <-s.ended:
		if err != nil {
			s.Errorf("Run ended with %v, want nil", err)
		}
	case <-time.After(patience):
		s.Fatal("Run did not end after its context did")
	}
}

// close ends everything, whatever state it is in.
func (s *stage) close() {
	if s.cancel != nil {
		s.cancel()
	}
	s.Platform.Close()
}

// restart replaces the adapter, as a restart of the program does.
func (s *stage) restart() {
	s.Helper()
	s.stop()
	s.Adapter = s.Restart()
	s.start()
}

// until waits for a condition.
func (s *stage) until(what string, ok func() bool) {
	s.Helper()
	late := time.After(patience)
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for !ok() {
		select {
		case <-look.C:
		case <-late:
			s.Fatalf("waited in vain until %s", what)
		}
	}
}

// send delivers and fails the test when the platform does not take it.
func (s *stage) send(d bot.Delivery) bot.Sent {
	s.Helper()
	sent, err := s.Adapter.Send(s.Context(), d)
	if err != nil {
		s.Fatalf("Send(%s of %q) = %v, want no error", d.Op, d.Post, err)
	}
	if d.Op != bot.OpDelete && d.Op != bot.OpReact && len(sent.IDs) == 0 {
		s.Fatalf("Send(%s of %q) returned no ids", d.Op, d.Post)
	}
	return sent
}

// say has the first person say something and returns what the core got.
func (s *stage) say(at bot.Place, how How, text string) bot.Message {
	s.Helper()
	before := len(s.core.Received())
	s.taken(s.Platform.Say(Speech{By: s.People[0], At: at, How: how, Text: text}))
	return s.got(before)
}

// got returns the one message that came in since there were n.
func (s *stage) got(n int) bot.Message {
	s.Helper()
	all := s.core.Received()
	if len(all) != n+1 {
		s.Fatalf("the core got %d messages, want 1", len(all)-n)
	}
	return all[n]
}

func (s *stage) taken(r Reaction) Reaction {
	s.Helper()
	if !r.Taken {
		s.Fatal("the platform was not told that the act was taken")
	}
	return r
}

// post is a plain delivery to a place.
func post(name string, at bot.Place, text string) bot.Delivery {
	return bot.Delivery{Post: name, Op: bot.OpPost, Revision: 1, Place: at, Card: bot.Card{Text: text}}
}
