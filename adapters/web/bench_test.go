package web_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/web"
	"standleitung/bot"
	"standleitung/bot/say"
)

// clock is the time of the tests: it stands still unless it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 12, 7, 8, 12, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// config is that of a small company.
func config(now func() time.Time) web.Config {
	return web.Config{
		Rooms: []web.Room{
			{ID: "sales", Name: "vertrieb", Party: "sales", Hears: []string{"pr", "social"}},
			{ID: "pr", Name: "pr", Party: "pr", Hears: []string{"vertrieb", "social"}},
			{ID: "social", Name: "social", Party: "social", Hears: []string{"vertrieb", "pr"}},
		},
		People: []web.Person{
			{ID: "ines", Name: "Ines Brandt", Title: "PR", Party: "pr", Language: say.German},
			{ID: "mara", Name: "Mara Lindner", Title: "Vertrieb", Party: "sales", Language: say.German, Address: say.Du},
			{ID: "jan", Name: "Jan Okafor", Title: "Social", Party: "social", Language: say.English},
			{ID: "lena", Name: "Lena Sommer", Title: "Leitung", Language: say.German},
		},
		Now: now,
	}
}

func newAdapter(t testing.TB, c web.Config) *web.Adapter {
	t.Helper()
	a, err := web.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// host serves an adapter over HTTP; the adapter can be exchanged, as by a restart of the program.
type host struct {
	addr   string
	server *http.Server
	done   chan struct{}
	routes atomic.Pointer[http.Handler]
}

func newHost(t testing.TB, a *web.Adapter) *host {
	t.Helper()
	h := &host{addr: "127.0.0.1:0"}
	h.show(a)
	h.open(t)
	return h
}

// show lets requests reach an adapter.
func (h *host) show(a *web.Adapter) {
	routes := a.Routes()
	h.routes.Store(&routes)
}

// open listens, at the same address as before.
func (h *host) open(t testing.TB) {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(h.addr, ":0") { // pages that are being followed read it
		h.addr = l.Addr().String()
	}
	h.done = make(chan struct{})
	h.server = &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*h.routes.Load()).ServeHTTP(w, r)
	})}
	go func() {
		defer close(h.done)
		_ = h.server.Serve(l)
	}()
}

// close breaks all connections off, as the end of the program does.
func (h *host) close() {
	_ = h.server.Close()
	<-h.done
}

func (h *host) url(path string) string { return "http://" + h.addr + path }

// run runs an adapter until the returned function is called, at the latest when the test ends.
func run(t testing.TB, a *web.Adapter, core bot.Core) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, core) }()
	for a.Ready() != nil {
		time.Sleep(time.Millisecond)
	}
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// shownPost is a post as the page gets it.
type shownPost struct {
	ID       string
	Number   uint64
	Place    string
	Thread   string
	From     *struct{ ID, Name, Party, Platform string }
	Text     string
	Rich     json.RawMessage
	Quote    string
	Written  time.Time
	Files    []shownFile
	Card     *bot.Card
	Language string
	At       time.Time
	Private  bool
	Edited   bool
	Deleted  bool

	Reactions []struct {
		Emoji string
		By    []string
	}
}

// shownFile is a file of a post.
type shownFile struct {
	Name, URL, Hash, Note, Gone string
	Size                        int64
	Image                       bool
}

// reply is the answer to an act of the page.
type reply struct {
	Status int
	bot.Outcome
	Seen  bool
	Error struct{ Code, Text string }
}

// browser speaks what the page speaks, for any person.
type browser struct {
	t      testing.TB
	host   *host
	client *http.Client
	ctx    context.Context
	cancel context.CancelFunc

	mu    sync.Mutex
	views map[string]*view
	last  func() reply
	wg    sync.WaitGroup
}

// view is what one page shows; it follows the stream and comes back when that ends.
type view struct {
	posts  map[string]shownPost
	number uint64
	whole  int      // snapshots that came
	events []uint64 // numbers of all events that came
}

func newBrowser(t testing.TB, h *host) *browser {
	ctx, cancel := context.WithCancel(context.Background())
	b := &browser{t: t, host: h, client: &http.Client{Transport: &http.Transport{}}, ctx: ctx, cancel: cancel, views: map[string]*view{}}
	t.Cleanup(b.Close)
	return b
}

// Close closes all pages.
func (b *browser) Close() {
	b.cancel()
	b.wg.Wait()
	b.client.CloseIdleConnections()
}

// act posts an act of the page.
func (b *browser) act(act string, body map[string]any) reply {
	b.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		b.t.Error(err)
	}
	b.mu.Lock()
	b.last = func() reply { return b.post(act, data) }
	b.mu.Unlock()
	return b.post(act, data)
}

func (b *browser) post(act string, data []byte) (r reply) {
	req, err := http.NewRequestWithContext(b.ctx, http.MethodPost, b.host.url("/chat/"+act), bytes.NewReader(data))
	if err != nil {
		b.t.Error(err)
		return r
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Error(err)
		return r
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		b.t.Errorf("answer to %s: %v", act, err)
	}
	r.Status = resp.StatusCode
	return r
}

// page opens a page of a person, if there is none, and returns once it showed everything.
func (b *browser) page(person string) *view {
	b.mu.Lock()
	v := b.views[person]
	if v == nil {
		v = &view{posts: map[string]shownPost{}}
		b.views[person] = v
		b.wg.Go(func() { b.follow(person, v) })
	}
	b.mu.Unlock()
	for b.ctx.Err() == nil && b.t.Context().Err() == nil {
		b.mu.Lock()
		whole := v.whole
		b.mu.Unlock()
		if whole > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return v
}

func (b *browser) follow(person string, v *view) {
	for b.ctx.Err() == nil {
		b.stream(person, v)
		select {
		case <-b.ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// stream reads one stream to its end.
func (b *browser) stream(person string, v *view) {
	req, err := http.NewRequestWithContext(b.ctx, http.MethodGet, b.host.url("/chat/events?person="+person), nil)
	if err != nil {
		b.t.Error(err)
		return
	}
	b.mu.Lock()
	if v.number > 0 {
		req.Header.Set("Last-Event-ID", strconv.FormatUint(v.number, 10))
	}
	b.mu.Unlock()
	resp, err := b.client.Do(req)
	if err != nil {
		return // the program is away; we come back
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 64<<20)
	var kind, id, data string
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "event":
			kind = value
		case "id":
			id = value
		case "data":
			data = value
		case "":
			if kind != "" {
				b.take(v, kind, id, data)
			}
			kind, id, data = "", "", ""
		}
	}
}

func (b *browser) take(v *view, kind, id, data string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	number, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		b.t.Errorf("event id: %v", err)
	}
	v.number = number
	switch kind {
	case "snapshot":
		var all struct{ Posts []shownPost }
		if err := json.Unmarshal([]byte(data), &all); err != nil {
			b.t.Errorf("snapshot: %v", err)
		}
		v.whole++
		v.posts = map[string]shownPost{}
		for _, p := range all.Posts {
			v.posts[p.ID] = p
		}
	case "post":
		var p shownPost
		if err := json.Unmarshal([]byte(data), &p); err != nil {
			b.t.Errorf("post: %v", err)
		}
		v.posts[p.ID] = p
		v.events = append(v.events, number)
	}
}

// posts are what a page shows at a place, in order.
func (b *browser) posts(person, place string) []shownPost {
	v := b.page(person)
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []shownPost
	for _, p := range v.posts {
		if p.Place == place {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(x, y shownPost) int { return int(x.Number) - int(y.Number) })
	return all
}

// The platform of adaptertest.

// pageID is an id as the page makes them.
func pageID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func placeOf(p bot.Place) string {
	if p.Direct {
		return "direct"
	}
	return p.ID
}

func (r reply) reaction() adaptertest.Reaction {
	return adaptertest.Reaction{Taken: r.Status == http.StatusOK, Form: r.Form, Errors: r.Errors}
}

func (b *browser) Say(s adaptertest.Speech) adaptertest.Reaction {
	text := map[adaptertest.How]string{adaptertest.Mentioned: "@Standleitung ", adaptertest.Slashed: "/"}[s.How] + s.Text
	return b.act("say", map[string]any{
		"person": s.By.ID, "id": pageID(), "place": placeOf(s.At), "thread": s.At.Thread, "text": text, "files": b.uploads(s.By.ID, s.Files),
	}).reaction()
}

func (b *browser) Edit(who bot.Identity, at bot.Place, id, text string) adaptertest.Reaction {
	return b.change("edit", who, at, id, map[string]any{"text": text})
}

func (b *browser) Delete(who bot.Identity, at bot.Place, id string) adaptertest.Reaction {
	return b.change("delete", who, at, id, map[string]any{})
}

func (b *browser) React(who bot.Identity, at bot.Place, id, emoji string, removed bool) adaptertest.Reaction {
	return b.change("react", who, at, id, map[string]any{"emoji": emoji, "removed": removed})
}

func (b *browser) Shortcut(who bot.Identity, at bot.Place, id, do string) adaptertest.Reaction {
	return b.change("shortcut", who, at, id, map[string]any{"do": do})
}

// change does something with a post that somebody sees: nobody can change what they do not.
func (b *browser) change(act string, who bot.Identity, at bot.Place, id string, body map[string]any) adaptertest.Reaction {
	for range 5000 {
		if _, ok := b.byID(who.ID, id); ok {
			break
		}
		time.Sleep(time.Millisecond)
	}
	body["person"], body["id"], body["place"], body["post"] = who.ID, pageID(), placeOf(at), id
	return b.act(act, body).reaction()
}

func (b *browser) Press(who bot.Identity, at bot.Place, label string) adaptertest.Reaction {
	for _, p := range slices.Backward(b.settled(who.ID, at)) {
		if p.Card == nil {
			continue
		}
		for _, button := range buttons(p.Card) {
			if button.Label == label {
				return b.act("press", map[string]any{
					"person": who.ID, "id": pageID(), "place": placeOf(at), "thread": p.Thread, "post": p.ID, "do": button.Do,
				}).reaction()
			}
		}
	}
	b.t.Errorf("%s sees no button %q", who.ID, label)
	return adaptertest.Reaction{}
}

// settled waits until a page has a post of the bot.
func (b *browser) settled(person string, at bot.Place) []shownPost {
	for range 5000 {
		all := b.posts(person, placeOf(at))
		if slices.ContainsFunc(all, func(p shownPost) bool { return p.Card != nil }) {
			return all
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

func buttons(c *bot.Card) []bot.Button {
	all := slices.Clone(c.Buttons)
	for _, item := range c.Items {
		if item.Button != nil {
			all = append(all, *item.Button)
		}
	}
	return all
}

func (b *browser) Submit(who bot.Identity, at bot.Place, form *bot.Form, fields map[string]string) adaptertest.Reaction {
	return b.act("submit", map[string]any{
		"person": who.ID, "id": pageID(), "place": placeOf(at), "thread": at.Thread, "do": form.Do, "fields": fields,
	}).reaction()
}

func (b *browser) Open(who bot.Identity) adaptertest.Reaction {
	return b.act("open", map[string]any{"person": who.ID}).reaction()
}

func (b *browser) Again() adaptertest.Reaction {
	b.mu.Lock()
	last := b.last
	b.mu.Unlock()
	return last().reaction()
}

func (b *browser) Direct(who bot.Identity) bot.Place { return web.DirectPlace(who.ID) }

func (b *browser) Shown(who bot.Identity, at bot.Place) []adaptertest.Shown {
	var all []adaptertest.Shown
	for _, p := range b.posts(who.ID, placeOf(at)) {
		if p.Deleted {
			continue
		}
		s := adaptertest.Shown{ID: p.ID, Thread: p.Thread, Text: p.Text, Late: !p.Written.IsZero()}
		switch {
		case p.From != nil && p.From.ID == "":
			s.Formatted = formattedTree(p.Rich)
			s.Author, s.Text = p.From.Name, strings.TrimPrefix(p.Quote+"\n"+p.Text, "\n")
		case p.From != nil:
			s.By = p.From.ID
		}
		for _, r := range p.Reactions {
			if slices.Contains(r.By, "") {
				s.Marks = append(s.Marks, r.Emoji)
			}
		}
		s.Text, s.Files = b.files(who.ID, s.Text, p.Files)
		if p.Card != nil {
			s.Text = readable(p.Card)
			for _, button := range buttons(p.Card) {
				s.Buttons = append(s.Buttons, button.Label)
			}
		}
		all = append(all, s)
	}
	return all
}

// readable is what can be read on a card.
func readable(c *bot.Card) string {
	parts := []string{c.Title, c.Meta, c.Quote, c.Text}
	for _, item := range c.Items {
		parts = append(parts, item.Text, item.Meta)
	}
	parts = slices.DeleteFunc(append(parts, c.Note), func(s string) bool { return s == "" })
	return strings.Join(parts, "\n")
}
