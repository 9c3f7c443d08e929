//go:build soak

package main_test

import (
	"math/rand/v2"
	"time"

	"standleitung/adapters/slack/slacktest"
	"standleitung/adapters/teams/teamstest"
)

// soakSlackFaults are what goes wrong with calls of Slack's Web API: by its documentation it answers 429 with Retry-After, its
// gateways fail with 5xx, and networks break before and after a call took effect. The history is slow only: while it cannot be read,
// what was missed comes out of order.
var soakSlackFaults = []slacktest.Fault{
	{Method: "chat.postMessage", RetryAfter: 1},
	{Method: "chat.postMessage", RetryAfter: 2},
	{Method: "chat.postMessage", Error: "internal_error"},
	{Method: "chat.postMessage", Status: 500},
	{Method: "chat.postMessage", Status: 503},
	{Method: "chat.postMessage", Status: 502, After: true},
	{Method: "chat.postMessage", Status: 504, After: true},
	{Method: "chat.postMessage", Reset: true},
	{Method: "chat.postMessage", Reset: true, After: true},
	{Method: "chat.postMessage", Reset: true, After: true},
	{Method: "chat.postMessage", Slow: 400 * time.Millisecond},
	{Method: "chat.postMessage", Slow: 400 * time.Millisecond, After: true, Times: 3},
	{Method: "chat.postMessage", Hang: true, After: true},
	{Method: "chat.update", RetryAfter: 1},
	{Method: "chat.update", Status: 500},
	{Method: "chat.update", Reset: true, After: true},
	{Method: "chat.delete", Status: 503},
	{Method: "chat.delete", Reset: true, After: true},
	{Method: "conversations.history", Slow: 300 * time.Millisecond},
	{Method: "apps.connections.open", Status: 500},
}

// soakTeamsFaults are what goes wrong with calls of the Bot Connector: "Status codes from bot conversational APIs" has 412, 429, 500,
// 502, 503 and 504.
var soakTeamsFaults = []teamstest.Fault{
	{Call: "create", RetryAfter: 1},
	{Call: "create", RetryAfter: 2},
	{Call: "create", Status: 412},
	{Call: "create", Status: 500},
	{Call: "create", Status: 502},
	{Call: "create", Status: 504, After: true},
	{Call: "create", Reset: true},
	{Call: "create", Reset: true, After: true},
	{Call: "create", Slow: 400 * time.Millisecond},
	{Call: "create", Slow: 400 * time.Millisecond, After: true, Times: 3},
	{Call: "create", Hang: true, After: true},
	{Call: "post", RetryAfter: 1},
	{Call: "post", Status: 502, After: true},
	{Call: "post", Reset: true, After: true},
	{Call: "update", RetryAfter: 1},
	{Call: "update", Status: 503},
	{Call: "update", Reset: true, After: true},
	{Call: "delete", Status: 500},
	{Call: "delete", Reset: true, After: true},
	{Call: "token", Status: 500},
}

// breakThings has something go wrong every now and then until stop is closed, and each platform be away for a while: Slack first
// without its sockets, too.
func (s *soak) breakThings(stop <-chan struct{}) {
	random := rand.New(rand.NewPCG(s.seed, 1<<50))
	for n := 1; ; n++ {
		select {
		case <-stop:
			return
		case <-s.ctx.Done():
			return
		case <-time.After(time.Duration(60+random.IntN(140)) * time.Millisecond):
		}
		switch n {
		case 25:
			s.awayFromSlack(stop)
		case 60:
			s.awayFromTeams(stop)
		}
		s.slack.Fault(soakSlackFaults[random.IntN(len(soakSlackFaults))])
		s.teams.Fault(soakTeamsFaults[random.IntN(len(soakTeamsFaults))])
		s.twist(random)
	}
}

// twist has something be delivered oddly.
func (s *soak) twist(random *rand.Rand) {
	switch random.IntN(36) {
	case 0, 1, 2:
		s.slack.Order(slacktest.Twice)
	case 3, 4, 5:
		s.slack.Order(slacktest.TwiceAnew)
	case 6, 7, 8:
		s.teams.Order(teamstest.Twice)
	case 9, 10, 11:
		s.teams.Order(teamstest.AtOnce)
	case 12:
		s.slack.DropSockets()
	case 13:
		s.slack.Disconnect([]string{"warning", "refresh_requested", "link_disabled"}[random.IntN(3)])
	}
}

// away is how long a platform is away: with soakLag long enough that a digest follows.
const away = 15 * time.Second

func (s *soak) awayFromSlack(stop <-chan struct{}) {
	s.count("times Slack was away")
	s.slack.Fault(slacktest.Fault{Times: -1, Status: 503})
	for until := time.Now().Add(away); time.Now().Before(until) && s.ctx.Err() == nil; {
		s.slack.DropSockets()
		select {
		case <-stop:
			until = time.Now()
		case <-time.After(200 * time.Millisecond):
		}
	}
	s.slack.Heal()
}

func (s *soak) awayFromTeams(stop <-chan struct{}) {
	s.count("times Teams was away")
	s.mu.Lock()
	s.teamsAway = time.Now()
	s.mu.Unlock()
	s.teams.Fault(teamstest.Fault{Times: -1, Reset: true})
	select {
	case <-stop:
	case <-s.ctx.Done():
	case <-time.After(away):
	}
	s.teams.Heal()
}
