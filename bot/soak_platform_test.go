package bot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"standleitung/bot"
	"standleitung/bot/markup"
)

// soakPlatform is a chat platform as their manuals describe them. It delivers events at least once, until they are
// acknowledged and at times again after that. It refuses calls for a while (503, away), asks for a pause (429 with the
// pause to keep), loses answers after it did what was asked, and does not listen at all for seconds. It has no way of
// asking what became of a call.
type soakPlatform struct {
	seed    uint64
	address string
	ctx     context.Context

	program  atomic.Pointer[string] // where the program listens; nil while it does not
	underWay atomic.Int64           // events, and what people are about to do
	decide   func(soakCall)         // what PR does with a card

	mu     sync.Mutex
	clock  time.Time
	slow   time.Time // until then every call is slow
	places map[string]*soakPlace
	tries  map[string]int
	seen   []soakSeen
	faults faults
	counts map[string]int
}

// soakPlace is a room or a direct conversation.
type soakPlace struct {
	shown []*soakShown
	byID  map[string]*soakShown
	away  time.Time
	// fresh is a copy whose answer may be lost still; settled are those after which the program went on, so that it knows
	// their ids.
	fresh   *soakShown
	settled []*soakShown
}

// soakShown is a message as people see it.
type soakShown struct {
	id, thread, text string
	post             soakCall // the call that made it; zero for what a person wrote
	deleted          bool
	number           int // order in the place
}

// soakCall is what the program asks of the platform.
type soakCall struct {
	Life     int // which start of the program it came from
	Op       bot.Op
	Post     string
	Revision int
	Place    string
	Thread   string
	Direct   bool
	Reader   string
	IDs      []string
	Mark     bool // shown as a possible repetition
	Copy     bool
	Text     string
	Quote    string
	Card     bot.Card
}

// soakSeen is a call that reached the platform, whatever became of it.
type soakSeen struct {
	soakCall
	at time.Time
}

// soakEvent is what the platform tells the program.
type soakEvent struct {
	ID, Type, Place, User string
	Direct                bool
	Message, Thread       string
	Text, Action          string
	Values                map[string]string
	Time                  time.Time
}

// faults are what went wrong, by kind, with examples.
type faults map[string][]string

func (f faults) add(kind, format string, args ...any) {
	f[kind] = append(f[kind], fmt.Sprintf(format, args...))
}

func newSoakPlatform(ctx context.Context, seed uint64) *soakPlatform {
	return &soakPlatform{
		seed: seed, ctx: ctx, places: map[string]*soakPlace{}, tries: map[string]int{}, faults: faults{}, counts: map[string]int{},
	}
}

// listen answers calls until the returned function is called.
func (p *soakPlatform) listen() (stop func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(p.ctx, "tcp", p.address)
	if err != nil {
		return nil, err
	}
	p.address = l.Addr().String()
	server := &http.Server{Handler: http.HandlerFunc(p.serve), ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // ends with Close
	}()
	return func() { _ = server.Close(); <-done }, nil
}

// count adds to the table at the end.
func (p *soakPlatform) count(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts[what]++
}

func (p *soakPlatform) place(id string) *soakPlace {
	if p.places[id] == nil {
		p.places[id] = &soakPlace{byID: map[string]*soakShown{}}
	}
	return p.places[id]
}

// now is the platform's time: no two things happen at the same instant.
func (p *soakPlatform) now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now().Round(0)
	if !now.After(p.clock) {
		now = p.clock.Add(time.Microsecond)
	}
	p.clock = now
	return now
}

// goAway has a place refuse everything for a while.
func (p *soakPlatform) goAway(id string, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.place(id).away = time.Now().Add(d)
}

// goSlow has every place take its time for a while.
func (p *soakPlatform) goSlow(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slow = time.Now().Add(d)
}

// soakFate is what the platform does with one call.
type soakFate string

// The fates of a call.
const (
	soakOK      soakFate = "answered"
	soakSlow    soakFate = "answered slowly"
	soakRefuse  soakFate = "refused (503)"
	soakPause   soakFate = "asked for a pause (429)"
	soakGateway soakFate = "done, the gateway timed out (504)"
	soakDrop    soakFate = "done, the connection broke"
	soakHang    soakFate = "done, never answered"
	soakLate    soakFate = "done, answered too late"
)

// soakFates are the fates and how many calls in ten thousand meet them.
var soakFates = []struct {
	fate soakFate
	many uint64
}{{soakRefuse, 80}, {soakPause, 120}, {soakGateway, 30}, {soakDrop, 30}, {soakHang, 10}, {soakLate, 10}, {soakSlow, 400}}

// fate depends on the seed and the call alone. From the third try on a call gets through.
func (p *soakPlatform) fate(c soakCall, try int) soakFate {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s %s %d %d", p.seed, c.Post, c.Op, c.Revision, try)
	n := rand.New(rand.NewPCG(h.Sum64(), p.seed)).Uint64N(10000)
	for _, row := range soakFates {
		if n < row.many && (try < 3 || row.fate == soakSlow) {
			return row.fate
		}
		n -= min(n, row.many)
	}
	return soakOK
}

// serve takes one call.
func (p *soakPlatform) serve(w http.ResponseWriter, r *http.Request) {
	var c soakCall
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, &c) != nil {
		return // the program ended within the call
	}
	fate := p.meet(c)
	switch fate {
	case soakRefuse, soakPause:
		refuse(w, fate)
		return
	case soakSlow:
		soakWait(r.Context(), time.Duration(20+7*(p.seed+uint64(c.Revision)+uint64(len(c.Text)))%90)*time.Millisecond)
	}
	answer, status := p.accept(c)
	switch fate {
	case soakGateway:
		status = http.StatusGatewayTimeout
	case soakDrop:
		panic(http.ErrAbortHandler) // closes the connection
	case soakHang:
		<-r.Context().Done()
		return
	case soakLate:
		soakWait(p.ctx, soakLease+100*time.Millisecond)
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // whoever is gone does not hear it
}

// refuse tells when to come again; being away, the platform does not know that itself.
func refuse(w http.ResponseWriter, fate soakFate) {
	status := http.StatusServiceUnavailable
	if fate == soakPause {
		status = http.StatusTooManyRequests
		w.Header().Set("X-Retry-After-Ms", "250")
	}
	w.WriteHeader(status)
}

// meet notes that a call arrived and says what becomes of it.
func (p *soakPlatform) meet(c soakCall) soakFate {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, soakSeen{c, time.Now()})
	key := fmt.Sprintf("%s %s %d", c.Post, c.Op, c.Revision)
	p.tries[key]++
	fate := p.fate(c, p.tries[key])
	place := p.place(c.Place)
	if c.Copy && place.fresh != nil && (place.fresh.post.Post != c.Post || c.Op != bot.OpPost) {
		place.settled = append(place.settled, place.fresh)
		place.fresh = nil
	}
	now := time.Now()
	if now.Before(place.away) {
		fate = soakRefuse
	} else if now.Before(p.slow) && fate == soakOK {
		fate = soakSlow
	}
	p.counts["calls "+string(fate)]++
	return fate
}

// accept does what a call asks for.
func (p *soakPlatform) accept(c soakCall) (answer map[string]string, status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	place := p.place(c.Place)
	if c.Op == bot.OpPost {
		if root := place.byID[c.Thread]; c.Thread != "" && (root == nil || root.thread != "") {
			p.faults.add("a thread hangs on what is no root", "%s in %s at %s", c.Text, c.Place, c.Thread)
		}
		id := c.Place + "-bot-" + strconv.Itoa(len(place.shown)+1)
		s := p.show(place, &soakShown{id: id, thread: c.Thread, text: c.Text, post: c})
		if c.Copy {
			place.fresh = s
		}
		if c.Place == soakPR {
			p.decide(c)
		}
		return map[string]string{"id": id}, http.StatusOK
	}
	var s *soakShown
	if len(c.IDs) > 0 {
		s = place.byID[c.IDs[0]]
	}
	if s == nil {
		return nil, http.StatusNotFound
	}
	s.text, s.deleted = c.Text, s.deleted || c.Op == bot.OpDelete
	if c.Place == soakPR {
		p.decide(c)
	}
	return map[string]string{"id": s.id}, http.StatusOK
}

func (p *soakPlatform) show(place *soakPlace, s *soakShown) *soakShown {
	s.number = len(place.shown)
	place.shown = append(place.shown, s)
	place.byID[s.id] = s
	return s
}

// roots are what people in a room could answer to, the latest last: what they wrote at the top level, and copies whose
// ids the program is known to have.
func (p *soakPlatform) roots(room string, most int) []*soakShown {
	p.mu.Lock()
	defer p.mu.Unlock()
	place := p.place(room)
	var own, copies []*soakShown
	for _, s := range place.shown {
		if s.post.Op == "" && s.thread == "" {
			own = append(own, s)
		}
	}
	for _, s := range place.settled {
		if s.thread == "" && !s.deleted {
			copies = append(copies, s)
		}
	}
	return slices.Concat(own[max(0, len(own)-most):], copies[max(0, len(copies)-most):])
}

// start has something happen by itself.
func (p *soakPlatform) start(what func()) {
	p.underWay.Add(1)
	go func() {
		defer p.underWay.Add(-1)
		what()
	}()
}

// deliver brings an event to the program until it is acknowledged, and returns what was answered. Some come twice at
// once, some again after they were acknowledged.
func (p *soakPlatform) deliver(e soakEvent) soakOutcome {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", p.seed, e.ID)
	random := rand.New(rand.NewPCG(h.Sum64(), 1))
	if random.IntN(100) < 3 {
		p.start(func() { p.bring(e, "redelivered at once") })
	}
	outcome := p.bring(e, "")
	if random.IntN(100) < 4 {
		pause := time.Duration(random.IntN(3000)) * time.Millisecond
		p.start(func() {
			soakWait(p.ctx, pause)
			p.bring(e, "redelivered after the acknowledgement")
		})
	}
	return outcome
}

// soakOutcome is what the program answers to an event.
type soakOutcome struct {
	Form   string // what the dialog to open does; empty for none
	Seen   bool
	Errors map[string]string
}

// bring tries until the event is acknowledged.
func (p *soakPlatform) bring(e soakEvent, why string) (outcome soakOutcome) {
	if why != "" {
		p.count("events " + why)
	}
	body, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	for p.ctx.Err() == nil {
		if address := p.program.Load(); address != nil {
			data, err := soakPost(p.ctx, 5*time.Second, "http://"+*address+"/event", body)
			if err == nil && json.Unmarshal(data, &outcome) == nil {
				return outcome
			}
			p.count("events tried again")
		}
		soakWait(p.ctx, 15*time.Millisecond)
	}
	return outcome
}

// soakPost posts, and returns what was answered with OK.
func soakPost(ctx context.Context, most time.Duration, url string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	return io.ReadAll(res.Body)
}

// soakWait lets a platform's or a person's time go by, or returns when ctx ends.
func soakWait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// soakAdapter is the adapter of the platform, within the program.
type soakAdapter struct {
	platform string
	life     int
	left     http.HandlerFunc // tells what is left to do
	client   http.Client
	core     bot.Core
	ctx      context.Context
}

func (a *soakAdapter) Name() string { return "soak" }
func (a *soakAdapter) Ready() error { return nil }

func (a *soakAdapter) Can() bot.Capabilities {
	return bot.Capabilities{MaxText: 4000, Private: true, Threads: true, Edits: true, Forms: true}
}

// Run listens for events until ctx ends.
func (a *soakAdapter) Run(ctx context.Context, core bot.Core) error {
	a.core, a.ctx = core, context.WithoutCancel(ctx)
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/event", a.event)
	mux.HandleFunc("/left", a.left)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	fmt.Println(soakListening + l.Addr().String())
	<-ctx.Done()
	err = server.Shutdown(a.ctx)
	if end := <-ended; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	return err
}

// event acknowledges what the core took in.
func (a *soakAdapter) event(w http.ResponseWriter, r *http.Request) {
	var e soakEvent
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
		http.Error(w, "not an event", http.StatusBadRequest)
		return
	}
	out, err := a.core.Receive(a.ctx, bot.Message{
		Turn: e.ID, Kind: bot.MessageKind(e.Type), Place: bot.Place{ID: e.Place, Thread: e.Thread, Direct: e.Direct}, ID: e.Message,
		From: bot.Identity{ID: e.User, Name: e.User}, Text: e.Text, Do: e.Action, Fields: e.Values, At: e.Time,
	})
	if err != nil {
		http.Error(w, "not taken in", http.StatusServiceUnavailable)
		return
	}
	answer := soakOutcome{Seen: out.Seen, Errors: out.Errors}
	if out.Form != nil {
		answer.Form = out.Form.Do
	}
	_ = json.NewEncoder(w).Encode(answer) // a platform that is gone asks again
}

// Send calls the platform. What may have arrived has an unknown fate, and the test is told so: this adapter has no way
// of finding out.
func (a *soakAdapter) Send(ctx context.Context, d bot.Delivery) (bot.Sent, error) {
	if d.Op != bot.OpPost && len(d.IDs) == 0 {
		return bot.Sent{}, &bot.SendError{Fate: bot.Never, Reason: "no_id", Err: errors.New("the id of the message was never learnt")}
	}
	sent, err := a.call(ctx, d)
	var failed *bot.SendError
	if errors.As(err, &failed) && failed.Fate == bot.Unknown {
		line := soakUnknown
		if errors.Is(context.Cause(ctx), context.Canceled) {
			line = soakCut
		}
		fmt.Println(line + d.Post)
	}
	return sent, err
}

func (a *soakAdapter) call(ctx context.Context, d bot.Delivery) (bot.Sent, error) {
	body, err := json.Marshal(a.request(d))
	if err != nil {
		return bot.Sent{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+a.platform+"/", bytes.NewReader(body))
	if err != nil {
		return bot.Sent{}, err
	}
	res, err := a.client.Do(req)
	var refused *net.OpError
	switch {
	case errors.As(err, &refused) && refused.Op == "dial":
		return bot.Sent{}, &bot.SendError{Fate: bot.Retry, Reason: "away", Err: err}
	case err != nil:
		return bot.Sent{}, &bot.SendError{Fate: bot.Unknown, Reason: "no_answer", Err: err}
	}
	defer res.Body.Close()
	return answered(res)
}

// request is a delivery as the platform wants it.
func (a *soakAdapter) request(d bot.Delivery) soakCall {
	c := soakCall{
		Life: a.life, Op: d.Op, Post: d.Post, Revision: d.Revision, Place: d.Place.ID, Thread: d.Place.Thread, Direct: d.Place.Direct,
		Reader: d.Reader, IDs: d.IDs, Mark: d.Unsure, Card: d.Card,
	}
	if d.Copy != nil {
		c.Copy, c.Text, c.Quote = true, markup.Plain(d.Copy.Body), d.Copy.Quote
	}
	return c
}

// answered reads what the platform answered.
func answered(res *http.Response) (bot.Sent, error) {
	switch res.StatusCode {
	case http.StatusOK:
		var answer map[string]string
		if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
			return bot.Sent{}, &bot.SendError{Fate: bot.Unknown, Reason: "half_an_answer", Err: err}
		}
		return bot.Sent{IDs: []string{answer["id"]}}, nil
	case http.StatusTooManyRequests:
		ms, _ := strconv.Atoi(res.Header.Get("X-Retry-After-Ms"))
		return bot.Sent{}, &bot.SendError{Fate: bot.Retry, Reason: "rate_limited", After: time.Duration(ms) * time.Millisecond, Err: errors.New(res.Status)}
	case http.StatusServiceUnavailable:
		return bot.Sent{}, &bot.SendError{Fate: bot.Retry, Reason: "unavailable", Err: errors.New(res.Status)}
	case http.StatusGatewayTimeout:
		return bot.Sent{}, &bot.SendError{Fate: bot.Unknown, Reason: "gateway", Err: errors.New(res.Status)}
	}
	return bot.Sent{}, &bot.SendError{Fate: bot.Never, Reason: "refused", Err: errors.New(res.Status)}
}
