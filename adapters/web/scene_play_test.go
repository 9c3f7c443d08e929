package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"standleitung/adapters/web"
	"standleitung/bot"
	"standleitung/bot/say"
	"standleitung/store/bolt"
)

// theatre is the chat with a scene, on a real core and a real store.
type theatre struct {
	*testing.T
	path   string
	scene  *web.Scene
	host   *host
	watch  *browser
	finish func()
}

// testScene has one step of each kind.
func testScene() *web.Scene {
	return &web.Scene{
		Hero: "ines", Waits: "approval.release",
		Before: say.T("Alles erfunden.", "All invented."), During: say.T("Gleich ist es so weit.", "In a moment."),
		After: say.T("{Sie sind|Du bist} Ines.", "You are Ines."),
		Steps: []web.Step{
			{Person: "ines", Once: true, Text: say.T("vermerk Preise 2027 begriffe:teurer;dearer stufe:gelb prüfung:in 60 Tagen", "flag Prices 2027 terms:teurer;dearer level:yellow review:in 60 days")},
			{Person: "mara", Place: "sales", Text: say.T("Läuft die Pumpe ohne Cloud?", "Does the pump run without the cloud?")},
			{Person: "jan", Place: "social", Reply: true, Text: say.T("Daraus mache ich einen Beitrag.", "I'll make a post of that.")},
			{Person: "jan", Place: "social", Text: say.T("/thema Unsere Pumpe läuft ohne Cloud", "/topic Our pump runs without the cloud")},
			{Person: "jan", Place: "social", Press: "topic.anyway", Maybe: true},
			{Person: "lena", Press: "topic.accept"},
			{Person: "jan", Place: "social", Text: say.T("Ab Januar wird sie teurer.", "From January it gets dearer.")},
		},
	}
}

func newTheatre(t *testing.T, pause time.Duration) *theatre {
	t.Helper()
	s := &theatre{T: t, path: filepath.Join(t.TempDir(), "store.db"), scene: testScene()}
	for i := range s.scene.Steps {
		s.scene.Steps[i].Pause = pause
	}
	s.open()
	s.watch = newBrowser(t, s.host)
	t.Cleanup(func() {
		s.watch.Close()
		s.finish()
		s.host.close()
	})
	return s
}

// open starts everything on the store as it is.
func (s *theatre) open() {
	s.Helper()
	c := config(time.Now)
	c.Scene = s.scene
	a := newAdapter(s, c)
	store, err := bolt.Open(s.Context(), bolt.Config{Path: s.path, Now: time.Now, Migrations: bot.Migrations()})
	if err != nil {
		s.Fatal(err)
	}
	var members []bot.Member
	roles := map[string]bot.Roles{"ines": bot.PR, "mara": bot.Sales, "jan": bot.Social, "lena": bot.Lead}
	for _, p := range c.People {
		members = append(members, bot.Member{
			ID: p.ID, Name: p.Name, Roles: roles[p.ID], Voice: say.Voice{Language: p.Language, Address: p.Address},
			Identities: []bot.Identity{{Adapter: web.Name, ID: p.ID, Name: p.Name}},
		})
	}
	var rooms []bot.Room
	line := bot.Line{Name: "standleitung", Mode: bot.Mirror, Guard: true}
	for _, r := range c.Rooms {
		rooms = append(rooms, bot.Room{Name: r.ID, Party: r.Party, Place: web.RoomPlace(r.ID)})
		line.Rooms = append(line.Rooms, r.ID)
	}
	b, err := bot.New(bot.Config{
		Store: store, Adapters: []bot.Adapter{a}, Rooms: rooms, Lines: []bot.Line{line}, People: members, Now: time.Now,
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		s.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.Context()))
	ran := make(chan error, 1)
	go func() { ran <- b.Run(ctx) }()
	s.finish = sync.OnceFunc(func() {
		cancel()
		if err := <-ran; err != nil {
			s.Error(err)
		}
		if err := store.Close(); err != nil {
			s.Error(err)
		}
	})
	if s.host == nil {
		s.host = newHost(s, a)
	} else {
		s.host.show(a)
	}
	for a.Ready() != nil {
		time.Sleep(time.Millisecond)
	}
}

type sceneStatus struct {
	State, Place, Hero string
	Run                int
	Waits              bool
}

// tells does something with the scene; "" only asks how far it is.
func (s *theatre) tells(do, language string) (status sceneStatus) {
	s.Helper()
	body, err := json.Marshal(map[string]any{"do": do, "fields": map[string]string{"language": language}})
	if err != nil {
		s.Fatal(err)
	}
	method := http.MethodPost
	if do == "" {
		method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(s.Context(), method, s.host.url("/chat/scene"), bytes.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&status); err != nil || answer.StatusCode != http.StatusOK {
		s.Fatalf("%s: %s, %v", do, answer.Status, err)
	}
	return status
}

// ends waits until the scene is over.
func (s *theatre) ends() sceneStatus {
	s.Helper()
	for range 3000 {
		if status := s.tells("", ""); status.State != "playing" {
			return status
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.Fatal("the scene does not end")
	return sceneStatus{}
}

// count is how many posts in a place somebody sees that say something.
func (s *theatre) count(person, place, text string) (n int) {
	for _, p := range s.watch.posts(person, place) {
		said := p.Text
		if p.Card != nil {
			said = readable(p.Card)
		}
		if strings.Contains(said, text) {
			n++
		}
	}
	return n
}

// counts waits until something can be seen as often as wanted.
func (s *theatre) counts(person, place, text string, want int) {
	s.Helper()
	got := 0
	for range 500 {
		if got = s.count(person, place, text); got == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.Errorf("%s sees %q in %s %d times, want %d", person, text, place, got, want)
}

// played looks at what the scene must have left after some runs.
func (s *theatre) played(runs int) {
	s.Helper()
	for _, room := range []string{"sales", "pr", "social"} {
		s.counts("ines", room, "Läuft die Pumpe ohne Cloud?", runs)
		s.counts("ines", room, "Daraus mache ich einen Beitrag.", runs)
	}
	s.counts("lena", "direct", "Angenommen: Thema T-", runs)
	s.counts("ines", "direct", "Wartet auf Sie", runs)
	s.counts("ines", "direct", "Vermerk F-1", 1)
	s.counts("ines", "direct", "Vermerk F-2", 0)
	s.counts("ines", "social", "teurer", runs)
	for _, room := range []string{"sales", "pr"} {
		if n := s.count("ines", room, "teurer"); n > 0 {
			s.Errorf("what is held can be read %d times in %s", n, room)
		}
	}
}

func TestScenePlays(t *testing.T) {
	s := newTheatre(t, 20*time.Millisecond)
	if got, want := s.tells("", ""), (sceneStatus{State: "ready", Hero: "ines"}); got != want {
		t.Errorf("before: %+v, want %+v", got, want)
	}
	var both sync.WaitGroup
	for range 2 { // two pages at the same time
		both.Go(func() { s.tells("play", "de") })
	}
	both.Wait()
	if got, want := s.ends(), (sceneStatus{State: "over", Place: "social", Hero: "ines", Run: 1, Waits: true}); got != want {
		t.Errorf("after: %+v, want %+v", got, want)
	}
	s.played(1)
	s.tells("play", "de") // only the first visitor gets it unasked
	if got := s.tells("", ""); got.Run != 1 || got.State != "over" {
		t.Errorf("a second visitor: %+v", got)
	}
	for range 2 {
		both.Go(func() { s.tells("again", "de") })
	}
	both.Wait()
	if got := s.ends(); got.Run != 2 || !got.Waits {
		t.Errorf("again: %+v", got)
	}
	s.played(2)
}

// TestSceneOnThePage watches the scene in a browser and directs it with the keyboard alone.
func TestSceneOnThePage(t *testing.T) {
	for _, l := range []struct {
		name string
		look look
	}{{"wide", look{width: 1440, height: 900, still: true}}, {"phone", look{width: 390, height: 844, touch: true, dark: true}}} {
		t.Run(l.name, func(t *testing.T) {
			s := newTheatre(t, 400*time.Millisecond)
			p := newTab(t, s.host, l.look)
			call(p, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: "test", AcceptLanguage: "de-DE"})
			p.do(chromedp.Navigate(s.host.url("/?as=lena")))
			line := func(text string) { p.until(`document.querySelector('.scene p')?.textContent === ` + quote(text)) }
			line("Gleich ist es so weit.")
			p.until(`document.querySelector('.scene p').role === 'status' && document.querySelector('#main').getBoundingClientRect().top >= document.querySelector('.scene').getBoundingClientRect().bottom`)
			p.axe("scene-playing-" + l.name)
			if l.look.width < 1000 { // where it happens is where the page is
				p.until(`document.querySelector('#place-social').checkVisibility()`)
			}
			p.do(chromedp.Focus(chromedp.CSS(".scene button")))
			p.keys(kb.Enter)
			line("Sie sind Ines.")
			p.until(`document.querySelector('#person').value === 'ines' && document.querySelector('.direct [data-tone=hold]')?.checkVisibility()`)
			p.until(`document.activeElement.textContent === 'Noch einmal'`)
			p.axe("scene-over-" + l.name)
			s.played(1)

			p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#person').value = 'mara'; document.querySelector('#person').dispatchEvent(new Event('change'))`))
			line("Probier es aus: in jedem Raum, oder hier beim Bot.")
			p.do(chromedp.Focus(chromedp.CSS(".scene button")))
			p.keys(kb.Enter)
			line("Gleich ist es so weit.")
			p.until(`document.activeElement.textContent === 'Überspringen'`)
			p.keys(kb.Enter)
			line("Sie sind Ines.")
			s.played(2)
			p.keys(kb.Tab)
			p.keys(kb.Enter)
			p.until(`!document.querySelector('.scene').checkVisibility()`)

			p.open("ines") // later: nothing plays unasked
			line("Alles erfunden.")
			s.played(2)
		})
	}
}

func TestSceneIsSkipped(t *testing.T) {
	s := newTheatre(t, time.Hour)
	s.tells("skip", "") // nothing plays
	if got := s.tells("play", "en"); got.State != "playing" {
		t.Errorf("at first: %+v", got)
	}
	s.tells("skip", "")
	s.tells("skip", "")
	if got := s.ends(); !got.Waits {
		t.Errorf("skipped: %+v", got)
	}
	s.counts("mara", "pr", "Does the pump run without the cloud?", 1)
	s.counts("mara", "sales", "dearer", 0)
}

func TestSceneStaysWhereItIsAfterARestart(t *testing.T) {
	s := newTheatre(t, 0)
	s.scene.Steps[2].Pause = time.Hour // Mara has asked, and nobody has answered
	s.tells("play", "de")
	s.counts("ines", "pr", "Läuft die Pumpe ohne Cloud?", 1)
	s.finish() // does not wait for the hour
	s.scene.Steps[2].Pause = 0
	s.open()
	if got, want := s.tells("play", "de"), (sceneStatus{State: "idle", Hero: "ines", Run: 1}); got != want {
		t.Errorf("after the restart: %+v, want %+v", got, want)
	}
	s.counts("ines", "direct", "Wartet auf Sie", 0)
	s.tells("again", "de")
	if got := s.ends(); got.Run != 2 || !got.Waits {
		t.Errorf("again: %+v", got)
	}
	s.counts("ines", "pr", "Läuft die Pumpe ohne Cloud?", 2)
	s.counts("ines", "direct", "Wartet auf Sie", 1)
	s.counts("ines", "direct", "Vermerk F-2", 0)
}

func TestSceneDoesNotPlayUnasked(t *testing.T) {
	s := newTheatre(t, 0)
	s.watch.act("say", map[string]any{"person": "mara", "id": pageID(), "place": "sales", "text": "Guten Morgen"})
	s.counts("ines", "pr", "Guten Morgen", 1)
	if got := s.tells("play", "de"); got.State != "idle" || got.Run != 0 {
		t.Errorf("somebody has written: %+v", got)
	}
}

func TestSceneIsOnlyThereWhenConfigured(t *testing.T) {
	d := newDirect(t)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if r := d.ask(method, "/chat/scene", []byte(`{"do":"play"}`), func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }); r.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", method, r.Code)
		}
	}
	c := config(time.Now)
	c.Scene = &web.Scene{Hero: "nobody", Steps: []web.Step{{Person: "otto", Place: "attic"}}}
	_, err := web.New(c)
	for _, want := range []string{`no person "nobody"`, `no person "otto"`, `no room "attic"`, "either a text or a button"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("faults %v, want %q", err, want)
		}
	}
}
