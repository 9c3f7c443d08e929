// Package slacktest is a Slack for tests: a workspace in memory with its Web API, its Events API over HTTP and over
// Socket Mode, its people and what they see.
//
// It is written from Slack's documentation, not from what a client sends, and it is strict. What Slack refuses is
// refused with Slack's code; what Slack would put up with or drop silently, and what it refuses although a careful
// program never asks for it, is a [Breach] as well. A test that uses the fake ends with a look at [Server.Breaches].
//
// The names of the files are its subjects: api.go takes calls, api_*.go answers them, blocks.go knows Block Kit,
// events.go, socket.go and request.go deliver, people.go acts, seen.go and mrkdwn.go look, faults.go breaks things, and
// control.go does all of it from another process. All state lives as long as the Server; adapters may come and go.
//
// Where the documentation is silent the fake chooses the harder case for the program; the comment there says so.
package slacktest

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

// Config is a workspace with one app installed. The zero value is a whole one.
type Config struct {
	// BotToken, AppToken and SigningSecret are what the app is configured with; empty ones are made up and can be read
	// from [Server.Config].
	BotToken, AppToken, SigningSecret string
	// Scopes are the scopes of the bot token and Events the bot events that the app subscribed to; nil for
	// [DefaultScopes] and [DefaultEvents].
	Scopes, Events []string
	// Commands are the slash commands with their slash; nil for "/standleitung".
	Commands []string
	// RequestURL takes events, commands and interactions; empty for Socket Mode.
	RequestURL string
	// Times are Slack's waiting times where they are zero.
	Times Times
	// NoRetries makes every delivery the only one, until [Server.Again].
	NoRetries bool
	// RateLimits enforces the documented limits: one message a second in a channel, with bursts, and the tiers.
	RateLimits bool
	// MentionFirst delivers app_mention before the message event of the same message; Slack promises no order.
	MentionFirst bool
	// PlainCommands is a manifest without should_escape: names of people and channels stay names in commands.
	PlainCommands bool
}

// Times are how long Slack waits. A zero means what Slack documents.
type Times struct {
	Ack         time.Duration   // for an acknowledgement; 3 s
	Retries     []time.Duration // before each further delivery of an event; 0, 1 min, 5 min
	Trigger     time.Duration   // how long a trigger_id can be exchanged; 3 s
	ResponseURL time.Duration   // how long a response_url works; 30 min
	Ping        time.Duration   // between two pings on a socket; 5 s
	Linger      time.Duration   // from a disconnect message to the end of the socket; 10 s
}

func (t Times) orSlacks() Times {
	set := func(d *time.Duration, slacks time.Duration) {
		if *d == 0 {
			*d = slacks
		}
	}
	set(&t.Ack, 3*time.Second)
	set(&t.Trigger, 3*time.Second)
	set(&t.ResponseURL, 30*time.Minute)
	set(&t.Ping, 5*time.Second)
	set(&t.Linger, 10*time.Second)
	if t.Retries == nil {
		t.Retries = []time.Duration{0, time.Minute, 5 * time.Minute}
	}
	return t
}

// DefaultScopes are the bot scopes that a relay asks for.
func DefaultScopes() []string {
	return []string{
		"app_mentions:read", "channels:history", "channels:read", "chat:write", "chat:write.customize", "commands", "files:read",
		"files:write", "groups:history", "groups:read", "im:history", "im:read", "im:write", "mpim:history", "mpim:read",
		"reactions:read", "reactions:write", "team:read", "users:read", "users:read.email",
	}
}

// DefaultEvents are the bot events that a relay subscribes to.
func DefaultEvents() []string {
	return []string{
		"app_home_opened", "app_mention", "app_uninstalled", "channel_archive", "channel_rename", "channel_unarchive", "group_archive",
		"group_rename", "member_joined_channel", "member_left_channel", "message.channels", "message.groups", "message.im",
		"message.mpim", "reaction_added", "reaction_removed", "tokens_revoked", "user_change",
	}
}

// The app as the workspace knows it.
const (
	TeamID    = "T0TEAM0001" // the workspace
	OtherTeam = "T0OTHER001" // a workspace that shares channels with it
	AppID     = "A0APP00001"
	BotID     = "B0BOT00001"
	BotUser   = "U0BOT00001" // the app's bot user
	BotName   = "standleitung"
)

// Breach is something that a careful client does not do.
type Breach struct {
	Where string // the method, or the part of the fake
	What  string
}

func (b Breach) String() string { return b.Where + ": " + b.What }

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
	serial   int
	lastTS   int64
	breaches []Breach
	calls    map[string]int
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
	fill := func(s *string, prefix string) {
		if *s == "" {
			*s = prefix + random()
		}
	}
	fill(&c.BotToken, "xoxb-")
	fill(&c.AppToken, "xapp-")
	fill(&c.SigningSecret, "")
	if c.Scopes == nil {
		c.Scopes = DefaultScopes()
	}
	if c.Events == nil {
		c.Events = DefaultEvents()
	}
	if c.Commands == nil {
		c.Commands = []string{"/standleitung"}
	}
	c.Times = c.Times.orSlacks()
	s := &Server{
		URL: "http://" + l.Addr().String(), config: c, alarms: map[*alarm]bool{}, calls: map[string]int{},
		client: newClient(), world: newWorld(), transport: newTransport(),
	}
	s.faults = newFaults()
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second}
	s.owned.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.breach("fake", fmt.Sprintf("the listener broke: %v", err))
		}
	})
	return s
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serveAPI)
	mux.HandleFunc("/link/", s.serveSocket)
	mux.HandleFunc("POST /upload/{ticket}", s.serveUpload)
	mux.HandleFunc("GET /files-pri/{id}/{name}", s.serveFile)
	mux.HandleFunc("POST /actions/{ticket}", s.serveResponseURL)
	mux.HandleFunc("POST /control/{act}", s.serveControl)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.breach("http", "nothing is at "+r.Method+" "+r.URL.Path)
		http.NotFound(w, r)
	})
	return mux
}

// APIURL is the base of the Web API, with the slash at the end that clients want.
func (s *Server) APIURL() string { return s.URL + "/api/" }

// Config is the configuration with everything filled in.
func (s *Server) Config() Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config
}

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
		s.closeSockets()
	}
	s.owned.Wait()
	s.client.CloseIdleConnections()
}

// Breaches are what clients did that careful ones do not, in order.
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

// Calls is how often a method was called, whatever the answer was.
func (s *Server) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
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

// id makes a new id with a prefix; the lock is held.
func (s *Server) id(prefix string) string {
	s.serial++
	return fmt.Sprintf("%s%010d", prefix, s.serial)
}

// random is a secret of 24 characters.
func random() string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// now is Slack's time; the lock is held.
func (s *Server) now() time.Time { return time.Now().Add(s.skew) }

// stamp makes the ts of something new: no two are alike, later ones are greater. The lock is held.
func (s *Server) stamp() string {
	s.lastTS = max(s.lastTS+1, s.now().UnixMicro())
	return fmt.Sprintf("%d.%06d", s.lastTS/1e6, s.lastTS%1e6)
}

// alarm is something that happens later in Slack's time.
type alarm struct {
	due   time.Time
	timer *time.Timer
}

// later calls f when d has gone by, unless the fake is closed before. The lock is held now and not in f.
func (s *Server) later(d time.Duration, f func()) *alarm {
	a := &alarm{due: s.now().Add(d)}
	if s.closed {
		return a
	}
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
	return a
}

// stop takes an alarm back; the lock is held.
func (s *Server) stop(a *alarm) {
	if s.alarms[a] && a.timer.Stop() {
		delete(s.alarms, a)
		s.owned.Done()
	}
}

// Advance lets time go by in Slack: triggers and response URLs expire, deliveries that are due again go out.
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
