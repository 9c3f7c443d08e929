// Package web is the built-in chat: rooms side by side, the direct conversation with the bot, and a switch for who one
// is, in a browser on the same machine.
//
// It is a small platform of its own, so its history must survive what the program survives. It is kept in the adapter's
// journal: what a person writes travels as a note of the message and lands in the same unit of work as its effect; what
// the bot says is one note whose key is made of the delivery, so that a delivery repeated after a crash is written once.
// One pump reads the journal, keeps a bounded picture of the conversation in memory, and tells the open pages by
// server-sent events that bear the numbers of the notes: a page that lost its connection comes back with the last number
// and gets what it missed.
//
// Anyone is anyone here. So nothing is answered that could come from elsewhere: see guard.go, and [CheckListen] for the
// address that the program listens on.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"standleitung/adapters/duty"
	"standleitung/bot"
	"standleitung/bot/say"
)

var (
	_ bot.Adapter    = (*Adapter)(nil)
	_ bot.FileSource = (*Adapter)(nil)
)

// Config is what the chat needs to know.
type Config struct {
	// Rooms are shown in this order. At least one.
	Rooms []Room
	// People are those whom a visitor can be; the first one at first. At least one.
	People []Person
	// Hosts are further values of the Host header that are answered, as host:port, such as the near end of an SSH
	// tunnel; localhost, 127.0.0.1 and [::1] with the port that is listened on always are. Names of this machine only.
	Hosts []string
	// Files is a folder for what people attach, made when it is not there; empty: the chat takes no files. Nobody but the
	// program touches it, and no two programs share one.
	Files string
	// Scene is played to the first visitor; nil for none.
	Scene *Scene
	// Log takes what operators should know; nil discards it.
	Log *slog.Logger
	// Now is the clock. Required.
	Now func() time.Time
}

// Room is a room of the chat.
type Room struct {
	// ID has only letters, digits, dots, hyphens and underscores, and is not "direct". Required.
	ID string
	// Name is shown; empty: the ID.
	Name string
	// Party is whom the room belongs to and gives it its colour; empty: none.
	Party string
	// Hears are the names of the rooms that read along; empty: nobody else does.
	Hears []string
}

// Person is somebody whom a visitor can be.
type Person struct {
	// ID is made as that of a room. Required.
	ID string
	// Name is shown; empty: the ID.
	Name string
	// Title is shown beside the name, such as "PR".
	Title string
	// Party gives the person their colour; empty: none.
	Party string
	// Language and Address are how the page speaks to them.
	Language say.Language
	Address  say.Address
}

// voice is how the page speaks to the person.
func (p *Person) voice() say.Voice { return say.Voice{Language: p.Language, Address: p.Address} }

// Adapter is the built-in chat.
type Adapter struct {
	now    func() time.Time
	log    *slog.Logger
	hosts  []string
	rooms  map[string]*Room
	people map[string]*Person
	setup  []byte // what the page is told first, as JSON
	files  map[string]file

	chat    *chat
	store   *fileStore    // nil where no files are taken
	manager *stageManager // of the scene; nil for none
	shift   duty.Shift
	woken   chan struct{}

	mu      sync.Mutex
	trouble error // why the journal cannot be read; nil when it can
}

// New checks the configuration and makes the chat; it answers with 503 until Run is called.
func New(c Config) (*Adapter, error) {
	a := &Adapter{
		now: c.Now, log: c.Log,
		rooms: map[string]*Room{}, people: map[string]*Person{},
		woken: make(chan struct{}, 1),
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if err := a.take(c); err != nil {
		return nil, fmt.Errorf("web chat: %w", err)
	}
	a.chat = newChat(a.knows)
	var err error
	if c.Files != "" {
		if a.store, err = newFileStore(c.Files, c.Now); err != nil {
			return nil, fmt.Errorf("web chat: %w", err)
		}
	}
	if c.Scene != nil {
		a.manager = &stageManager{scene: c.Scene, known: map[string]bool{}}
	}
	if a.files, err = loadFiles(); err != nil {
		return nil, fmt.Errorf("web chat: %w", err)
	}
	if a.setup, err = setupOf(c); err != nil {
		return nil, fmt.Errorf("web chat: %w", err)
	}
	return a, nil
}

// take checks rooms, people and hosts, and reports all faults at once.
func (a *Adapter) take(c Config) error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if c.Now == nil {
		fault("a clock is missing")
	}
	if len(c.Rooms) == 0 || len(c.People) == 0 {
		fault("at least one room and one person are needed")
	}
	for _, r := range c.Rooms {
		if !validName(r.ID) || a.rooms[r.ID] != nil {
			fault("room %q: an id has letters, digits, '.', '-' and '_', is not %q, and is given once", r.ID, directPlace)
		}
		a.rooms[r.ID] = &r
	}
	for _, p := range c.People {
		if !validName(p.ID) || a.people[p.ID] != nil {
			fault("person %q: an id has letters, digits, '.', '-' and '_', is not %q, and is given once", p.ID, directPlace)
		}
		if p.Language != "" && p.Language != say.German && p.Language != say.English {
			fault("person %q: language %q is neither de nor en", p.ID, p.Language)
		}
		if p.Name == "" {
			p.Name = p.ID
		}
		a.people[p.ID] = &p
	}
	for _, h := range c.Hosts {
		h = strings.ToLower(h)
		if err := checkHost(h); err != nil {
			faults = append(faults, err)
		}
		a.hosts = append(a.hosts, h)
	}
	if err := a.checkScene(c.Scene); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// Name is "web".
func (a *Adapter) Name() string { return Name }

// Can tells what the chat can do: everything, but files only with a folder for them.
func (a *Adapter) Can() bot.Capabilities {
	can := bot.Capabilities{MaxText: maxText, Private: true, Threads: true, Edits: true, Forms: true, Reacts: true}
	if a.store != nil {
		can.MaxFile = maxFile
	}
	return can
}

// knows reports whether a place is a configured room or the direct conversation of a configured person.
func (a *Adapter) knows(p bot.Place) bool {
	if p.Adapter != Name {
		return false
	}
	if p.Direct {
		return a.people[p.ID] != nil
	}
	return a.rooms[p.ID] != nil
}

// Run reads the journal, then lets requests and deliveries in until ctx ends and the last of them has left.
func (a *Adapter) Run(ctx context.Context, core bot.Core) error {
	if !a.catchUp(ctx, core) {
		return nil
	}
	if err := a.store.tidy(a.chat.shares.needs); err != nil {
		a.log.WarnContext(ctx, "cannot remove files that nobody needs", "error", err)
	}
	if !a.shift.Begin(core) {
		return errors.New("the web chat runs once only")
	}
	defer a.shift.End()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.woken:
			if !a.catchUp(ctx, core) {
				return nil
			}
		}
	}
}

// Ready tells whether the chat runs and can read its journal.
func (a *Adapter) Ready() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.trouble != nil {
		return fmt.Errorf("the web chat cannot read its journal: %w", a.trouble)
	}
	if !a.shift.Open() {
		return errNotRunning
	}
	return nil
}

// wake tells the pump that there are new notes.
func (a *Adapter) wake() {
	select {
	case a.woken <- struct{}{}:
	default:
	}
}

// catchUp applies all notes that were not yet, in as many tries as it takes; false when ctx ended before.
func (a *Adapter) catchUp(ctx context.Context, core bot.Core) bool {
	const shortest, longest = 50 * time.Millisecond, 5 * time.Second
	for pause := shortest; ; pause = min(2*pause, longest) {
		err := a.pump(ctx, core)
		if ctx.Err() != nil {
			return false
		}
		a.mu.Lock()
		a.trouble = err
		a.mu.Unlock()
		if err == nil {
			return true
		}
		a.log.WarnContext(ctx, "cannot read the journal of the web chat, will retry", "error", err)
		if !duty.Sleep(ctx, pause) {
			return false
		}
	}
}

// pump applies all notes that were not yet.
func (a *Adapter) pump(ctx context.Context, core bot.Core) error {
	const batch = 500
	for {
		notes, err := core.Notes(ctx, a.chat.last(), batch)
		if err != nil {
			return err
		}
		for _, n := range notes {
			a.manager.heed(n)
			if err := a.chat.apply(n); err != nil {
				a.log.ErrorContext(ctx, "passed over a note of the web chat", "error", err)
			}
		}
		if len(notes) < batch {
			a.sweep(ctx)
			return nil
		}
	}
}
