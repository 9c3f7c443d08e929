//go:build soak

package main_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"standleitung/adapters/slack/slacktest"
	"standleitung/adapters/teams/teamstest"
)

const (
	soakKills   = 20              // at least so often the program is killed without a warning
	soakOnSlack = 4               // rooms there
	soakMost    = 9 * time.Minute // on a machine that does other things; a quiet one takes a fraction of it

	// soakPatience is how long a clean end may take: calls under way have five seconds.
	soakPatience = 15 * time.Second

	// soakLag is how far the clocks of Slack and Teams are behind. Being away for minutes is compressed that way: what the core
	// calls late, two minutes after it was written, is late here when it has waited for a quarter of a minute, and such a backlog
	// becomes the digest that one of two minutes is. Back-off, outages and catch-up take their real time.
	soakLag = 106 * time.Second
)

// soakRetries are the further deliveries of an event or an activity. Slack waits 0, 1 and 5 minutes, Microsoft documents nothing; here
// a program that is away for three seconds has been away for longer than they last.
var soakRetries = []time.Duration{0, 500 * time.Millisecond, 2500 * time.Millisecond}

// TestSoak is the proof of the line over three platforms at once: the built program sits in a fake Slack (over sockets, then over HTTP), a
// fake Teams and its own chat, with two mirrored lines that share two rooms, one that carries only what is sent by command, and rooms in no
// line. People write, answer, edit and delete in all of them, while both platforms refuse, fail, hang, break connections, deliver
// twice, late and out of order, and are away for a while, and the program is killed again and again. In the end every room shows
// what people wrote in the rooms that it hears, once, in order, as it was edited last, in its thread; and nothing else.
func TestSoak(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv("SOAK_SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("seed %d (the same plan again: SOAK_SEED; when things meet is up to the machine)", seed)
	for _, way := range []string{"sockets", "http"} {
		t.Run(way, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), soakMost)
			defer cancel()
			s := newSoak(ctx, t, seed, way == "http")
			began := time.Now()
			s.run()
			t.Logf("played in %v", time.Since(began).Round(time.Second))
			s.check()
			s.report(time.Since(began))
		})
	}
}

// soak is one run.
type soak struct {
	t       *testing.T
	ctx     context.Context
	random  *rand.Rand // of the run itself; each room has one of its own
	seed    uint64
	http    bool // Slack talks to the program over HTTP, else over sockets
	program *program
	slack   *slacktest.Server
	teams   *teamstest.Server
	rooms   []*soakRoom
	page    *webPage
	pr      *webPage

	lives int      // how often the program was started
	log   []string // what each life wrote to its log

	mu       sync.Mutex
	released map[string]bool // texts that PR let go
	refused  map[string]bool // commands of which it was not taken that their writer belongs to the company
	counts   map[string]int
	// teamsAway is since when Teams was away, for as long as [away].
	teamsAway time.Time
	faults    map[string][]string
}

// soakRoom is a room and who writes there.
type soakRoom struct {
	name, platform string
	id             string // the platform's
	writers        []string
	observer       string // somebody who only reads
	messages       []*soakMessage
}

const soakConfig = `
language: en
listen: %%s
store: {url: "bbolt:store.db"}
web: {chat: true}
slack: {bot_token: %s, %s, api_url: "%s"}
teams: {app_id: %s, app_password: %s, tenant_id: %s, login_url: "%s", openid_url: "%s", service_url: "%s", graph_url: "%s", graph_lag: 1s, service_hosts: [127.0.0.1]}
rooms:
%s
lines:
  nord:   {rooms: [alpha, beta, hub, gamma]}
  sued:   {rooms: [hub, gamma, delta, eps], guard: false}
  relay:  {rooms: [fwdslack, fwdteams, fwdweb], mode: forward, guard: false}
people:
  ines: {name: Ines Falk, roles: [pr], language: de}
  wanda: {name: Wanda Weber}
  willi: {name: Willi Wolf}
  wera: {name: Wera Watch}
`

// soakLines say who hears whom without a command.
var soakLines = [][]string{{"alpha", "beta", "hub", "gamma"}, {"hub", "gamma", "delta", "eps"}}

// newSoak makes the platforms and the program, and the plan.
func newSoak(ctx context.Context, t *testing.T, seed uint64, http bool) *soak {
	t.Helper()
	s := &soak{
		t: t, ctx: ctx, seed: seed, http: http, random: rand.New(rand.NewPCG(seed, 0)), released: map[string]bool{}, refused: map[string]bool{}, counts: map[string]int{}, faults: map[string][]string{},
		program: newProgram(ctx, t, "listen: %s\n"),
	}
	config := slacktest.Config{Times: slacktest.Times{Ack: 2 * time.Second, Retries: soakRetries}}
	if http {
		config.RequestURL = "http://" + s.program.address + "/slack/events"
	}
	var err error
	if s.slack, err = slacktest.New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.slack.Close)
	if s.teams, err = teamstest.New(teamstest.Config{
		Endpoint: "http://" + s.program.address + "/api/messages", Times: teamstest.Times{Ack: 3 * time.Second, Retries: soakRetries},
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.teams.Close)
	s.slack.Advance(-soakLag)
	s.teams.Advance(-soakLag)
	s.addRooms()
	rooms := ""
	for _, r := range s.rooms {
		rooms += fmt.Sprintf("  %s: {party: %s, %s: %q}\n", r.name, r.name, r.platform, r.id)
	}
	sc, tc := s.slack.Config(), s.teams.Config()
	way := "app_token: " + sc.AppToken
	if http {
		way = "signing_secret: " + sc.SigningSecret
	}
	s.program.configure(t, fmt.Sprintf(soakConfig, sc.BotToken, way, s.slack.APIURL(), tc.AppID, tc.Secret, tc.Tenant, s.teams.URL,
		s.teams.MetadataURL(), s.teams.ServiceURL(), s.teams.GraphURL(), rooms))
	s.plan()
	return s
}

// addRooms makes the rooms and the people in them.
func (s *soak) addRooms() {
	platforms := []struct{ name, platform string }{
		{"alpha", "slack"},
		{"beta", "teams"},
		{"gamma", "web"},
		{"hub", "slack"},
		{"delta", "teams"},
		{"eps", "web"},
		{"fwdslack", "slack"},
		{"fwdteams", "teams"},
		{"fwdweb", "web"},
		{"loneslack", "slack"},
		{"loneteams", "teams"},
		{"loneweb", "web"},
	}
	var onSlack, onTeams []string
	for _, name := range []string{"Sina Berg", "Sven Kurz", "Sami Spitz"} {
		onSlack = append(onSlack, s.slack.AddUser(slacktest.User{Name: name[:4], RealName: name}).ID)
		onTeams = append(onTeams, s.teams.AddUser(teamstest.User{Name: "T" + name[1:]}).ID)
	}
	for _, p := range platforms {
		r := &soakRoom{name: p.name, platform: p.platform}
		switch p.platform {
		case "slack":
			r.id = s.slack.AddChannel(slacktest.Channel{Name: p.name, Members: append([]string{slacktest.BotUser}, onSlack...)}).ID
			r.writers, r.observer = onSlack[:2], onSlack[2]
		case "teams":
			r.id = s.teams.AddConversation(teamstest.Conversation{Name: p.name, Members: onTeams}).ID
			r.writers, r.observer = onTeams[:2], onTeams[2]
		default:
			r.id, r.writers, r.observer = p.name, []string{"wanda", "willi"}, "wera"
		}
		s.rooms = append(s.rooms, r)
	}
}

func (s *soak) room(name string) *soakRoom {
	for _, r := range s.rooms {
		if r.name == name {
			return r
		}
	}
	return nil
}

// run plays everything until it is quiet.
func (s *soak) run() {
	s.start()
	s.program.waitUntilReady(s.ctx, s.t)
	s.page, s.pr = openPage(s.ctx, s.t, s.program.address, "wera", nil), openPage(s.ctx, s.t, s.program.address, "ines", s.decide)
	s.flag()
	onTeams := 0
	for _, r := range s.rooms {
		if r.platform == "teams" { // which team a channel belongs to is told when the app is added
			s.teams.Install(r.writers[0], r.id)
			onTeams++
		}
	}
	// From here on nothing may be missing, and everything can be looked up.
	for (s.slack.Calls("conversations.history") < soakOnSlack || s.teams.Calls("history") < onTeams) && s.ctx.Err() == nil {
		pause(s.ctx, 20*time.Millisecond)
	}
	stop := make(chan struct{})
	var feeding, breaking sync.WaitGroup
	for _, r := range s.rooms {
		feeding.Go(func() { s.feed(r) })
	}
	breaking.Go(func() { s.breakThings(stop) })
	fed := make(chan struct{})
	go func() { defer close(fed); feeding.Wait() }()
	s.live(fed)
	close(stop)
	breaking.Wait()
	s.settle()
}

// live has the program live and die until everything is written.
func (s *soak) live(fed <-chan struct{}) {
	kills, n := 0, 0
	for ; ; n++ {
		pause(s.ctx, time.Duration(500+s.random.IntN(1400))*time.Millisecond)
		over := false
		select {
		case <-fed:
			over = kills >= soakKills
		case <-s.ctx.Done():
			over = true
		default:
		}
		if over {
			break
		}
		if n%7 == 5 {
			s.end((*program).terminate)
		} else {
			s.end((*program).kill)
			kills++
		}
		if n == 9 { // longer than the platforms try: Slack's history has it, Teams has given up
			pause(s.ctx, 6*time.Second)
		}
		s.start()
		if s.random.IntN(6) > 0 { // else it may die while it starts
			s.program.waitUntilReady(s.ctx, s.t)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts["kills (SIGKILL)"], s.counts["clean ends (SIGTERM)"] = kills, n-kills
}

func (s *soak) start() {
	s.lives++
	s.program.start(s.ctx, s.t)
}

// end ends the program in a way and keeps its log.
func (s *soak) end(how func(*program, *testing.T)) {
	if s.program.command.ProcessState == nil {
		select {
		case <-s.program.ready: // before that nobody listens for a signal
		case <-time.After(50 * time.Millisecond):
		}
	}
	command := s.program.command
	stuck := time.AfterFunc(soakPatience, func() {
		s.fault("it did not end", "%v after it was told to", soakPatience)
		_ = command.Process.Signal(syscall.SIGQUIT) // it tells where it is
	})
	how(s.program, s.t)
	stuck.Stop()
	s.log = append(s.log, s.program.stderr.String())
}

// settle waits until nothing is left to do, starts the program once more, has a call of the connector hang until it times out, waits again, and ends everything.
func (s *soak) settle() {
	s.program.waitUntilReady(s.ctx, s.t)
	s.slack.Heal()
	s.teams.Heal()
	s.lastWords(soakEach) // what the platforms held back follows them
	s.quiet()
	s.again()
	s.teams.Fault(teamstest.Fault{Call: "create", Hang: true, After: true})
	s.lastWords(soakEach + 1)
	s.quiet()
	s.page.close()
	s.pr.close()
	s.end((*program).terminate)
}

// again has the program start once more, so that it looks for what Slack gave up on in the life before: without an outage it would do
// that within a day.
func (s *soak) again() {
	s.end((*program).terminate)
	looks := s.slack.Calls("conversations.history")
	s.start()
	s.program.waitUntilReady(s.ctx, s.t)
	for s.slack.Calls("conversations.history") < looks+soakOnSlack && s.ctx.Err() == nil {
		pause(s.ctx, 20*time.Millisecond)
	}
}

// quiet waits until nothing has been left to do for a while.
func (s *soak) quiet() {
	const long, most = 15, 150 * time.Second
	began, quiet := time.Now(), 0
	for quiet < long && s.ctx.Err() == nil && time.Since(began) < most {
		pause(s.ctx, 100*time.Millisecond)
		if quiet++; s.left() > 0 || !s.slack.Settled() || !s.teams.Settled() {
			quiet = 0
		}
	}
	if quiet < long {
		s.fault("something is left to do", "%d rows, %v after the last message", s.left(), time.Since(began))
	}
	s.t.Logf("quiet after %v", time.Since(began).Round(time.Millisecond))
}

// count adds to the table at the end.
func (s *soak) count(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[what]++
}

// fault notes what went wrong, by kind.
func (s *soak) fault(kind, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[kind] = append(s.faults[kind], fmt.Sprintf(format, args...))
}
