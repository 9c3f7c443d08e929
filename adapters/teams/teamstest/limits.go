package teamstest

import (
	"net/http"
	"slices"
	"time"
)

// limit is how many calls are taken in a time.
type limit struct {
	within time.Duration
	most   int
}

// The limits per bot and conversation, from "Optimize your bot with rate limiting in Teams". A channel with all its threads
// is one conversation, also for what is created in it: "a conversation is 1:1 between bot and user, a group chat, or a channel in a
// team".
var (
	sending = []limit{{time.Second, 7}, {2 * time.Second, 8}, {30 * time.Second, 60}, {time.Hour, 1800}}
	reading = []limit{{time.Second, 14}, {2 * time.Second, 16}, {30 * time.Second, 120}, {time.Hour, 3600}}
	// perApp is the limit for one app in one tenant.
	perApp = []limit{{time.Second, 50}}
	// graphRoom and graphTeam are those of Microsoft Graph for a channel or chat, and for a team, from "Microsoft Teams service limits".
	graphRoom = []limit{{time.Second, 1}}
	graphTeam = []limit{{time.Second, 4}}
)

// limitsOf are the limits of a call and the name under which it counts.
func limitsOf(c *call) (string, []limit) {
	at, _ := threaded(c.at())
	switch c.name {
	case "post", "reply", "update", "delete", "typing", "react", "unreact":
		return "send " + at, sending
	case "create":
		return "create " + at, sending
	case "members", "pagedmembers", "member":
		return "members " + at, reading
	case "team", "channels":
		return "teams", reading
	}
	return "", nil
}

// limited enforces the rate limits, where the configuration wants them. The lock is held.
func (s *Server) limited(c *call) *failure {
	if !s.config.RateLimits {
		return nil
	}
	key, limits := limitsOf(c)
	if key == "" {
		return nil
	}
	wait := max(s.use(key, limits), s.use("app", perApp))
	if wait == 0 {
		return nil
	}
	seconds := int((wait + time.Second - 1) / time.Second)
	at, _ := threaded(c.at())
	s.waiting[c.name+" "+at] = s.now().Add(wait)
	return throttled(seconds)
}

// limitedGraph enforces those of Microsoft Graph. The lock is held.
func (s *Server) limitedGraph(c *graphCall) *failure {
	if !s.config.RateLimits || c.at == "" {
		return nil
	}
	wait := s.use("graph "+c.at, graphRoom)
	if c.path[0] == "teams" {
		wait = max(wait, s.use("graph "+c.path[1], graphTeam))
	}
	if wait == 0 {
		return nil
	}
	s.waiting[c.name+" "+c.at] = s.now().Add(wait)
	no := graphFailure(http.StatusTooManyRequests, "TooManyRequests", "Too many requests.")
	no.after = int((wait + time.Second - 1) / time.Second)
	return no
}

// use counts a call, unless there were too many; then it says how long to wait.
func (s *Server) use(key string, limits []limit) time.Duration {
	now := s.now()
	used := s.used[key]
	var wait time.Duration
	for _, l := range limits {
		since := slices.IndexFunc(used, func(t time.Time) bool { return now.Sub(t) < l.within })
		if since >= 0 && len(used)-since >= l.most {
			wait = max(wait, l.within-now.Sub(used[len(used)-l.most]))
		}
	}
	if wait == 0 {
		s.used[key] = append(used, now)
	}
	return wait
}
