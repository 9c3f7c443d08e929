package teamstest

import (
	"net"
	"net/http"
	"time"
)

// Fault is something that goes wrong with calls of the bot, as ordered by a test.
type Fault struct {
	// Call is what was called, as for [Server.Calls]; empty for everything.
	Call string
	// At is the conversation that is called about; empty for all.
	At string
	// Times is how many calls it hits; 0 for one, less for all until [Server.Heal].
	Times int
	// After lets the call take effect before it goes wrong, so that the bot cannot know.
	After bool
	// One of these says how it goes wrong.
	Status     int           // an HTTP status, with its documented error where there is one
	Code       string        // the code of the error that goes with Status; empty for the usual one
	RetryAfter int           // 429 with this many seconds; less than 0 for 429 without the header
	Reset      bool          // the connection is reset
	Hang       bool          // no answer until the client gives up
	Slow       time.Duration // the answer comes, but late
}

// Strike is a call on the connector that a fault hit.
type Strike struct {
	// Call is what was called, and At the conversation, without a thread.
	Call, At string
	Fault    Fault
	// Message is what came about all the same; empty for nothing.
	Message string
	// When is the real time of it.
	When time.Time
}

// faults are the ordered ones and what limits calls.
type faults struct {
	due     []*Fault
	struck  []Strike
	waiting map[string]time.Time // until when a call must be left alone
	used    map[string][]time.Time
}

func newFaults() faults {
	return faults{waiting: map[string]time.Time{}, used: map[string][]time.Time{}}
}

// Fault orders something to go wrong. Faults hit in the order in which they were ordered.
func (s *Server) Fault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	s.due = append(s.due, &f)
}

// Heal takes all faults, twists and forgeries back.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due, s.orders, s.forged = nil, nil, nil
}

// strike notes that a fault hit a call, and what came about all the same.
func (s *Server) strike(c *call, f Fault, done reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, _ := threaded(c.at())
	body, _ := done.body.(object)
	message := word(body, "activityId")
	if message == "" {
		message = word(body, "id")
	}
	s.struck = append(s.struck, Strike{Call: c.name, At: at, Fault: f, Message: message, When: time.Now()})
}

// Struck are the calls on the connector that faults hit, in order.
func (s *Server) Struck() []Strike {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Strike(nil), s.struck...)
}

// ordered is the fault that hits a call, if any. At is the conversation. The lock is held.
func (s *Server) ordered(name, at string) *Fault {
	at, _ = threaded(at)
	key := name + " " + at
	if until := s.waiting[key]; s.now().Before(until) {
		s.record(name, "called before Retry-After had gone by")
	}
	for i, f := range s.due {
		if f.Call != "" && f.Call != name || f.At != "" && f.At != at {
			continue
		}
		hit := *f
		if f.Times--; f.Times == 0 {
			s.due = append(s.due[:i:i], s.due[i+1:]...)
		}
		if hit.RetryAfter > 0 {
			s.waiting[key] = s.now().Add(time.Duration(hit.RetryAfter) * time.Second)
		}
		return &hit
	}
	return nil
}

// broken answers a call in a broken way. It returns false when the answer shall go on as usual.
func (s *Server) broken(w http.ResponseWriter, r *http.Request, f Fault) bool {
	switch {
	case f.Slow > 0:
		select {
		case <-time.After(f.Slow):
			return false
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
		reset(w)
	case f.Reset:
		reset(w)
	case f.RetryAfter != 0:
		throttled(max(0, f.RetryAfter)).write(w)
	case f.Status > 0:
		refusal(f).write(w)
	}
	return true
}

func throttled(seconds int) *failure {
	return &failure{status: http.StatusTooManyRequests, code: "Throttled", text: "Too many requests.", after: seconds}
}

// refusal is the documented error of a status. Those of proxies are no JSON.
func refusal(f Fault) *failure {
	usual := map[int]string{
		400: "BadArgument", 401: "BotNotRegistered", 403: "BotNotInConversationRoster", 404: "ConversationNotFound", 412: "PreconditionFailed",
		413: "MessageSizeTooBig", 429: "Throttled", 500: "ServiceError", 502: "ServiceError", 503: "ServiceUnavailable", 504: "GatewayTimeout",
	}
	code := f.Code
	if code == "" {
		code = usual[f.Status]
	}
	if code == "MessageWritesBlocked" {
		return writesBlocked()
	}
	return fail(f.Status, code, http.StatusText(f.Status))
}

// writesBlocked is how Teams says that somebody blocked the bot, or uninstalled it, as documented word for word.
func writesBlocked() *failure {
	return &failure{status: http.StatusForbidden, body: object{
		"errorCode": 209,
		"message":   "{\r\n  \"subCode\": \"MessageWritesBlocked\",\r\n  \"details\": \"Thread is blocked from message writes.\",\r\n  \"errorCode\": null,\r\n  \"errorSubCode\": null\r\n}",
	}}
}

// reset ends the connection of a call with an RST.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
