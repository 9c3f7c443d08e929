package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// benchSlack is a Slack that costs little: it checks nothing, keeps nothing, and answers at once or after a time of its
// own. What slacktest proves is not proved here; here only time is told.
type benchSlack struct {
	server *httptest.Server

	mu      sync.Mutex
	sockets []*benchSocket
	turn    int
	last    int64                 // the microsecond of the newest ts
	sent    map[string]time.Time  // envelopes of messages that were not acknowledged yet
	acks    []time.Duration       // how long acknowledgements took
	waiting map[string]*benchWait // by the key of a message, until its copies are there
	read    map[string]bool       // channels whose history was asked for
	wrong   []string              // what nobody expected
	// latency is how long a post takes.
	latency time.Duration
	// fault, when not nil, may answer the post with a number in a channel instead; true when it did.
	fault func(w http.ResponseWriter, r *http.Request, channel string, n int) bool
	posts int
}

// benchWait waits for the copies of a message.
type benchWait struct {
	left    int
	arrived chan time.Time
}

// benchSocket is one connection of Socket Mode.
type benchSocket struct {
	mu   sync.Mutex
	conn *websocket.Conn
}

func (k *benchSocket) write(frame []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.conn.WriteMessage(websocket.TextMessage, frame)
}

// The people and apps of the benchmark.
const (
	benchTeam   = "T0TEAM0001"
	benchBot    = "B0BOT00001"
	benchUser   = "U0BOT00001"
	benchWriter = "U0MARA0001"
	benchPing   = 5 * time.Second // Slack's pings; its clients give up after 30 s without one
)

func newBenchSlack(b *testing.B) *benchSlack {
	s := &benchSlack{sent: map[string]time.Time{}, waiting: map[string]*benchWait{}, read: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/chat.postMessage", s.post)
	mux.HandleFunc("POST /api/{method}", s.answer)
	mux.HandleFunc("GET /api/{method}", s.answer)
	mux.HandleFunc("GET /link", s.link)
	s.server = httptest.NewServer(mux)
	b.Cleanup(func() {
		s.mu.Lock()
		for _, k := range s.sockets {
			_ = k.conn.Close()
		}
		s.mu.Unlock()
		s.server.Close()
	})
	return s
}

func (s *benchSlack) url() string { return s.server.URL + "/api/" }

// answer answers what clients ask when they start.
func (s *benchSlack) answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	switch method := r.PathValue("method"); method {
	case "auth.test":
		fmt.Fprintf(w, `{"ok":true,"team_id":%q,"user_id":%q,"bot_id":%q}`, benchTeam, benchUser, benchBot)
	case "bots.info":
		fmt.Fprintf(w, `{"ok":true,"bot":{"id":%q,"app_id":"A0APP00001"}}`, benchBot)
	case "users.info":
		fmt.Fprintf(w, `{"ok":true,"user":{"id":%q,"team_id":%q,"name":"mara","real_name":"Mara Lindner","tz":"Europe/Berlin","locale":"de-DE",`+
			`"profile":{"real_name":"Mara Lindner","display_name":"mara","email":"mara@example.com"}}}`, benchWriter, benchTeam)
	case "conversations.history":
		s.mu.Lock()
		s.read[r.FormValue("channel")] = true
		s.mu.Unlock()
		fmt.Fprint(w, `{"ok":true,"messages":[],"has_more":false}`)
	case "apps.connections.open":
		fmt.Fprintf(w, `{"ok":true,"url":"ws%s/link"}`, strings.TrimPrefix(s.server.URL, "http"))
	default:
		s.unexpected(method)
		fmt.Fprint(w, `{"ok":true}`)
	}
}

func (s *benchSlack) unexpected(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.wrong, what) {
		s.wrong = append(s.wrong, what)
	}
}

// link is a connection of Socket Mode.
func (s *benchSlack) link(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	k := &benchSocket{conn: conn}
	if k.write([]byte(`{"type":"hello","num_connections":1,"connection_info":{"app_id":"A0APP00001"},"debug_info":{"approximate_connection_time":18060}}`)) != nil {
		return
	}
	s.mu.Lock()
	s.sockets = append(s.sockets, k)
	s.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		tick := time.NewTicker(benchPing)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				_ = conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second))
			}
		}
	}()
	defer close(ended)
	for {
		_, raw, err := conn.ReadMessage()
		if err != nil {
			break
		}
		s.acknowledged(raw, time.Now())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = slices.DeleteFunc(s.sockets, func(o *benchSocket) bool { return o == k })
}

func (s *benchSlack) acknowledged(raw []byte, at time.Time) {
	var ack struct {
		ID string `json:"envelope_id"`
	}
	if json.Unmarshal(raw, &ack) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if sent, ok := s.sent[ack.ID]; ok {
		s.acks = append(s.acks, at.Sub(sent))
		delete(s.sent, ack.ID)
	}
}

// stamp makes a new ts.
func (s *benchSlack) stamp() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = max(s.last+1, time.Now().UnixMicro())
	return fmt.Sprintf("%d.%06d", s.last/1e6, s.last%1e6)
}

// say has a person write a message in a channel and returns where it is told that all its copies are there.
func (s *benchSlack) say(channel, key string, copies int) (<-chan time.Time, error) {
	arrived := make(chan time.Time, 1)
	ts := s.stamp()
	text := key + " Die Anzeige für die Messe ist fertig, der Preis steht noch nicht fest. Bitte bis Freitag prüfen und hier Bescheid geben, danke!"
	event := fmt.Sprintf(`{"type":"message","user":%[1]q,"ts":%[2]q,"client_msg_id":"c0ffee00-0000-4000-8000-%[3]s","text":%[4]q,"team":%[5]q,"channel":%[6]q,`+
		`"channel_type":"channel","event_ts":%[2]q,"blocks":[{"type":"rich_text","block_id":"b1","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":%[4]q}]}]}]}`,
		benchWriter, ts, key, text, benchTeam, channel)
	id := "e-" + key
	s.mu.Lock()
	s.waiting[key] = &benchWait{copies, arrived}
	s.sent[id] = time.Now()
	s.mu.Unlock()
	return arrived, s.send(id, ts, event)
}

// send sends an event over the connection whose turn it is.
func (s *benchSlack) send(id, ts, event string) error {
	s.mu.Lock()
	if len(s.sockets) == 0 {
		s.mu.Unlock()
		return errors.New("no socket")
	}
	s.turn++
	k := s.sockets[s.turn%len(s.sockets)]
	s.mu.Unlock()
	return k.write(fmt.Appendf(nil, `{"envelope_id":%q,"type":"events_api","accepts_response_payload":false,"retry_attempt":0,"retry_reason":"",`+
		`"payload":{"token":"verification","team_id":%q,"api_app_id":"A0APP00001","event":%s,"type":"event_callback","event_id":"Ev%s","event_time":%s,`+
		`"is_ext_shared_channel":false,"event_context":"4-message","authorizations":[{"enterprise_id":null,"team_id":%[2]q,"user_id":%[6]q,"is_bot":true,"is_enterprise_install":false}]}}`,
		id, benchTeam, event, strings.ReplaceAll(ts, ".", ""), ts[:10], benchUser))
}

// post takes a message of the program, and tells it of it as Slack does.
func (s *benchSlack) post(w http.ResponseWriter, r *http.Request) {
	channel, text := r.PostFormValue("channel"), r.PostFormValue("text")
	s.mu.Lock()
	s.posts++
	n, latency, fault := s.posts, s.latency, s.fault
	s.mu.Unlock()
	if latency > 0 {
		time.Sleep(latency)
	}
	if fault != nil && fault(w, r, channel, n) {
		return
	}
	ts := s.stamp()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	fmt.Fprintf(w, `{"ok":true,"channel":%q,"ts":%q,"message":{"type":"message","subtype":"bot_message","text":%q,"ts":%[2]q,"username":%[4]q,"bot_id":%[5]q}}`,
		channel, ts, text, r.PostFormValue("username"), benchBot)
	s.arrived(text)
	blocks := r.PostFormValue("blocks")
	if blocks == "" {
		blocks = "[]"
	}
	_ = s.send("echo-"+ts, ts, fmt.Sprintf(`{"type":"message","subtype":"bot_message","text":%q,"ts":%q,"username":%q,"bot_id":%q,"app_id":"A0APP00001",`+
		`"blocks":%s,"channel":%q,"event_ts":%[2]q,"channel_type":"channel"}`, text, ts, r.PostFormValue("username"), benchBot, blocks, channel))
}

// benchKey makes the key of the n-th message.
func benchKey(n int64) string { return fmt.Sprintf("k%011d", n) }

// arrived tells who waits for the copies of a message that one is there.
func (s *benchSlack) arrived(text string) {
	at := time.Now()
	key, _, _ := strings.Cut(text, " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.waiting[key]
	if w == nil {
		return
	}
	if w.left--; w.left == 0 {
		delete(s.waiting, key)
		w.arrived <- at
	}
}

// takeAcks returns how long acknowledgements took since the last call, and how many are still missing.
func (s *benchSlack) takeAcks() (took []time.Duration, missing int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	took, s.acks = s.acks, nil
	return took, len(s.sent)
}

// breaks has posts fail from now on; nil heals.
func (s *benchSlack) breaks(f func(w http.ResponseWriter, r *http.Request, channel string, n int) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// slow has posts take so long.
func (s *benchSlack) slow(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latency = d
}

// settled reports whether a client is connected over n sockets and has read so many histories.
func (s *benchSlack) settled(sockets, histories int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets) >= sockets && len(s.read) >= histories
}

// The ways in which posts fail.

func failStatus(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "upstream connect error", code) }
}

func failCode(code string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"ok":false,"error":%q}`, code) }
}

func failLimited(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", strconv.Itoa(1))
	w.WriteHeader(http.StatusTooManyRequests)
	fmt.Fprint(w, `{"ok":false,"error":"ratelimited"}`)
}

func failReset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// failHang answers nothing for five seconds, then breaks the connection.
func failHang(w http.ResponseWriter, r *http.Request) {
	select {
	case <-time.After(5 * time.Second):
	case <-r.Context().Done():
	}
	failReset(w, r)
}
