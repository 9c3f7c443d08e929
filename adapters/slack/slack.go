// Package slack joins a Slack workspace to the core: Events API, slash commands and interactivity come in over Socket Mode
// or HTTP; posts, edits, private answers, dialogs and files go out over the Web API.
//
// # The path of what comes in
//
// Both ways in (socket.go, http.go) hand the same JSON to receive.go, which makes an act of it: the lane it belongs to and
// what to do. The acts of a channel run one after the other in the order of receipt. Slack is answered after the core has
// persisted, never before: what was not acknowledged Slack delivers again (at once, after 1 and after 5 minutes), and what
// it gave up on is read from the history (catchup.go, gone.go). Every act has a turn, so nothing of this has a second effect. What
// Slack sends is decoded here and not by the library, whose readers refuse a whole event for one block that they do not know.
//
// # What is kept
//
// The adapter sees no store. How far each room was read ("mark/…") travels with the message that was read, and lands in
// the same unit of work; so do the addresses at which Slack takes an answer for half an hour ("answer/…").
//
// # What goes out
//
// Everything that people or the bot say is shown in rich_text blocks (render.go): their texts are no markup, so nothing can
// become active and no limit cuts an entity in two. Each post bears metadata with the name of its delivery, by which one of
// unknown fate is found again.
package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"standleitung/adapters/duty"
	"standleitung/bot"
	"standleitung/bot/say"
)

var (
	_ bot.Adapter    = (*Adapter)(nil)
	_ bot.FileSource = (*Adapter)(nil)
	_ bot.Watcher    = (*Adapter)(nil)
)

// DefaultAPI is Slack's Web API.
const DefaultAPI = "https://slack.com/api/"

// Config is what the adapter needs to know.
type Config struct {
	// BotToken begins with xoxb-. Required.
	BotToken string
	// AppToken begins with xapp- and switches Socket Mode on. Without it SigningSecret is required, and Slack calls Routes.
	AppToken      string
	SigningSecret string
	// APIURL is where the Web API is; empty: [DefaultAPI].
	APIURL string
	// Rooms are the ids of the channels that are read back after an outage, and that the bot should be in.
	Rooms []string
	// Following are the ids of the channels whose members the core wants to know.
	Following []string
	// People are the company's people, by their id or, where that is not known, by their e-mail: Slack is asked who they are
	// once a day, so that they can be told something before they said anything.
	People []bot.Identity
	// Slashes are the words that a slash command stands for: "/thema" → "thema". "/standleitung" needs no entry.
	Slashes map[string]string
	// Home is what the App Home shows somebody, and how they are spoken to; nil for none. It may block for as long as a look
	// into the store takes.
	Home func(ctx context.Context, who bot.Identity) (bot.Card, say.Voice, error)
	// Sockets is how many connections are held in Socket Mode, so that one is left while another is renewed; 0 means 2.
	// Slack allows ten.
	Sockets int
	// Observe, when not nil, is told of everything that was passed over, by code: no texts, no names. It must not block.
	Observe func(bot.Observation)
	// Log takes what operators should know; nil discards it.
	Log *slog.Logger
	// Now is the clock. Required.
	Now func() time.Time
}

// Adapter is a Slack workspace.
type Adapter struct {
	config  Config
	log     *slog.Logger
	now     func() time.Time
	api     *slack.Client
	files   *slack.Client // for uploads, which may take longer than a call
	web     *webAPI
	rooms   map[string]bool
	shift   duty.Shift
	lanes   duty.Lanes
	people  people
	directs directs
	answers answers
	limits  limits
	marks   marks
	twins   duty.Recent // mentions that were handled, by their event
	threads duty.Recent // threads that have answers: private ones can be seen there
	// complete are threads that showed all that the core knows of them, by how they were then.
	complete duty.Recent
	health   health
	homes    homes
	// woken asks for a look into the histories.
	woken chan struct{}

	self self // known from Run on
}

// self is what Slack says of the bot; set before anything comes in.
type self struct {
	team, enterprise, user, bot, app string
}

// New checks the configuration and makes the adapter. It calls nobody.
func New(c Config) (*Adapter, error) {
	var faults []error
	fault := func(text string) { faults = append(faults, errors.New(text)) }
	if c.Now == nil {
		fault("a clock is missing")
	}
	if c.BotToken == "" {
		fault("the bot token is missing")
	}
	if c.AppToken == "" && c.SigningSecret == "" {
		fault("an app token (Socket Mode) or a signing secret (HTTP) is missing")
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("slack: %w", err)
	}
	c.APIURL = strings.TrimSuffix(cmp.Or(c.APIURL, DefaultAPI), "/") + "/"
	c.Sockets = cmp.Or(c.Sockets, 2)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Observe == nil {
		c.Observe = func(bot.Observation) {}
	}
	client := newClient()
	a := &Adapter{
		config: c, log: c.Log, now: c.Now, rooms: map[string]bool{}, woken: make(chan struct{}, 1),
		api:   slack.New(c.BotToken, slack.OptionAppLevelToken(c.AppToken), slack.OptionAPIURL(c.APIURL), slack.OptionHTTPClient(client)),
		files: slack.New(c.BotToken, slack.OptionAPIURL(c.APIURL), slack.OptionHTTPClient(&http.Client{Transport: client.Transport})),
		web:   &webAPI{client, c.APIURL, c.BotToken},
	}
	for _, r := range c.Rooms {
		a.rooms[r] = true
	}
	a.health.begin(c)
	return a, nil
}

// callTime bounds one call of the Web API.
const callTime = 30 * time.Second

// mostCalls is how many connections are kept for later calls: as many as the core has deliveries under way at a time.
const mostCalls = 256

// newClient makes the client for all calls. Slack may say ratelimited with status 200 and with 429: both come out as 429, so
// that nobody needs to know.
func newClient() *http.Client {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.MaxIdleConns, base.MaxIdleConnsPerHost = mostCalls, mostCalls
	return &http.Client{Timeout: callTime, Transport: limited{base}}
}

// limited makes every answer that asks for patience a 429.
type limited struct{ *http.Transport }

// RoundTrip implements [http.RoundTripper].
func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.Transport.RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusOK && resp.Header.Get("Retry-After") != "" {
		resp.StatusCode, resp.Status = http.StatusTooManyRequests, "429 Too Many Requests"
	}
	return resp, err
}

// Name is "slack".
func (a *Adapter) Name() string { return Name }

// Can tells what Slack can do.
func (a *Adapter) Can() bot.Capabilities {
	return bot.Capabilities{MaxText: maxText, MaxFile: maxFile, Private: true, Threads: true, Edits: true, Forms: true, Reacts: true}
}

const (
	// maxText is how many characters people can write in one message of the line; longer cards are split.
	maxText = 12_000
	// maxFile is the largest file that is sent along, in bytes. Slack takes 1 GB.
	maxFile = 100 << 20
)

// Run learns who the bot is, then receives until ctx ends and everything under way has left. Trouble with Slack never ends
// it: Ready says what is wrong, and it tries again.
func (a *Adapter) Run(ctx context.Context, core bot.Core) error {
	if !a.meet(ctx) || !a.load(ctx, core) {
		return nil
	}
	if !a.shift.Begin(core) {
		return errors.New("the slack adapter runs once only")
	}
	defer a.web.client.CloseIdleConnections()
	var running sync.WaitGroup
	running.Go(func() { a.runCatchUp(ctx) })
	running.Go(func() { a.runAcquaint(ctx) })
	running.Go(func() { a.runMembers(ctx) })
	if a.config.AppToken == "" {
		a.wake() // with Socket Mode the first connection does it
	}
	sockets, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	if a.config.AppToken != "" {
		for range a.config.Sockets {
			running.Go(func() { a.runSocket(ctx, sockets) })
		}
	}
	<-ctx.Done()
	a.shift.End() // an acknowledgement is written before its act leaves
	cut()
	running.Wait()
	return nil
}

// meet asks Slack who the bot is, as often as it takes; false when ctx ended before.
func (a *Adapter) meet(ctx context.Context) bool {
	return a.insist(ctx, func() error {
		who, err := a.api.AuthTestContext(ctx)
		if a.health.api(err); err != nil {
			return err
		}
		a.self = self{team: who.TeamID, enterprise: who.EnterpriseID, user: who.UserID, bot: who.BotID}
		// The app's own id keeps other apps' events out; in HTTP mode the signature does, so nothing fails without it.
		if info, err := a.api.GetBotInfoContext(ctx, slack.GetBotInfoParameters{Bot: who.BotID}); err == nil {
			a.self.app = info.AppID
		}
		return nil
	})
}

// load reads what was kept; false when ctx ended before.
func (a *Adapter) load(ctx context.Context, core bot.Core) bool {
	return a.insist(ctx, func() error {
		kept, err := core.Kept(ctx, "")
		if err != nil {
			return err
		}
		for _, k := range kept {
			a.marks.load(k)
			a.answers.load(k)
		}
		return nil
	})
}

// insist tries something until it succeeds, with growing pauses; false when ctx ended before.
func (a *Adapter) insist(ctx context.Context, try func() error) bool {
	const shortest, longest = time.Second, time.Minute
	for pause := shortest; ; pause = min(2*pause, longest) {
		err := try()
		if err == nil || ctx.Err() != nil {
			return err == nil
		}
		a.log.WarnContext(ctx, "slack is not reachable, will retry", "error", err)
		if !duty.Sleep(ctx, max(pause, patienceOf(err))) {
			return false
		}
	}
}

// wake asks for a look into the histories.
func (a *Adapter) wake() {
	select {
	case a.woken <- struct{}{}:
	default:
	}
}

// Ready tells whether the adapter runs, Slack takes the token, something can come in, and the bot is in its rooms.
func (a *Adapter) Ready() error {
	if trouble := a.health.trouble(); trouble != "" {
		return errors.New(trouble)
	}
	if !a.shift.Open() {
		return errNotRunning
	}
	return nil
}

// Trouble implements [bot.Watcher].
func (a *Adapter) Trouble(p bot.Place) string { return a.health.at(p.ID) }

var errNotRunning = errors.New("the slack adapter is not running yet")

// ignored counts something that was passed over.
func (a *Adapter) ignored(code string) {
	a.config.Observe(bot.Observation{What: "ignored", Kind: Name, Code: code})
}
