package slacktest

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Fault is something that goes wrong with calls of the app, as ordered by a test.
type Fault struct {
	// Method is the Web API method, "upload", "download" or "response_url"; empty for everything.
	Method string
	// Times is how many calls it hits; 0 for one, less for all until [Server.Heal].
	Times int
	// After lets the call take effect before it goes wrong, so that the app cannot know.
	After bool
	// One of these says how it goes wrong.
	Status     int           // an HTTP status with a body that is no JSON
	RetryAfter int           // 429 with this many seconds
	Error      string        // ok: false with this code
	Reset      bool          // the connection is reset
	Hang       bool          // no answer until the client gives up
	Slow       time.Duration // the answer comes, but late
}

// faults are the ordered ones and what limits calls.
type faults struct {
	due     []*Fault
	waiting map[string]wait // methods that must be left alone
	buckets map[string]*bucket
	lag     time.Duration
	omitted []string
}

func newFaults() faults {
	return faults{waiting: map[string]wait{}, buckets: map[string]*bucket{}}
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

// Heal takes all faults back.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due, s.orders = nil, nil
}

// Lag has histories show messages so much later than events tell of them; nobody documents how long that may take.
func (s *Server) Lag(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = d
}

// Omit has histories leave out messages that are there, which Slack promises not to do.
func (s *Server) Omit(ts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.omitted = append(s.omitted, ts...)
}

// indexed is the newest ts that a history can show.
func (s *Server) indexed() string {
	at := s.now().Add(-s.lag).UnixMicro()
	if s.lag == 0 {
		at = s.lastTS
	}
	return fmt.Sprintf("%d.%06d", at/1e6, at%1e6)
}

// wait is when a method must be left alone.
type wait struct{ from, until time.Time }

// onItsWay is how long a call may still come that was made before the answer of another one could be read.
const onItsWay = 50 * time.Millisecond

// rest has a method be left alone for seconds. The lock is held.
func (s *Server) rest(what string, seconds int) {
	s.waiting[what] = wait{s.now().Add(onItsWay), s.now().Add(time.Duration(seconds) * time.Second)}
}

// ordered is the fault that hits a call about something, if any. About is the channel where limits are by channel. The
// lock is held.
func (s *Server) ordered(method, about string) *Fault {
	if w := s.waiting[method+about]; s.now().After(w.from) && s.now().Before(w.until) {
		s.record(method, "called before Retry-After had gone by")
	}
	for i, f := range s.due {
		if f.Method != "" && f.Method != method {
			continue
		}
		hit := *f
		if f.Times--; f.Times == 0 {
			s.due = append(s.due[:i:i], s.due[i+1:]...)
		}
		if hit.RetryAfter > 0 {
			s.rest(method+about, hit.RetryAfter)
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
	case f.RetryAfter > 0:
		w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		writeJSON(w, http.StatusTooManyRequests, object{"ok": false, "error": "ratelimited"})
	case f.Error != "":
		writeJSON(w, http.StatusOK, object{"ok": false, "error": f.Error})
	case f.Status > 0:
		http.Error(w, "<html>upstream connect error</html>", f.Status)
	}
	return true
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

// Twist is something odd about the next delivery to the app.
type Twist string

// The twists.
const (
	Twice     Twist = "twice"      // the same envelope, or the same request, two times
	TwiceAnew Twist = "twice anew" // two envelopes, the second one a retry although the first was fine
	Held      Twist = "held"       // after the next one; over sockets only. Who caused it hears nothing in time
)

// Order gives the next deliveries their twists, one each.
func (s *Server) Order(all ...Twist) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders = append(s.orders, all...)
}

// twist is that of the delivery at hand; the lock is held.
func (s *Server) twist() Twist {
	if len(s.orders) == 0 {
		return ""
	}
	t := s.orders[0]
	s.orders = s.orders[1:]
	return t
}

// Revoke makes every call fail with a code: invalid_auth, token_revoked, account_inactive. Empty lets them pass again.
func (s *Server) Revoke(code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = code
}

// Grant sets the scopes of the bot token.
func (s *Server) Grant(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.Scopes = scopes
}

// bucket is how many calls are left.
type bucket struct {
	left float64
	at   time.Time
}

// Calls per minute by tier, and how many messages a channel takes at once before it is one a second.
// Slack promises the first and speaks of "short bursts" for the second; five is the fake's own.
const postBurst = 5

func perMinute(tier int) float64 { return map[int]float64{1: 1, 2: 20, 3: 50, 4: 100}[tier] }

// about is the channel of a call whose limits are by channel; empty for others.
func (c *call) about() string {
	if c.method == "chat.postMessage" {
		return c.str("channel")
	}
	return ""
}

// limited enforces the rate limits, where the configuration wants them.
func (s *Server) limited(c *call, m method) *failure {
	if !s.config.RateLimits {
		return nil
	}
	key, most, perSecond := c.method, perMinute(m.tier), perMinute(m.tier)/60
	switch {
	case c.method == "chat.postMessage":
		key, most, perSecond = "post "+c.about(), postBurst, 1
	case m.tier <= 1:
		return nil // Socket Mode may reconnect as it needs
	}
	b := s.buckets[key]
	if b == nil {
		b = &bucket{left: most, at: s.now()}
		s.buckets[key] = b
	}
	b.left = min(most, b.left+s.now().Sub(b.at).Seconds()*perSecond)
	b.at = s.now()
	if b.left >= 1 {
		b.left--
		return nil
	}
	after := int((1-b.left)/perSecond) + 1
	s.rest(c.method+c.about(), after)
	return &failure{code: "ratelimited", after: after}
}
