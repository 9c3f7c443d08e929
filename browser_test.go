package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"standleitung/adapters/web/webtest"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// TestBrowser plays whole conversations with the built program in a real browser: one person suggests, another decides,
// a button is pressed twice, a form asks for a reason, the program is killed in between.
func TestBrowser(t *testing.T) {
	p := newProgram(t.Context(), t, browserConfig)
	p.start(t.Context(), t)
	p.waitUntilReady(t.Context(), t)
	page := newPage(t, "http://"+p.address)

	page.as("jan")
	page.sees("Willkommen an der Standleitung")
	page.writes("direct", "thema Warum unsere Azubis podcasten #ausbildung für:Bewerber")
	page.sees("Notiert: Thema T-1")
	page.sees("Lena entscheidet; du erfährst das Ergebnis.")

	page.writes("direct", "tema Messe in Hannover")
	page.sees("Nicht verstanden, nichts gesendet. Meintest du …")
	page.presses("thema")
	page.sees("Notiert: Thema T-2")

	page.as("mara")
	page.writes("sales", "/thema Dritter Kunde fragt: Läuft die Pumpe ohne Cloud?")
	page.sees("Lena entscheidet; Mara erfährt das Ergebnis.")
	page.writes("sales", "Das hier liest der Bot nicht")
	page.sees("Das hier liest der Bot nicht")

	page.as("lena")
	page.sees("Thema T-1")
	page.shot("chat", 1440, 900)
	page.presses("Annehmen") // the newest: T-3
	page.sees("Angenommen: Thema T-3. Mara weiß Bescheid.")
	page.pressesStale("lena", "topic.accept T-3")
	page.sees("Thema T-3 ist schon angenommen, von Lena")

	p.kill(t)
	p.start(t.Context(), t)
	p.waitUntilReady(t.Context(), t)
	page.presses("Ablehnen") // the newest that is open: T-2
	page.fillsIn("reason", "Das hatten wir im Mai.")
	page.sees("Abgelehnt: Thema T-2. Jan weiß Bescheid.")

	page.as("jan")
	page.sees("Lena hat dein Thema T-2 abgelehnt.")
	page.sees("Das hatten wir im Mai.")
	page.shot("conversation", 1440, 900)
	page.shot("conversation-phone", 390, 844)
	page.do(chromedp.EmulateViewport(1440, 900, chromedp.EmulateScale(1)))

	page.as("emma")
	page.writes("direct", "topics")
	page.sees("Topics: new")
	page.sees("Warum unsere Azubis podcasten")
	p.terminate(t)
}

// TestBrowserLine plays the line with the built program: a message crosses into the other rooms, a reply lands in its
// thread, an edit follows, a sensitive one is held until PR lets it go.
func TestBrowserLine(t *testing.T) {
	p := newProgram(t.Context(), t, browserConfig+"lines:\n  main: {rooms: [sales, pr, social]}\n")
	p.start(t.Context(), t)
	p.waitUntilReady(t.Context(), t)
	page := newPage(t, "http://"+p.address)

	page.as("ines")
	page.writes("direct", "vermerk Preise begriffe:teurer;Preiserhöhung stufe:gelb prüfung:in 60 Tagen")
	page.sees("Vermerk F-1: Preise")

	page.as("mara")
	page.writes("sales", "Dritter Kunde heute: Läuft die Pumpe ohne Cloud?")
	for _, room := range []string{"pr", "sales", "social"} {
		page.seesIn(room, "Dritter Kunde heute")
	}

	page.writes("sales", "Das ist **wichtig**, <b>nicht</b> [böse](javascript:alert(1)) und _neu_: https://nordpumpe.example")
	page.until(`document.querySelector('section[aria-labelledby=place-pr] .rich strong')?.textContent === 'wichtig'`)
	page.until(`document.querySelector('section[aria-labelledby=place-pr] .rich em')?.textContent === 'neu'`)
	page.until(`!document.querySelector('.rich b, a[href^="javascript"]')`)
	page.until(`document.querySelector('section[aria-labelledby=place-social] .rich a').href === 'https://nordpumpe.example/'`)

	page.as("jan")
	page.writes("social", "Ab Januar wird sie teurer.")
	page.seesIn("social", "Noch nicht gesendet: „teurer“ betrifft „Preise“. Ines ist gefragt")

	page.as("ines")
	page.sees("Wartet auf Sie: eine Nachricht von Jan Petersen")
	page.shot("line", 1440, 900)
	page.misses("sales", "teurer")
	page.presses("Senden")
	page.sees("Wird in zehn Sekunden gesendet.")
	page.seesIn("sales", "Ab Januar wird sie teurer.")
	page.seesIn("pr", "Ab Januar wird sie teurer.")
	page.sees("Freigegeben von Ines")
	page.shot("line-released", 1440, 900)
	page.shot("line-phone", 390, 844)
	p.terminate(t)
}

// browserConfig is the company of the built-in example, on a port of its own.
const browserConfig = `
listen: %s
store: {url: "bbolt:store.db"}
rooms:
  pr:     {party: pr, web: pr}
  sales:  {party: sales, web: sales}
  social: {party: social, web: social}
people:
  lena: {name: Lena Brandt, roles: [lead]}
  ines: {name: Ines Falk, roles: [pr]}
  mara: {name: Mara Yıldız, roles: [sales]}
  jan:  {name: Jan Petersen, roles: [social], address: du}
  emma: {name: Emma Clarke, roles: [sales], language: en}
`

// patience is how long anything on the page may take.
const patience = 30 * time.Second

// page is the chat in a real browser.
type page struct {
	*testing.T
	ctx     context.Context
	address string
}

func newPage(t *testing.T, address string) *page {
	t.Helper()
	nobodyElse := chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1") // nobody else is called
	p := &page{t, webtest.Browser(t, nobodyElse), address}
	p.do(chromedp.EmulateViewport(1440, 900, chromedp.EmulateScale(1)))
	return p
}

func (p *page) do(action chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, action); err != nil {
		p.Fatal(err)
	}
}

// until waits for an expression in the page to become true.
func (p *page) until(expression string) {
	p.Helper()
	late := time.After(patience)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](`Promise.resolve(`+expression+`).then(Boolean)`, chromedp.EvalAwaitPromise))
		if err != nil {
			p.Fatalf("%s: %v", expression, err)
		}
		if ok {
			return
		}
		select {
		case <-look.C:
		case <-late:
			p.shot("gave-up", 1440, 900)
			p.Fatalf("waited in vain for %s", expression)
		}
	}
}

// as opens the page as somebody and waits until it shows everything.
func (p *page) as(person string) {
	p.Helper()
	p.do(chromedp.Navigate(p.address + "/?as=" + person))
	p.until(`document.querySelector('.place') && !document.querySelector('main').ariaBusy`)
}

// sees waits until a text can be read somewhere, in a post that has arrived.
func (p *page) sees(text string) {
	p.Helper()
	p.until(fmt.Sprintf(`[...document.querySelectorAll('.entry[data-id]:not(.sending)')].some((e) => e.textContent.includes(%q))`, text))
}

// seesIn waits until a text can be read in a room.
func (p *page) seesIn(room, text string) {
	p.Helper()
	p.until(p.shown(room, text))
}

// misses fails when a text can be read in a room.
func (p *page) misses(room, text string) {
	p.Helper()
	if there, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](p.shown(room, text))); err != nil || there {
		p.Errorf("%q in %s: %v, %v", text, room, there, err)
	}
}

func (p *page) shown(room, text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%q)].some((e) => e.textContent.includes(%q))`,
		fmt.Sprintf("section[aria-labelledby=place-%s] .entry[data-id]:not(.sending)", room), text)
}

// writes types a text into the input of a place and sends it with Enter.
func (p *page) writes(place, text string) {
	p.Helper()
	box := fmt.Sprintf("section[aria-labelledby=place-%s] .composer textarea", place)
	p.until(fmt.Sprintf(`document.querySelector(%q)?.checkVisibility()`, box))
	p.do(chromedp.Click(chromedp.CSS(box)))
	p.do(chromedp.KeyEvent(text))
	p.enter()
}

func (p *page) enter() {
	p.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{
			Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, NativeVirtualKeyCode: 13,
		}); err != nil {
			p.Fatal(err)
		}
	}
}

// presses clicks twice on the newest button of a label, as a person in a hurry does.
func (p *page) presses(label string) {
	p.Helper()
	p.until(fmt.Sprintf(`(() => {
		const all = [...document.querySelectorAll('.entry[data-id] button')].filter((b) => b.textContent === %q);
		const last = all.at(-1);
		if (!last) return false;
		document.querySelectorAll('#pressed').forEach((b) => b.removeAttribute('id'));
		last.id = 'pressed';
		last.scrollIntoView({ block: 'center' });
		return true;
	})()`, label))
	p.do(chromedp.DoubleClick(chromedp.CSS("#pressed")))
}

// pressesStale presses a button that the card no longer shows, as a page does that has not heard of it yet.
func (p *page) pressesStale(person, do string) {
	p.Helper()
	p.until(fmt.Sprintf(`(async () => {
		const post = [...document.querySelectorAll('[data-id]')].at(-1).dataset.id;
		const answer = await fetch('/chat/press', { method: 'POST', headers: { 'Content-Type': 'application/json' },
			body: JSON.stringify({ person: %q, id: crypto.randomUUID(), place: 'direct', post, do: %q }) });
		return answer.ok;
	})()`, person, do))
}

// fillsIn fills in a field of the dialog that is open and sends it.
func (p *page) fillsIn(field, text string) {
	p.Helper()
	p.until(`document.querySelector('dialog[open]')`)
	box := fmt.Sprintf("dialog [name=%s]", field)
	p.do(chromedp.Click(chromedp.CSS(box)))
	p.do(chromedp.KeyEvent(text))
	p.do(chromedp.Click(chromedp.CSS("dialog button[type=submit]")))
	p.until(`!document.querySelector('dialog[open]')`)
}

// shot writes what is to be seen into the folder of the environment variable STANDLEITUNG_SCREENSHOTS, or among the
// artifacts of the test.
func (p *page) shot(name string, width, height int64) {
	p.Helper()
	p.do(chromedp.EmulateViewport(width, height, chromedp.EmulateScale(1)))
	p.until(`document.getAnimations().every((a) => a.playState !== 'running' || a.effect.getTiming().iterations === Infinity)`)
	folder := os.Getenv("STANDLEITUNG_SCREENSHOTS")
	if folder == "" {
		folder = p.ArtifactDir()
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600); err != nil {
		p.Error(err)
	}
}

// TestBrowserBriefing sets milestones with the built program and reads the situation on a phone, in both languages.
func TestBrowserBriefing(t *testing.T) {
	for _, l := range []struct {
		language, milestone, another, idea, held, flag, ask, title string
	}{
		{
			"de", "meilenstein Blog „KI im Service“ bis:heute an:@jan", "meilenstein Bild Herbstaktion bis:übermorgen an:@mara", "thema Azubis machen einen Podcast",
			"Ab Januar wird sie teurer.", "vermerk Quartalszahlen begriffe:teurer stufe:gelb bis:übermorgen prüfung:in 60 Tagen", "briefing jetzt", "Lage ·",
		},
		{
			"en", "milestone Blog “AI in service” until:today to:@jan", "milestone Picture autumn until:in 2 days to:@mara", "topic Apprentices make a podcast",
			"From January it will be dearer.", "flag Quarterly figures terms:dearer level:yellow until:in 2 days review:in 60 days", "briefing now", "Status ·",
		},
	} {
		t.Run(l.language, func(t *testing.T) {
			p := newProgram(t.Context(), t, "language: "+l.language+browserConfig+"lines:\n  main: {rooms: [sales, pr, social]}\nbriefing: {at: \"07:30\", to: [lead]}\n")
			p.start(t.Context(), t)
			p.waitUntilReady(t.Context(), t)
			page := newPage(t, "http://"+p.address)
			page.as("ines")
			page.writes("direct", l.flag)
			page.sees("F-1")
			page.as("mara")
			page.writes("direct", l.idea)
			page.sees("T-1")
			page.as("lena")
			page.writes("direct", l.milestone)
			page.sees("M-1")
			page.writes("direct", l.another)
			page.sees("M-2")
			page.as("jan")
			page.writes("social", l.held)
			page.sees("Quart")
			page.as("lena")
			page.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(1)))
			page.writes("direct", l.ask)
			page.sees(l.title)
			page.sees("Quart")
			page.shot("briefing-"+l.language, 390, 844)
			p.terminate(t)
		})
	}
}
