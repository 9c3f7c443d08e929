package web_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"standleitung/adapters/web"
	"standleitung/bot"
	"standleitung/bot/markup"
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

// copied lets the bot post what somebody wrote in another room, and returns the id of the copy.
func (s *stage) copied(to, thread, name, party, text string, more func(*bot.Delivery)) string {
	s.Helper()
	d := bot.Delivery{
		Post: "copy-" + to + "-" + text, Op: bot.OpPost, Revision: 1, Place: bot.Place{Adapter: "web", ID: to, Thread: thread},
		Copy: &bot.Copy{Author: bot.Author{Name: name, Party: party, Platform: "web"}, Body: markup.FromPlain(text)},
	}
	if more != nil {
		more(&d)
	}
	sent, err := s.a.Send(s.Context(), d)
	if err != nil {
		s.Fatal(err)
	}
	for {
		if _, ok := s.act.byID("ines", sent.IDs[0]); ok {
			return sent.IDs[0]
		}
		time.Sleep(time.Millisecond)
	}
}

// crosses lets somebody write in a room, and has it cross to the others: the ids by room. Roots are those of the message
// that it answers.
func (s *stage) crosses(person, name, party, room, text string, roots map[string]string) map[string]string {
	s.Helper()
	ids := map[string]string{room: s.says(person, room, roots[room], text)}
	s.clockwork.move(-time.Minute)
	for _, other := range []string{"sales", "pr", "social"} {
		if other != room {
			ids[other] = s.copied(other, roots[other], name, party, text, nil)
		}
	}
	s.clockwork.move(time.Minute)
	return ids
}

// line fills the rooms with what crosses them, and with one message that does not.
func (s *stage) line() {
	s.Helper()
	s.clockwork.move(-30 * time.Minute)
	root := s.crosses("mara", "Mara Lindner", "sales", "sales", "Dritter Kunde heute: Läuft die Pumpe ohne Cloud?", nil)
	s.crosses("jan", "Jan Okafor", "social", "social", "Daraus mache ich einen Beitrag.", root)
	s.crosses("ines", "Ines Brandt", "pr", "pr", "Bitte mit dem Satz aus dem Register: „läuft auch ohne Internet“.", root)
	s.crosses("mara", "Mara Lindner", "sales", "sales", "Der Kunde aus Ulm fragt außerdem nach einem Ersatzteil-Abo.", nil)
	s.crosses("mara", "Mara Lindner", "sales", "sales", "Ich frage nach, ob er dafür zahlen würde.", nil)
	s.clockwork.move(7 * time.Minute)
	for _, room := range []string{"sales", "pr"} {
		s.copied(room, "", "Tom Weiß", "management", "Sehr gut. Bitte bis Freitag zusammenfassen.", func(d *bot.Delivery) {
			d.Copy.Author.Platform = "teams"
			d.Copy.Written = s.clockwork.Now().Add(-14 * time.Minute)
			d.Copy.Quote = "Wer fasst zusammen, was Kunden zur Cloud fragen, und bis wann?"
		})
	}
	s.clockwork.move(time.Minute)
	held := s.says("jan", "social", "", "Gute Nachricht zuerst: Sie bleibt lieferbar. Ab Januar wird sie teurer, aber nicht viel teurer.")
	s.posts(bot.Delivery{Post: "held", Place: bot.Place{Adapter: "web", ID: "social", Thread: held}, Reader: "jan", Card: bot.Card{
		Quote: "Gute Nachricht zuerst: Sie bleibt lieferbar. Ab Januar wird sie teurer, aber nicht viel teurer.", Marks: []string{"teurer"}, Tone: bot.ToneHold,
		Text:    "Noch nicht gesendet: „teurer“ betrifft „Preise 2027“. Ines ist gefragt; ohne ein Ja geht nichts raus.",
		Buttons: []bot.Button{{Label: "Ändern", Do: "x"}, {Label: "Zurückziehen", Do: "y"}},
		Note:    "Im Raum social ist es schon zu lesen: Bitte lösche es dort, wenn es da nicht stehen soll.",
	}})
	s.posts(bot.Delivery{Post: "approve", Place: web.DirectPlace("ines"), Card: bot.Card{
		Title: "Wartet auf Sie: eine Nachricht von Jan Okafor", Meta: "an vertrieb, pr · betrifft „Preise 2027“ (abstimmen) · seit 09:55",
		Quote: "Gute Nachricht zuerst: Sie bleibt lieferbar. Ab Januar wird sie teurer, aber nicht viel teurer.", Marks: []string{"teurer"}, Tone: bot.ToneHold,
		Buttons: []bot.Button{{Label: "Senden", Do: "x", Primary: true}, {Label: "Nicht senden", Do: "y"}, {Label: "Rückfrage", Do: "z"}},
		Note:    "Ohne ein Ja geht nichts raus.",
	}})
}

// thread is the id of the first post of a room.
func (s *stage) thread(room string) string { return s.act.posts("ines", room)[0].ID }
