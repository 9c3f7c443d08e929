// Package teams joins Microsoft Teams to the core. Teams calls /api/messages with every activity that concerns the bot; posts,
// edits, dialogs and cards go out over the Bot Connector's REST interface.
//
// # The path of what comes in
//
// http.go bounds and reads the body, auth.go proves that Microsoft signed it for this bot, receive.go and invoke.go make a
// [bot.Message] of it. The activities of a conversation are handled one after the other in the order of their arrival, and
// answered after the core has persisted: what was not answered within 15 seconds Teams delivers again, first with the same
// id, later with a new one. Every act has a turn, so nothing of this has a second effect.
//
// # What the library does
//
// msbotbuilder-go gives the schema, parses requests with the validator of auth.go, and makes conversation references. Its own
// validator, tokens and HTTP are never reached: they accept tokens without an end or an endorsement, know no time-outs, and
// drop the ids of what they sent.
//
// # What is kept
//
// A bot can write only where it was met. So every activity keeps the newest reference of its conversation ("ref/…", with the
// address that Teams wants to be called at), the direct conversation of its sender ("direct/…"), and for a while which buttons
// were pressed ("press/…"). They land in the unit of work of the message. How far a room was read ("mark/…") and the group of
// its team ("team/…", "group/…") are kept when it was read, which forms were offered ("offer/…") and what was deleted ("gone/…") when it was.
//
// # What was missed
//
// Teams gives up on what it could not deliver after about a minute. The connector shows no history, but Microsoft Graph does,
// where the owner of a team or chat has consented (graph.go, history.go). At the start, every ten minutes, and when the bot came
// into a room, what happened since the mark is read there and handed over as the very activities that Teams would have sent,
// with the same turns (catchup.go). A mark moves with a whole reading, not with what comes in: a message that was heard says
// nothing of the one before it.
//
// # What goes out
//
// What people wrote is a message of simple HTML that bot/markup writes; what the bot says is an Adaptive Card whose texts
// are runs of rich text, which no client reads as markup (render.go). The connector cannot be asked whether a message arrived, so one of
// unknown fate is looked for in the history that Microsoft Graph shows (lookup.go); where that cannot be read it is repeated, marked.
package teams

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"standleitung/adapters/duty"
	"standleitung/bot"
	"standleitung/bot/say"
)

var _ bot.Adapter = (*Adapter)(nil)

const (
	// DefaultLogin is where tokens come from.
	DefaultLogin = "https://login.microsoftonline.com"
	// DefaultOpenID names the keys with which Microsoft signs what it sends.
	DefaultOpenID = "https://login.botframework.com/v1/.well-known/openidconfiguration"
	// DefaultService is where the connector is for a bot that has not heard from it yet.
	DefaultService = "https://smba.trafficmanager.net/teams"
)

// DefaultHosts are the hosts of the Bot Connector.
func DefaultHosts() []string { return []string{"smba.trafficmanager.net", "*.botframework.com"} }

// Config is what the adapter needs to know.
type Config struct {
	// AppID is the id of the bot's registration, AppPassword its client secret, TenantID the company's tenant: activities of
	// others are refused. Required, unless InsecureDev is set.
	AppID, AppPassword, TenantID string
	// TokenTenant is the tenant that gives the bot its tokens; empty: TenantID. "botframework.com" for the registration of
	// a multi-tenant bot.
	TokenTenant string
	// LoginURL and OpenIDURL are other addresses for tests; empty: [DefaultLogin] and [DefaultOpenID]. ServiceURL is the address
	// of the connector until the first activity names it; empty: [DefaultService].
	LoginURL, OpenIDURL, ServiceURL string
	// GraphURL is Microsoft Graph, where histories are read: https, or this machine; empty: [DefaultGraph].
	GraphURL string
	// GraphLag is how long Microsoft Graph may take to show a message; 0: [DefaultGraphLag]. What does not appear in that time is taken
	// for not there.
	GraphLag time.Duration
	// ServiceHosts are the only hosts that are called, and get a token; "*." stands for any name below. Empty: [DefaultHosts].
	// Only a loopback address that is named here may be called without TLS.
	ServiceHosts []string
	// InsecureDev switches authentication off, in both directions, and takes and calls loopback addresses only: for a
	// local emulator.
	InsecureDev bool
	// Rooms are the ids of the conversations that the bot should be in.
	Rooms []string
	// Voice is how a person is spoken to of whom Teams says no language.
	Voice say.Voice
	// Observe, when not nil, is told of everything that was passed over, by code: no texts, no names. It must not block.
	Observe func(bot.Observation)
	// Log takes what operators should know; nil discards it.
	Log *slog.Logger
	// Now is the clock. Required.
	Now func() time.Time
}

// Adapter is a bot in Teams.
type Adapter struct {
	config    Config
	log       *slog.Logger
	now       func() time.Time
	door      *door
	api       *connector
	tokens    *tokens
	refs      references
	people    people
	presses   presses
	lanes     duty.Lanes
	roots     roots
	graph     *graph // nil for an emulator
	groups    groups
	marks     marks
	overtaken roomSet // something could not be taken there, which Teams delivers again when it likes
	unread    roomSet // what comes in waits for their histories, since the start
	hearing   hearing
	reacting  reacting
	woken     chan struct{} // holds one while the histories are to be read now
	offered   duty.Recent   // forms that were offered, by the digest of the turn
	opened    duty.Recent   // people whose first contact was told
	deletions duty.Recent   // messages that were deleted, by room and id
	doubts    doubts
	health    health
	shift     duty.Shift
}

// New checks the configuration and makes the adapter. It calls nobody.
func New(c Config) (*Adapter, error) {
	c.GraphURL = cmp.Or(c.GraphURL, DefaultGraph)
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("teams: %w", err)
	}
	c.LoginURL = strings.TrimSuffix(cmp.Or(c.LoginURL, DefaultLogin), "/")
	c.OpenIDURL = cmp.Or(c.OpenIDURL, DefaultOpenID)
	c.ServiceURL = cmp.Or(c.ServiceURL, DefaultService)
	c.TokenTenant = cmp.Or(c.TokenTenant, c.TenantID)
	c.GraphLag = cmp.Or(c.GraphLag, DefaultGraphLag)
	c.Rooms = slices.Compact(slices.Sorted(slices.Values(c.Rooms)))
	if len(c.ServiceHosts) == 0 {
		c.ServiceHosts = DefaultHosts()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Observe == nil {
		c.Observe = func(bot.Observation) {}
	}
	client := newClient()
	a := &Adapter{config: c, log: c.Log, now: c.Now, graph: newGraph(c, client), woken: make(chan struct{}, 1)}
	a.refs.first = c.ServiceURL
	a.health.begin(c.Rooms)
	if !c.InsecureDev {
		a.tokens = newTokens(c, c.TokenTenant, tokenScope, client)
	}
	a.api = &connector{client: client, tokens: a.tokens, hosts: c.hosts(), now: c.Now}
	a.door = newDoor(c, client)
	return a, nil
}

func (c *Config) check() error {
	var faults []error
	fault := func(text string) { faults = append(faults, errors.New(text)) }
	if c.Now == nil {
		fault("a clock is missing")
	}
	if !c.InsecureDev {
		if c.AppID == "" {
			fault("the app id is missing: without it anybody could speak as anybody")
		}
		if c.AppPassword == "" {
			fault("the client secret is missing")
		}
		if c.TenantID == "" {
			fault("the tenant id is missing")
		}
	}
	if err := checkGraph(c.GraphURL); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// hosts are the hosts that may be called.
func (c *Config) hosts() serviceHosts {
	return serviceHosts{list: c.ServiceHosts, dev: c.InsecureDev}
}

// callTime bounds one call of the connector. Sends are carried out beside each other, so a slow one keeps nobody waiting.
const callTime = 20 * time.Second

// newClient makes the client for all calls. No redirect is followed: a token would go along.
func newClient() *http.Client {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.MaxIdleConnsPerHost = 32
	return &http.Client{Timeout: callTime, Transport: base, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// Name is "teams".
func (a *Adapter) Name() string { return Name }

// Can tells what Teams can do: there are no private answers in rooms, and files stay where they are.
func (a *Adapter) Can() bot.Capabilities {
	return bot.Capabilities{MaxText: maxText, Threads: true, Edits: true, Forms: true, Reacts: !a.config.InsecureDev}
}

// maxText is how many characters one message can hold; longer ones are split. Teams takes 28 KB for a message with everything
// around it (learn.microsoft.com/microsoftteams/limits-specifications-teams).
const maxText = 12_000

// Run loads what was kept, then lets activities and deliveries in until ctx ends and the last of them has left. Trouble with
// Microsoft never ends it: Ready says what is wrong, and it tries again.
func (a *Adapter) Run(ctx context.Context, core bot.Core) error {
	if !a.load(ctx, core) {
		return nil
	}
	held := a.hold()
	a.doubts.begin(a.now())
	if !a.shift.Begin(core) {
		for _, r := range held {
			r.release()
		}
		return errors.New("the teams adapter runs once only")
	}
	defer a.api.client.CloseIdleConnections()
	var running sync.WaitGroup
	if a.tokens != nil {
		running.Go(func() { a.watch(ctx) })
		running.Go(func() { a.runCatchUp(ctx, core, held) })
	}
	<-ctx.Done()
	a.shift.End()
	running.Wait()
	return nil
}

// load reads what was kept, as often as it takes; false when ctx ended before.
func (a *Adapter) load(ctx context.Context, core bot.Core) bool {
	const shortest, longest = 50 * time.Millisecond, 5 * time.Second
	for pause := shortest; ; pause = min(2*pause, longest) {
		kept, err := core.Kept(ctx, "")
		if err == nil {
			var stale []bot.Kept
			for _, k := range kept {
				a.refs.load(k)
				a.groups.load(k)
				if !a.presses.load(k, a.now()) || !a.marks.load(k, a.config.Rooms) || !a.offeredBefore(k) || !a.buriedBefore(k) {
					stale = append(stale, bot.Kept{Key: k.Key})
				}
			}
			if err = core.Keep(ctx, stale...); err == nil {
				return true
			}
		}
		if ctx.Err() != nil {
			return false
		}
		a.log.WarnContext(ctx, "cannot read what the teams adapter kept, will retry", "error", err)
		if !duty.Sleep(ctx, pause) {
			return false
		}
	}
}

// watch tries the credentials and fetches the keys, so that trouble is known before somebody writes, and its end, too.
func (a *Adapter) watch(ctx context.Context) {
	const shortest, longest = 5 * time.Second, time.Minute
	for pause := shortest; ctx.Err() == nil; pause = min(2*pause, longest) {
		_, err := a.tokens.get(ctx)
		a.door.keys.ensure(ctx)
		if trouble := a.door.trouble(); err == nil && trouble == "" {
			pause = longest
		} else if ctx.Err() == nil {
			a.log.WarnContext(ctx, "microsoft's login is in trouble, will retry", "error", err, "keys", trouble)
		}
		if !duty.Sleep(ctx, pause) {
			return
		}
	}
}

// Ready tells whether the adapter runs, Microsoft gives it tokens and takes them, and the bot is in its rooms.
func (a *Adapter) Ready() error {
	if !a.shift.Open() {
		return errNotRunning
	}
	var faults []string
	if a.tokens != nil {
		if trouble := a.tokens.trouble(); trouble != "" {
			faults = append(faults, trouble)
		}
	}
	if trouble := a.door.trouble(); trouble != "" {
		faults = append(faults, trouble)
	}
	faults = append(faults, a.health.troubles()...)
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "; "))
	}
	return nil
}

var errNotRunning = errors.New("the teams adapter is not running")

// ignored counts something that was passed over.
func (a *Adapter) ignored(code string) {
	a.config.Observe(bot.Observation{What: "ignored", Kind: Name, Code: code})
}

// health is what an operator should know of the rooms.
type health struct {
	mu      sync.Mutex
	rooms   []string
	refused map[string]string // the connector's code by room
}

func (h *health) begin(rooms []string) { h.rooms, h.refused = rooms, map[string]string{} }

// room notes how a call about a room went; empty when it went well.
func (h *health) room(id, code string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if code == "" {
		delete(h.refused, id)
	} else {
		h.refused[id] = code
	}
}

// at is the connector's code for why nothing can be said in a room; empty for nothing known.
func (h *health) at(room string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refused[room]
}

func (h *health) troubles() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for _, r := range h.rooms {
		if code := h.refused[r]; code != "" {
			all = append(all, fmt.Sprintf("room %s: %s", r, explain(code)))
		}
	}
	return all
}
