package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// Config is what the core needs. Store, Now and Log are required.
type Config struct {
	Store    Store
	Adapters []Adapter
	// Rooms have names and parties; places that are not listed are not read.
	Rooms []Room
	// Lines join rooms.
	Lines []Line
	// People are the members that the configuration knows; others are met as they come.
	People []Member
	// RoomRoles are the roles that everybody of the company in a room has, by the name of the room.
	RoomRoles map[string]Roles
	// Organisation are the mail domains of the company's own people, in lower case. Who comes with the e-mail of a member
	// is that member, when it is of one of them; and where there are some, nobody without such an address gains a role
	// through a room. Empty for no linking by e-mail.
	Organisation []string
	// Voice is how people are spoken to whose own is unknown; zero fields mean German and Sie.
	Voice say.Voice
	// Zone is the time zone of people whose own is unknown; nil means UTC.
	Zone *time.Location
	// Calendar knows the company's public holidays; nil knows weekends only.
	Calendar *when.Calendar
	// Reminders of milestones and the daily briefing; nil for their defaults.
	Reminders *Reminders
	Briefing  *Briefing
	// Now is the clock.
	Now func() time.Time
	Log *slog.Logger
	// Observe, when not nil, is told of every turn and delivery, for metrics. It is called concurrently and must not
	// block.
	Observe func(Observation)
	// Retention says how long what people wrote is kept.
	Retention Retention
	// Lease is how long a delivery may take before its fate counts as unknown; 0 means one minute.
	Lease time.Duration
}

// Observation is one thing that happened, for metrics: no texts, no names.
type Observation struct {
	// What is "turn", "delivery", or "ignored" for what an adapter passed over.
	What string
	// Kind is the kind of message, or the adapter of a delivery or of what was passed over.
	Kind string
	// Command is the name of the command of a turn; empty for none.
	Command string
	// Code is "ok", an error's [Code], the [Fate] of a delivery, or why something was passed over.
	Code string
	Took time.Duration
}

// Bot is the core: words, rules and use cases. Receive and Do are its only doors.
type Bot struct {
	store    Store
	adapters map[string]Adapter
	rooms    []Room
	lines    []Line
	guards   guards
	jobs     map[string]job
	company  []Member
	// roomRoles and organisation are those of the configuration.
	roomRoles    map[string]Roles
	organisation []string
	members      map[string]*Member // by identity
	mails        map[string]*Member // by e-mail, in lower case
	voice        say.Voice
	zone         *time.Location
	zones        zones
	calendar     *when.Calendar

	reminders Reminders
	briefing  Briefing

	now      func() time.Time
	log      *slog.Logger
	observe  func(Observation)
	lease    time.Duration
	commands *commands
	order    lineup
	traffic  traffic
	kinds    map[string]*kindRow
	// retention is that of the configuration.
	retention Retention
	outbox    outbox
	// timed tells the timers that one was set, unsealed the log that it grew.
	timed, unsealed chan struct{}
}

// New makes the core. It does not start anything.
func New(c Config) (*Bot, error) {
	if c.Store == nil || c.Now == nil || c.Log == nil {
		return nil, errors.New("bot: Store, Now and Log are required")
	}
	rows, err := newCommands(commandTable())
	if err != nil {
		return nil, fmt.Errorf("bot: %w", err)
	}
	b := &Bot{
		roomRoles: c.RoomRoles, organisation: c.Organisation,
		store: c.Store, adapters: map[string]Adapter{}, rooms: c.Rooms, company: slices.Clone(c.People),
		members: map[string]*Member{}, mails: map[string]*Member{}, voice: voiceOr(c.Voice, say.Voice{Language: say.German, Address: say.Sie}),
		zone: c.Zone, calendar: c.Calendar, now: c.Now, log: c.Log, observe: c.Observe, lease: c.Lease, commands: rows,
		timed: make(chan struct{}, 1), unsealed: make(chan struct{}, 1),
		kinds: kindRows(), retention: c.Retention, lines: c.Lines, jobs: jobTable(),
	}
	if err := checkLines(c.Lines, c.Rooms); err != nil {
		return nil, fmt.Errorf("bot: %w", err)
	}
	if b.zone == nil {
		b.zone = time.UTC
	}
	if b.observe == nil {
		b.observe = func(Observation) {}
	}
	if b.lease == 0 {
		b.lease = time.Minute
	}
	if b.reminders = DefaultReminders(); c.Reminders != nil {
		b.reminders = *c.Reminders
	}
	if b.briefing = DefaultBriefing(); c.Briefing != nil {
		b.briefing = *c.Briefing
	}
	for _, a := range c.Adapters {
		if b.adapters[a.Name()] != nil {
			return nil, fmt.Errorf("bot: two adapters are named %q", a.Name())
		}
		b.adapters[a.Name()] = a
	}
	for i, m := range b.company {
		if m.Email != "" {
			b.mails[strings.ToLower(m.Email)] = &b.company[i]
		}
		for _, id := range m.Identities {
			if b.members[id.Key()] != nil {
				return nil, fmt.Errorf("bot: %s and %s are the same identity on %s", m.ID, b.members[id.Key()].ID, id.Adapter)
			}
			b.members[id.Key()] = &b.company[i]
		}
	}
	return b, nil
}

// Run runs the adapters and the outbox until ctx ends. Then nothing new comes in and no delivery begins; those that are
// under way get [stopGrace], since an adapter may wait for its own, and Run returns when all has ended. The first error of
// an adapter or of the outbox ends everything and is returned.
func (b *Bot) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	var running sync.WaitGroup
	var once sync.Once
	var first error
	fail := func(err error) {
		if err != nil {
			once.Do(func() { first = err })
			cancel()
		}
	}
	fail(b.announceLines(ctx))
	for name, a := range b.adapters {
		running.Go(func() {
			if err := a.Run(ctx, adapterCore{b, name}); err != nil {
				fail(fmt.Errorf("adapter %s: %w", name, err))
			}
		})
	}
	running.Go(func() { b.runTimers(ctx) })
	running.Go(func() { b.runSealing(ctx) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := b.runOutbox(ctx); err != nil {
			fail(fmt.Errorf("outbox: %w", err))
		}
	}()
	<-ctx.Done()
	running.Wait()
	<-done
	return first
}

// adapterCore is the core as one adapter sees it.
type adapterCore struct {
	bot  *Bot
	name string
}

// Receive is part of [Core].
func (c adapterCore) Receive(ctx context.Context, m Message) (Outcome, error) {
	m.Place.Adapter, m.From.Adapter = c.name, c.name
	if m.Subject != nil {
		s := *m.Subject
		s.Place.Adapter, s.From.Adapter = c.name, c.name
		m.Subject = &s
	}
	return c.bot.Receive(ctx, m)
}

// lineup lets those with the same key through one after the other in the order of their arrival.
type lineup struct {
	mu    sync.Mutex
	tails map[string]chan struct{}
}

// enter waits for those who came before and returns how to leave.
func (l *lineup) enter(key string) (leave func()) {
	mine := make(chan struct{})
	l.mu.Lock()
	if l.tails == nil {
		l.tails = map[string]chan struct{}{}
	}
	before := l.tails[key]
	l.tails[key] = mine
	l.mu.Unlock()
	if before != nil {
		<-before
	}
	return func() {
		l.mu.Lock()
		if l.tails[key] == mine {
			delete(l.tails, key)
		}
		l.mu.Unlock()
		close(mine)
	}
}
