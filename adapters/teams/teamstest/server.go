// Package teamstest is a Microsoft Teams for tests: a tenant in memory with the sign-in endpoints, the Bot Connector's
// REST interface, Microsoft Graph as far as it shows histories, its people and what they see.
//
// It is written from Microsoft's documentation, not from what a bot sends, and it is strict. What Teams refuses is refused
// with the documented status and code; what Teams would put up with or drop silently, and what it refuses although a
// careful bot never asks for it, is a [Breach] as well. A test that uses the fake ends with a look at [Server.Breaches].
//
// A test makes a tenant with [New], [Server.AddUser] and [Server.AddConversation], gives the bot [Server.Config] with
// [Server.MetadataURL] and [Server.TokenURL], tells the fake where the bot listens ([Server.SetEndpoint]), moves people
// about and looks at what they see:
//
//	act := fake.Say(teamstest.Speech{By: ines, At: room, Text: "hello"}) // returns when the bot has acknowledged
//	seen := fake.AwaitShown(room, jan, 2, time.Second)
//
// The names of the files are its subjects: signin.go gives tokens and keys; api.go takes calls, api_*.go answer them, limits.go
// and faults.go hinder them; graph.go shows histories; activity.go, cards.go and elements.go say what may be posted; deliver.go brings activities to the
// bot, shapes.go says what they look like; people.go, press.go, dialogs.go, install.go act; answers.go reads what the bot
// answers at once; seen.go, read.go and format.go look; control.go does it all from another process. State lives as long as
// the Server; bots may come and go, killed or not.
//
// Where the documentation is silent the fake chooses, mostly the harder case for the bot:
//
//   - The text of an activity loses what looks like a tag; the text/html attachment has it all.
//   - What was not acknowledged goes out again after [Times.Retries]; what came from a card comes back under a new id.
//   - A single line break in Markdown is a space. An <at> without an entity disappears and leaves its name.
//   - Without a summary the lock screen shows the beginning of the text, or of the card.
//   - A reply can be changed through its thread only; the reply address of a channel without a thread makes a new post.
//   - A card that answers an action is seen by whoever pressed, until the bot updates the message for all.
//   - A history names the writer of what was deleted, but not what it said; it always has a system message that is new.
//   - A history shows what the bot posted in another HTML than it was sent in; it is late when [Config.GraphLag] says so.
//   - The bot reacts with the emoji that Microsoft names for bots, and with no other; a reaction that is not there cannot be taken away.
//   - Reactions to what people wrote are not told; so is nothing about files outside the direct conversation.
package teamstest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Config is a tenant with one app in it. The zero value is a whole one.
type Config struct {
	// AppID, Secret and Tenant are what the bot is configured with; empty ones are made up and can be read from
	// [Server.Config].
	AppID, Secret, Tenant string
	// Endpoint takes the activities; it may be set later with [Server.SetEndpoint].
	Endpoint string
	// Commands are the actions of the app in the menu of a message; nil for [DefaultCommands].
	Commands []Command
	// Times are Microsoft's waiting times where they are zero.
	Times Times
	// NoRetries makes every delivery the only one, until [Server.Again].
	NoRetries bool
	// RateLimits enforces the documented limits per conversation and for the whole app.
	RateLimits bool
	// MentionsOnly is an app without resource-specific consent: in channels and group chats it hears only what mentions it.
	MentionsOnly bool
	// OldMarkup gives mentions and paragraphs in HTML as Teams did it before 2023.
	OldMarkup bool
	// NoBotReactions is a tenant without the preview in which bots react to messages.
	NoBotReactions bool
	// MaxMessage is the most bytes of an activity; 0 for 28 KiB, the limit of the older documentation. The newer one
	// promises 80 KB.
	MaxMessage int
	// MaxPage is the most members, or messages of a history, on a page; 0 for 500.
	MaxPage int
	// MaxReplies is the most answers that a thread of a history comes with; 0 for Microsoft's 1,000.
	MaxReplies int
	// GraphLag is how long it takes until Microsoft Graph shows a message, which it does at once nowhere in its documentation.
	GraphLag time.Duration
}

// Command is an action of the app in the menu of a message.
type Command struct {
	ID string
	// Fetch is set when the app answers with a dialog (fetchTask in the manifest).
	Fetch bool
}

// Times are how long Teams waits. A zero means what Microsoft documents, or the fake's own where nothing is documented.
type Times struct {
	Ack      time.Duration   // for an acknowledgement; 15 s
	Invoke   time.Duration   // for the answer to an invoke; 10 s
	Retries  []time.Duration // before each further delivery; 2 s, 10 s, 30 s
	Token    time.Duration   // how long a token of the bot works; 1 h
	Download time.Duration   // how long a download address works; 10 min
}

func (t Times) orMicrosofts() Times {
	set := func(d *time.Duration, usual time.Duration) {
		if *d == 0 {
			*d = usual
		}
	}
	set(&t.Ack, 15*time.Second)
	set(&t.Invoke, 10*time.Second)
	set(&t.Token, time.Hour)
	set(&t.Download, 10*time.Minute)
	if t.Retries == nil {
		t.Retries = []time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second}
	}
	return t
}

// DefaultCommands are one with a dialog and one without.
func DefaultCommands() []Command { return []Command{{ID: "ask", Fetch: true}, {ID: "keep"}} }

// BotName is the name of the app as people see it.
const BotName = "Standleitung"

// Breach is something that a careful bot does not do.
type Breach struct {
	Where string // the call, or the part of the fake
	What  string
}

func (b Breach) String() string { return b.Where + ": " + b.What }

// object is a JSON object.
type object = map[string]any

// Server is a running fake. All methods may be called concurrently.
type Server struct {
	// URL is the root of everything it serves, without a slash at the end.
	URL string

	config Config
	http   *http.Server
	client *http.Client
	ctx    context.Context // ends with Close; deliveries hang on it
	cancel context.CancelFunc
	owned  sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	skew     time.Duration
	alarms   map[*alarm]bool
	lastID   int64
	breaches []Breach
	calls    map[string]int
	signin
	world
	transport
	faults
}

// New starts a fake on a port of the loopback interface.
func New(c Config) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return Serve(l, c), nil
}

// Serve starts a fake on a listener, which it closes in the end.
func Serve(l net.Listener, c Config) *Server {
	fill := func(s *string, value string) {
		if *s == "" {
			*s = value
		}
	}
	fill(&c.AppID, guid())
	fill(&c.Secret, random())
	fill(&c.Tenant, guid())
	if c.Commands == nil {
		c.Commands = DefaultCommands()
	}
	if c.MaxMessage == 0 {
		c.MaxMessage = 28 << 10
	}
	if c.MaxPage == 0 {
		c.MaxPage = 500
	}
	if c.MaxReplies == 0 {
		c.MaxReplies = 1000
	}
	c.Times = c.Times.orMicrosofts()
	s := &Server{
		URL: "http://" + l.Addr().String(), config: c, alarms: map[*alarm]bool{}, calls: map[string]int{},
		client: newClient(), signin: newSignin(), world: newWorld(c.Tenant), faults: newFaults(),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 10 * time.Second}
	s.owned.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.breach("fake", fmt.Sprintf("the listener broke: %v", err))
		}
	})
	return s
}

// Config is the configuration with everything filled in.
func (s *Server) Config() Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config
}

// SetEndpoint says where the bot listens.
func (s *Server) SetEndpoint(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.Endpoint = address
}

// BotID is the bot's id in conversations.
func (s *Server) BotID() string { return "28:" + s.config.AppID }

// Close ends everything and waits for it. It may be called again.
func (s *Server) Close() {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	for a := range s.alarms {
		s.stop(a)
	}
	s.mu.Unlock()
	if first {
		s.cancel()
		_ = s.http.Close()
	}
	s.owned.Wait()
	s.client.CloseIdleConnections()
}

// Breaches are what bots did that careful ones do not, in order.
func (s *Server) Breaches() []Breach {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Breach(nil), s.breaches...)
}

// Forgive forgets the breaches so far and returns them, for a test that provokes some.
func (s *Server) Forgive() []Breach {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.breaches
	s.breaches = nil
	return was
}

// Calls is how often something was called, whatever the answer was: metadata, keys, token, post, typing, reply, update, delete, react, unreact,
// create, members, pagedmembers, member, team, channels, download; of Microsoft Graph: history, replies.
func (s *Server) Calls(call string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[call]
}

func (s *Server) breach(where, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record(where, what)
}

// record is breach for those who hold the lock.
func (s *Server) record(where, what string) {
	s.breaches = append(s.breaches, Breach{where, what})
}

// random is a secret of 24 characters.
func random() string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// guid is a random one.
func guid() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// now is Microsoft's time; the lock is held.
func (s *Server) now() time.Time { return time.Now().Add(s.skew) }

// messageID makes the id of something new, milliseconds since 1970: no two are alike, later ones are greater. The lock is
// held.
func (s *Server) messageID() string {
	s.lastID = max(s.lastID+1, s.now().UnixMilli())
	return fmt.Sprint(s.lastID)
}

// alarm is something that happens later in Microsoft's time.
type alarm struct {
	due   time.Time
	timer *time.Timer
}

// later calls f when d has gone by, unless the fake is closed before. The lock is held now and not in f.
func (s *Server) later(d time.Duration, f func()) {
	if s.closed {
		return
	}
	a := &alarm{due: s.now().Add(d)}
	s.owned.Add(1)
	s.alarms[a] = true
	a.timer = time.AfterFunc(d, func() {
		defer s.owned.Done()
		s.mu.Lock()
		delete(s.alarms, a)
		closed := s.closed
		s.mu.Unlock()
		if !closed {
			f()
		}
	})
}

// stop takes an alarm back; the lock is held.
func (s *Server) stop(a *alarm) {
	if s.alarms[a] && a.timer.Stop() {
		delete(s.alarms, a)
		s.owned.Done()
	}
}

// Advance lets time go by at Microsoft: tokens and download addresses expire, limits refill, deliveries that are due go out.
// Tokens that the bot is shown are of the real time all the same, as the bot's clock stays where it is.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew += d
	for a := range s.alarms {
		if a.timer.Stop() {
			a.timer.Reset(max(0, a.due.Sub(s.now())))
		}
	}
}
