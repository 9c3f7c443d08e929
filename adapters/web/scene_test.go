package web_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"standleitung/adapters/web"
	"standleitung/bot"
	"standleitung/bot/say"
)

// call runs a command of the browser.
func call[P, R any](p *tab, command cdp.Command[P, R], params P) R {
	p.Helper()
	value, err := chromedp.Call(p.ctx, command, params)
	if err != nil {
		p.Fatal(err)
	}
	return value
}

// says lets somebody write and returns the id of the post.
func (s *stage) says(person, place, thread, text string) string {
	s.Helper()
	id := pageID()
	body := map[string]any{"person": person, "id": id, "place": place, "thread": thread, "text": text}
	if r := s.act.act("say", body); r.Status != 200 {
		s.Fatalf("say: %+v", r)
	}
	for {
		if _, ok := s.act.byID(person, id); ok {
			break
		}
		time.Sleep(time.Millisecond)
	}
	s.clockwork.move(time.Minute)
	return id
}

// byID returns a post as somebody sees it.
func (b *browser) byID(person, id string) (shownPost, bool) {
	v := b.page(person)
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := v.posts[id]
	return p, ok
}

// posts lets the bot say something.
func (s *stage) posts(d bot.Delivery) {
	s.Helper()
	if d.Op == "" {
		d.Op, d.Revision = bot.OpPost, 1
	}
	if _, err := s.a.Send(s.Context(), d); err != nil {
		s.Fatal(err)
	}
	s.clockwork.move(time.Minute)
}

// morning fills the rooms with a morning at Nordpumpe.
func (s *stage) morning() {
	s.Helper()
	s.clockwork.move(-42*time.Minute - 24*time.Hour)
	s.says("lena", "pr", "", "Die Quartalszahlen sind bis Donnerstag, 18 Uhr gesperrt.")
	s.clockwork.move(24 * time.Hour)
	s.posts(bot.Delivery{Post: "lage", Place: web.DirectPlace("ines"), Card: bot.Card{
		Title: "Lage · Mo 7.12.", Meta: "Wartet auf Sie: 2",
		Items: []bot.Item{
			{Text: "Freigabe „Preise“ bis 12:00", Button: &bot.Button{Label: "Lesen", Do: "a"}},
			{Text: "Thema „Azubis“, 6 Tage", Button: &bot.Button{Label: "Lesen", Do: "b"}},
			{Text: "10:00 Blog „KI im Service“ · Jan"},
			{Text: "Herbstaktion: Instagram fehlt", Meta: "seit Freitag", Button: &bot.Button{Label: "Planen", Do: "c"}},
			{Text: "Heikel: Quartalszahlen bis Do 18:00"},
		},
		Note: "Woche: 6 geplant, 2 überfällig, 1 frei",
	}})
	s.clockwork.move(25 * time.Minute)
	root := s.says("mara", "sales", "", "Dritter Kunde heute: Läuft die Pumpe ohne Cloud? Hier die Anfrage: https://forum.example/t/nordpumpe-ohne-cloud-4711 (lesenswert).")
	s.says("jan", "sales", root, "Daraus mache ich einen Beitrag.")
	s.says("mara", "sales", "", "Danke!")
	s.says("mara", "sales", "", "Der Kunde aus Ulm fragt außerdem nach einem Ersatzteil-Abo.")
	command := s.says("mara", "sales", "", "/kunde fragt, ob die Pumpe ohne Cloud läuft #onprem")
	s.posts(bot.Delivery{Post: "voice", Place: bot.Place{Adapter: "web", ID: "sales", Thread: command}, Reader: "mara", Card: bot.Card{
		Text: "Notiert: Kundenstimme V-17 zu #onprem, die dritte in dieser Woche. Lena erfährt es mit der Lage.",
	}})
	s.posts(bot.Delivery{Post: "hold", Place: web.RoomPlace("pr"), Card: bot.Card{
		Title: "Wartet auf Sie: eine Nachricht von Jan", Meta: "an vertrieb und pr · betrifft „Preise 2027“ · seit 1 Minute",
		Quote: "Ab Januar wird sie teurer.", Tone: bot.ToneHold,
		Buttons: []bot.Button{{Label: "Senden", Do: "x", Primary: true}, {Label: "Nicht senden", Do: "y"}, {Label: "Rückfrage", Do: "z"}},
		Note:    "Antwort bis 12:00, sonst geht nichts raus.",
	}})
	s.says("jan", "social", "", "Ab Januar wird sie teurer.")
	s.posts(bot.Delivery{Post: "held", Place: bot.Place{Adapter: "web", ID: "social"}, Reader: "jan", Voice: say.Voice{Language: say.English}, Card: bot.Card{
		Text: "Not sent yet: “teurer” touches pricing. Ines was asked; nothing goes out without her yes.", Tone: bot.ToneHold,
		Buttons: []bot.Button{{Label: "Change", Do: "x"}, {Label: "Withdraw", Do: "y", Danger: true}},
	}})
	s.posts(bot.Delivery{Post: "topic", Place: web.RoomPlace("social"), Card: bot.Card{
		Title: "Thema T-41", Meta: "von Mara Lindner · drei Kundenstimmen", Quote: "Läuft die Pumpe ohne Cloud?", Tone: bot.ToneDone,
		Text: "Angenommen: Beitrag P-12, erscheint am Mo, 14. Dezember.", Note: "Mara und Jan wissen Bescheid.",
	}})
	s.posts(bot.Delivery{Post: "gone", Place: web.RoomPlace("social"), Card: bot.Card{Text: "weg"}})
	s.posts(bot.Delivery{Post: "gone", Op: bot.OpDelete, Revision: 2, Place: web.RoomPlace("social")})
	s.says("ines", "direct", "", "darf ich sagen, dass wir das Werk Ulm modernisieren?")
	s.posts(bot.Delivery{Post: "may", Place: web.DirectPlace("ines"), Card: bot.Card{
		Title: "Bitte erst abstimmen: „Standorte“", Text: "So können Sie es sagen: „Wir investieren laufend in alle Standorte.“",
		Buttons: []bot.Button{{Label: "Tom fragen", Do: "x", Primary: true}, {Label: "Passt nicht", Do: "y"}},
	}})
	s.posts(bot.Delivery{Post: "welcome", Place: web.DirectPlace("jan"), Voice: say.Voice{Language: say.English}, Card: bot.Card{
		Text:    "Good morning, Jan. I read what is handed to me: commands, forms, and the rooms of a line. Nothing else.",
		Buttons: []bot.Button{{Label: "Topic", Do: "x"}, {Label: "Customer voice", Do: "y"}, {Label: "May I say that?", Do: "z"}},
	}})
	for i := range 7 {
		s.says([]string{"ines", "mara"}[i%2], "pr", s.thread("pr"), fmt.Sprintf("Antwort %d: %s", i+1, strings.Repeat("dazu gibt es etwas zu sagen ", i%3+1)))
	}
}

// thread is the id of the first post of a room.
func (s *stage) thread(room string) string { return s.act.posts("ines", room)[0].ID }
