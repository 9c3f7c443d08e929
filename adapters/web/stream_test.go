package web_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/web"
	"standleitung/bot"
)

// setting is a running chat that is spoken to over the network.
type setting struct {
	*testing.T
	a    *web.Adapter
	core *adaptertest.Core
	host *host
	*browser
}

func newSetting(t *testing.T) *setting {
	t.Helper()
	a := newAdapter(t, config(newClock().Now))
	core := adaptertest.NewCore()
	h := newHost(t, a)
	t.Cleanup(h.close)
	run(t, a, core)
	return &setting{t, a, core, h, newBrowser(t, h)}
}

// bot lets the bot say something in pr.
func (s *setting) bot(post, text string) {
	s.Helper()
	d := bot.Delivery{Post: post, Op: bot.OpPost, Revision: 1, Place: web.RoomPlace("pr"), Card: bot.Card{Text: text}}
	if _, err := s.a.Send(s.Context(), d); err != nil {
		s.Fatal(err)
	}
}

// until waits for a condition.
func (s *setting) until(what string, ok func() bool) {
	s.Helper()
	late := time.After(patience)
	for !ok() {
		select {
		case <-late:
			s.Fatalf("waited in vain until %s", what)
		case <-time.After(time.Millisecond):
		}
	}
}

// seen is what a page got so far: the numbers of events, and how many snapshots.
func (s *setting) seen(person string) (events []uint64, snapshots int) {
	v := s.page(person)
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(v.events), v.whole
}

// snapshot asks for everything that somebody sees.
func (s *setting) snapshot(person string) []shownPost {
	s.Helper()
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.host.url("/chat/snapshot?person="+person), nil)
	if err != nil {
		s.Fatal(err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	var all struct{ Posts []shownPost }
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		s.Fatal(err)
	}
	return all.Posts
}

// first reads the beginning of a stream.
func (s *setting) first(lastID string, bytes int) string {
	s.Helper()
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.host.url("/chat/events?person=ines"), nil)
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Last-Event-ID", lastID)
	resp, err := s.client.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	start := make([]byte, bytes)
	if _, err := io.ReadFull(resp.Body, start); err != nil {
		s.Fatal(err)
	}
	return string(start)
}

func TestStreamResumesWithoutGapOrRepetition(t *testing.T) {
	s := newSetting(t)
	s.page("ines")
	const n = 30
	for i := range n {
		if i%10 == 5 {
			s.until("what was sent is shown", func() bool { return len(s.posts("ines", "pr")) == i })
			s.host.close()
		}
		s.bot(fmt.Sprint("p", i), fmt.Sprint("Nummer ", i))
		if i%10 == 8 {
			s.host.open(t)
		}
	}
	s.until("everything is shown", func() bool { return len(s.posts("ines", "pr")) == n })
	events, snapshots := s.seen("ines")
	if len(events) != n || !slices.IsSorted(events) || len(slices.Compact(slices.Clone(events))) != n {
		t.Errorf("event numbers are %v, want %d growing ones", events, n)
	}
	if snapshots != 1 {
		t.Errorf("%d snapshots, want the stream to resume after the first", snapshots)
	}
}

func TestStreamBeginsAnewWhenTooFarBehind(t *testing.T) {
	s := newSetting(t)
	for i := range 2100 {
		s.bot(fmt.Sprint("p", i), "x")
	}
	last := postOf(t, s, "p2099")
	s.until("everything is shown", func() bool {
		all := s.snapshot("ines")
		return len(all) > 0 && all[len(all)-1].ID == last
	})
	for lastID, want := range map[string]string{
		"1": "event: snapshot", "": "event: snapshot", "99999999": "event: snapshot", "x": "event: snapshot", "6001": "event: post",
	} {
		if got := s.first(lastID, len("event: snapshot")); !strings.HasPrefix(got, want) {
			t.Errorf("after %q the stream begins with %q, want %q", lastID, got, want)
		}
	}
	if all := s.snapshot("ines"); len(all) != 500 || all[0].ID != postOf(t, s, "p1600") {
		t.Errorf("%d posts are kept from %s on, want the newest 500", len(all), all[0].ID)
	}
}

// postOf is the id under which a delivery is shown.
func postOf(t *testing.T, s *setting, post string) string {
	t.Helper()
	d := bot.Delivery{Post: post, Op: bot.OpPost, Revision: 1, Place: web.RoomPlace("pr")}
	sent, err := s.a.Send(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return sent.IDs[0]
}

func TestSlowPageIsDroppedAndHoldsUpNobody(t *testing.T) {
	s := newSetting(t)
	s.page("mara")
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", s.host.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// It asks and never reads.
	fmt.Fprintf(conn, "GET /chat/events?person=ines HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", s.host.addr)
	text := strings.Repeat("lang ", 10_000)
	const n = 500 // far more than the buffers of the network take
	for i := range n {
		s.bot(fmt.Sprint("p", i), text)
	}
	s.until("the other page got everything", func() bool { return len(s.posts("mara", "pr")) == n })
	rest, err := io.Copy(io.Discard, conn)
	if err != nil && !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
		t.Errorf("the slow stream ended with %v", err)
	}
	if want := int64(n * len(text)); rest >= want {
		t.Errorf("the slow page got %d bytes, want it dropped before all %d", rest, want)
	}
}

func TestBrokenJournal(t *testing.T) {
	s := newSetting(t)
	s.core.Break(errors.New("disk full"))
	_, err := s.a.Send(t.Context(), bot.Delivery{Post: "p", Op: bot.OpPost, Revision: 1, Place: web.RoomPlace("pr")})
	var e *bot.SendError
	if !errors.As(err, &e) || e.Fate != bot.Retry {
		t.Errorf("Send = %v, want retry", err)
	}
	s.act("say", map[string]any{"person": "ines", "id": pageID(), "place": "pr", "text": "x"})
	s.until("it is not ready", func() bool { return s.a.Ready() != nil })
	s.core.Break(nil)
	s.until("it is ready again", func() bool { return s.a.Ready() == nil })
	s.until("what was written is shown", func() bool { return len(s.posts("ines", "pr")) == 1 })
}

func TestLateEditChangesNothing(t *testing.T) {
	s := newSetting(t)
	edit := func(revision int, op bot.Op, text string) {
		d := bot.Delivery{Post: "p", Op: op, Revision: revision, Place: web.RoomPlace("pr"), Card: bot.Card{Text: text}}
		if _, err := s.a.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	edit(1, bot.OpPost, "eins")
	edit(3, bot.OpEdit, "drei")
	edit(2, bot.OpEdit, "zwei")
	s.bot("q", "danach")
	s.until("all is shown", func() bool { return len(s.posts("ines", "pr")) == 2 })
	if got := s.posts("ines", "pr")[0].Card.Text; got != "drei" {
		t.Errorf("shown is %q, want the newest revision", got)
	}
	edit(4, bot.OpDelete, "")
	edit(5, bot.OpEdit, "fünf")
	s.bot("r", "danach")
	s.until("all is shown", func() bool { return len(s.posts("ines", "pr")) == 3 })
	if p := s.posts("ines", "pr")[0]; !p.Deleted || p.Card != nil {
		t.Errorf("shown is %+v, want it gone for good", p)
	}
}

func TestThreadsOfThreadsAndPrivatePosts(t *testing.T) {
	s := newSetting(t)
	say := func(person, thread string) (string, reply) {
		id := pageID()
		return id, s.act("say", map[string]any{"person": person, "id": id, "place": "pr", "thread": thread, "text": "x"})
	}
	root, _ := say("ines", "")
	s.until("it is shown", func() bool { return len(s.posts("ines", "pr")) == 1 })
	answer, _ := say("mara", root)
	s.until("it is shown", func() bool { return len(s.posts("ines", "pr")) == 2 })
	say("ines", answer)
	all := s.core.Received()
	if got := all[len(all)-1].Place.Thread; got != root {
		t.Errorf("an answer to an answer is in the thread of %q, want %q", got, root)
	}
	d := bot.Delivery{Post: "p", Op: bot.OpPost, Revision: 1, Place: web.RoomPlace("pr"), Reader: "mara", Card: bot.Card{Text: "x"}}
	sent, err := s.a.Send(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	s.until("it is shown", func() bool { return len(s.posts("mara", "pr")) == 4 })
	for _, person := range []string{"mara", "ines"} {
		if _, r := say(person, sent.IDs[0]); r.Status != 404 {
			t.Errorf("%s answered to a private post in public: %+v", person, r)
		}
	}
}

func TestOldButtonsWork(t *testing.T) {
	s := newSetting(t)
	r := s.act("press", map[string]any{
		"person": "ines", "id": pageID(), "place": "pr", "thread": pageID(), "post": "bot.bGFuZ2UgaGVy", "do": "accept T-1",
	})
	if m := s.core.Received(); r.Status != 200 || len(m) != 1 || m[0].Do != "accept T-1" || m[0].ID != "bot.bGFuZ2UgaGVy" {
		t.Errorf("answer %+v, received %+v; want the press of a card that is not remembered", r, m)
	}
}
