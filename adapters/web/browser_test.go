package web_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/web"
	"standleitung/adapters/web/webtest"
	"standleitung/bot"
)

// tab is a page in a real browser.
type tab struct {
	testing.TB
	ctx  context.Context
	host *host
}

// look is how a page is looked at.
type look struct {
	width, height int64
	dark, still   bool // the system's dark colours; reduced motion
	touch         bool
}

var wide = look{width: 1440, height: 900}

// newTab starts a browser of its own. Faults in the page's scripts fail the test.
func newTab(t testing.TB, h *host, l look) *tab {
	t.Helper()
	p := &tab{t, webtest.Browser(t, chromedp.Flag("force-color-profile", "srgb")), h}
	p.do(chromedp.Steps()) // starts the browser
	p.complain()
	p.look(l)
	p.clock()
	return p
}

// complain fails the test when the page's scripts or its security policy complain.
func (p *tab) complain() {
	messages := chromedp.Console(p.ctx)
	go func() {
		for m, err := range messages {
			if err != nil || p.ctx.Err() != nil {
				return
			}
			if m.Type == chromedp.ConsoleException || strings.Contains(m.Text, "Content Security Policy") || strings.Contains(m.Text, "Trusted") {
				p.Errorf("the page complains: %s", m.Text)
			}
		}
	}()
}

// clock lets the page live in the time of the tests, in Berlin.
func (p *tab) clock() {
	const script = `{ const late = Date.UTC(2026, 11, 7, 8, 20) - Date.now(); const Real = Date;
		globalThis.Date = class extends Real { constructor(...a) { if (a.length) super(...a); else super(Real.now() + late); } static now() { return Real.now() + late; } }; }`
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	call(p, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Europe/Berlin"})
}

// look changes how the page is looked at.
func (p *tab) look(l look) {
	p.Helper()
	options := []chromedp.EmulateViewportOption{chromedp.EmulateScale(1)}
	if l.touch {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	p.do(chromedp.EmulateViewport(l.width, l.height, options...))
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}}
	if l.dark {
		features[0].Value = "dark"
	}
	if l.still {
		features = append(features, &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
	}
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
}

// patience is how long anything on the page may take.
const patience = 30 * time.Second

func (p *tab) do(action chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, action); err != nil {
		p.Fatal(err)
	}
}

// eval returns the value of an expression in the page.
func eval[T any](p *tab, expression string) T {
	p.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return value
}

// until waits for an expression in the page to become true.
func (p *tab) until(expression string) {
	p.Helper()
	late := time.After(patience)
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for !eval[bool](p, `Boolean(`+expression+`)`) {
		select {
		case <-look.C:
		case <-late:
			p.shot("gave-up")
			p.Fatalf("waited in vain for %s", expression)
		}
	}
}

// open opens the page as somebody and waits until it shows everything.
func (p *tab) open(person string) {
	p.Helper()
	p.do(chromedp.Navigate(p.host.url("/?as=" + person)))
	p.settled()
}

func (p *tab) settled() {
	p.Helper()
	p.until(`document.querySelector('.place') && !document.querySelector('main').ariaBusy && document.fonts.status === 'loaded'`)
}

// click clicks in the middle of an element, with the mouse.
func (p *tab) click(selector string) {
	p.Helper()
	p.until(`document.querySelector(` + quote(selector) + `)?.checkVisibility()`)
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// keys types, as the keyboard does.
func (p *tab) keys(keys string) {
	p.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// shot writes what is to be seen into the folder of the environment variable STANDLEITUNG_SCREENSHOTS, or among the
// artifacts of the test.
func (p *tab) shot(name string) {
	p.Helper()
	folder := os.Getenv("STANDLEITUNG_SCREENSHOTS")
	if folder == "" {
		folder = p.ArtifactDir()
	}
	p.until(`document.getAnimations().every((a) => a.playState !== 'running' || a.effect.getTiming().iterations === Infinity)`)
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600)
	}
	if err != nil {
		p.Error(err)
	}
}

func quote(s string) string { return fmt.Sprintf("%q", s) }

// in is the selector of a place.
func in(place string) string { return fmt.Sprintf("section[aria-labelledby=place-%s] ", place) }

// stage is a chat with a core, a host and a page.
type stage struct {
	*tab
	a         *web.Adapter
	core      *adaptertest.Core
	clockwork *clock
	act       *browser
	stopRun   func()
}

func newStage(t testing.TB, l look) *stage {
	t.Helper()
	clock := newClock()
	return newStageOf(t, l, clock, config(clock.Now))
}

func newStageOf(t testing.TB, l look, clock *clock, c web.Config) *stage {
	t.Helper()
	a := newAdapter(t, c)
	core := adaptertest.NewCore()
	h := newHost(t, a)
	t.Cleanup(func() { h.close() })
	stop := run(t, a, core)
	return &stage{newTab(t, h, l), a, core, clock, newBrowser(t, h), stop}
}

// TestLook takes pictures of a morning in the rooms, to be looked at.
func TestLook(t *testing.T) {
	s := newStage(t, wide)
	s.morning()
	for _, l := range []struct {
		name   string
		look   look
		person string
		place  string
	}{
		{"wide-light-de", wide, "ines", "direct"},
		{"wide-dark-en", look{width: 1440, height: 900, dark: true}, "jan", "direct"},
		{"phone-light-de", look{width: 390, height: 844, touch: true}, "ines", "direct"},
		{"phone-light-room", look{width: 390, height: 844, touch: true}, "mara", "sales"},
		{"phone-dark-en", look{width: 390, height: 844, touch: true, dark: true}, "jan", "social"},
		{"small-light-de", look{width: 320, height: 640, touch: true}, "ines", "pr"},
		{"middle-light-de", look{width: 900, height: 760}, "ines", "pr"},
	} {
		s.look(l.look)
		s.open(l.person)
		if l.look.width < 1120 {
			s.until(`document.querySelector('#tabs').checkVisibility()`)
			eval[bool](s.tab, `(document.querySelectorAll('#tabs button')[`+map[string]string{"direct": "0", "sales": "1", "pr": "2", "social": "3"}[l.place]+`].click(), true)`)
		}
		s.shot(l.name)
		if got := eval[int64](s.tab, `Math.max(document.documentElement.scrollWidth, innerWidth)`); got != l.look.width {
			t.Errorf("%s: the page is %d px wide, the window %d", l.name, got, l.look.width)
		}
	}
}

// write types a text into the input of a place and sends it with Enter.
func (p *tab) write(place, text string) {
	p.Helper()
	p.click(in(place) + ".composer textarea")
	p.keys(text)
	p.enter()
}

// enter presses Enter as a keyboard does: the character follows only if the page lets it.
func (p *tab) enter() {
	p.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, NativeVirtualKeyCode: 13})
	}
}

// texts are the posts of a place as they can be read.
func (p *tab) texts(place string) []string {
	p.Helper()
	return eval[[]string](p, `[...document.querySelectorAll(`+quote(in(place)+".entry[data-id] > .post .text")+`)].map((e) => e.textContent)`)
}

// shows waits until a place shows a text.
func (p *tab) shows(place, text string) {
	p.Helper()
	p.until(`[...document.querySelectorAll(` + quote(in(place)+".entry[data-id]:not(.sending)") + `)].some((e) => e.textContent.includes(` + quote(text) + `))`)
}

func TestPostingIsSeenByOthers(t *testing.T) {
	s := newStage(t, wide)
	s.open("mara")
	s.write("sales", "Läuft die Pumpe ohne Cloud?")
	s.shows("sales", "Läuft die Pumpe ohne Cloud?")
	if got := eval[string](s.tab, `document.querySelector('#place-sales').closest('section').querySelector('textarea').value`); got != "" {
		t.Errorf("the input still holds %q", got)
	}
	m := s.core.Effects()[len(s.core.Effects())-1]
	if m.From.ID != "mara" || m.Place != web.RoomPlace("sales") || m.Addressed {
		t.Errorf("the core got %+v", m)
	}
	s.says("jan", "sales", m.ID, "Daraus mache ich einen Beitrag.")
	s.until(`document.querySelector('.replies .reply')?.textContent.includes('Beitrag')`)
	if got := s.texts("sales"); len(got) != 2 {
		t.Errorf("shown are %q, want two posts", got)
	}
}

func TestThreadReply(t *testing.T) {
	s := newStage(t, wide)
	root := s.says("jan", "social", "", "Wer macht das Bild?")
	s.open("ines")
	s.do(chromedp.Focus(chromedp.CSS(in("social") + ".entry")))
	s.keys(kb.Enter)
	s.until(`document.activeElement.matches('.replies textarea')`)
	s.keys("Ich")
	s.enter()
	s.until(`document.querySelector('.reply:not(.sending)')?.textContent.includes('Ich')`)
	all := s.core.Effects()
	if got := all[len(all)-1].Place.Thread; got != root {
		t.Errorf("the reply is in the thread of %q, want %q", got, root)
	}
	s.keys(kb.Escape)
	s.until(`!document.querySelector('.replies textarea') && document.activeElement.matches('.entry')`)
}

func TestPressAndForm(t *testing.T) {
	s := newStage(t, wide)
	release := make(chan struct{})
	form := &bot.Form{
		Do: "decline T-41", Title: "Thema T-41 ablehnen", Text: "Mara erfährt den Grund.", Submit: "Ablehnen", Cancel: "Abbrechen",
		Fields: []bot.Field{
			{Name: "reason", Label: "Grund", Kind: bot.FieldText, Required: true, Hint: "So, wie Sie es Mara sagen würden."},
			{Name: "when", Label: "Noch einmal ansehen", Kind: bot.FieldDate, Hint: "zum Beispiel: übermorgen"},
			{Name: "who", Label: "Wer sagt es ihr?", Kind: bot.FieldChoice, Required: true, Value: "lena", Options: []bot.Option{{Value: "me", Label: "Ich"}, {Value: "lena", Label: "Lena"}}},
		},
	}
	s.core.Answer(func(m bot.Message) (bot.Outcome, error) {
		switch {
		case m.Kind == bot.Pressed && m.Do == "accept T-41":
			<-release
		case m.Kind == bot.Pressed:
			return bot.Outcome{Form: form}, nil
		case m.Kind == bot.Submitted && m.Fields["reason"] == "":
			return bot.Outcome{Errors: map[string]string{"reason": "Ohne Grund geht es nicht."}}, nil
		}
		return bot.Outcome{}, nil
	})
	card := bot.Delivery{Post: "t41", Place: web.RoomPlace("pr"), Card: bot.Card{
		Title: "Thema T-41", Quote: "Läuft die Pumpe ohne Cloud?",
		Buttons: []bot.Button{{Label: "Annehmen", Do: "accept T-41", Primary: true}, {Label: "Ablehnen", Do: "decline T-41"}},
	}}
	s.posts(card)
	s.open("ines")
	s.click(in("pr") + ".row .main")
	s.until(`document.querySelector('.row .main').ariaBusy === 'true' && document.activeElement === document.querySelector('.row .main')`)
	s.keys(kb.Enter) // a second press changes nothing while the first is under way
	close(release)
	s.until(`!document.querySelector('.row .main').ariaBusy`)
	if n := len(s.core.Received()); n != 2 { // the first look at the direct conversation is the other one
		t.Errorf("the core got %d messages, want the press once", n)
	}

	s.click(in("pr") + ".row button:not(.main)")
	s.until(`document.querySelector('dialog').open && document.activeElement.name === 'reason'`)
	s.shot("form")
	s.axe("form")
	s.click("dialog .main")
	s.until(`document.activeElement.name === 'reason' && document.activeElement.ariaInvalid === 'true'`)
	if got := eval[string](s.tab, `document.activeElement.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).textContent).join(' ')`); !strings.Contains(got, "Ohne Grund geht es nicht.") {
		t.Errorf("the field is described by %q", got)
	}
	s.shot("form-error")
	s.keys("Schon erzählt")
	s.keys(kb.Escape)
	s.until(`!document.querySelector('dialog').open && document.activeElement.textContent === 'Ablehnen'`)
	s.keys(kb.Enter)
	s.until(`document.activeElement.value === 'Schon erzählt'`)
	s.click("dialog .main")
	s.until(`!document.querySelector('dialog').open`)
	all := s.core.Effects()
	want := map[string]string{"reason": "Schon erzählt", "when": "", "who": "lena"}
	if diff := cmp.Diff(want, all[len(all)-1].Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	card.Op, card.Revision, card.Card = bot.OpEdit, 2, bot.Card{Title: "Thema T-41", Text: "Abgelehnt.", Tone: bot.ToneDone}
	s.posts(card)
	s.until(`document.querySelector('.card').textContent.includes('Abgelehnt') && !document.querySelector('.card button')`)
}

func TestTypedCommandOpensItsForm(t *testing.T) {
	s := newStage(t, wide)
	s.core.Answer(func(m bot.Message) (bot.Outcome, error) {
		if m.Text != "thema" {
			return bot.Outcome{}, nil
		}
		return bot.Outcome{Form: &bot.Form{Do: "topic.new", Title: "Thema", Submit: "Vorschlagen", Cancel: "Abbrechen", Fields: []bot.Field{{Name: "text", Label: "Worum geht es?", Kind: bot.FieldLine}}}}, nil
	})
	s.open("ines")
	s.write("pr", "/thema")
	s.until(`document.querySelector('dialog').open`)
	if got := s.texts("pr"); len(got) != 0 {
		t.Errorf("the command is shown: %q", got)
	}
	s.keys(kb.Escape)
	s.until(`document.activeElement.matches('textarea')`)
}

func TestServerGoesAndComesBack(t *testing.T) {
	s := newStage(t, wide)
	s.open("mara")
	s.write("sales", "vorher")
	s.shows("sales", "vorher")

	s.stopRun()
	s.host.close()
	s.until(`!document.querySelector('#lost').hidden`)
	s.write("sales", "unterdessen")
	s.until(`document.querySelector('.entry.sending .fate')`)
	s.click(in("pr") + "textarea")
	s.keys("halb fertig")
	s.shot("lost")
	s.axe("lost")

	s.a = newAdapter(t, config(s.clockwork.Now))
	run(t, s.a, s.core)
	s.host.show(s.a)
	s.host.open(t)
	s.says("jan", "sales", "", "von Jan")
	s.click("#lost button")
	s.until(`document.querySelector('#lost').hidden`)
	s.shows("sales", "von Jan")
	s.do(chromedp.Click(chromedp.CSS(in("sales") + ".entry.sending .row button")))
	s.shows("sales", "unterdessen")
	if diff := cmp.Diff([]string{"vorher", "von Jan", "unterdessen"}, s.texts("sales")); diff != "" {
		t.Errorf("shown (-want +got):\n%s", diff)
	}
	if got := eval[string](s.tab, `document.querySelector('[aria-labelledby=place-pr] textarea').value`); got != "halb fertig" {
		t.Errorf("the draft became %q", got)
	}
	s.open("mara") // and everything is as it was after a reload
	s.shows("sales", "unterdessen")
	if got := s.texts("sales"); len(got) != 3 {
		t.Errorf("after a reload %q is shown", got)
	}
}

func TestRefusedTextStaysInTheInput(t *testing.T) {
	s := newStage(t, wide)
	s.open("mara")
	long := strings.Repeat("x", 40_001)
	s.click(in("sales") + "textarea")
	s.do(chromedp.Evaluate[chromedp.Void](`document.execCommand('insertText', false, ` + quote(long) + `)`))
	s.enter()
	s.until(`document.activeElement.ariaInvalid === 'true' && document.querySelector('.composer .fate:not([hidden])').textContent.includes('40001')`)
	if got := eval[int](s.tab, `document.activeElement.value.length`); got != len(long) {
		t.Errorf("%d characters stayed, want %d", got, len(long))
	}
}

func TestNothingThatPeopleWriteBecomesActive(t *testing.T) {
	s := newStage(t, wide)
	hostile := []string{
		`<script>window.hit=1</script>`, `<img src=x onerror="window.hit=1">`, `"><svg onload=window.hit=1>`,
		`javascript:window.hit=1`, `https://example.com/"onmouseover="window.hit=1`, `[x](javascript:window.hit=1)`,
		"\u202egnp.exe \u2066 \u0000\u0007 \u009b", `https://bank.example@evil.example/`, `{{constructor.constructor('window.hit=1')()}}`,
	}
	for i, text := range hostile {
		s.says("jan", "pr", "", text)
		s.posts(bot.Delivery{Post: fmt.Sprint("p", i), Place: web.RoomPlace("social"), Card: bot.Card{
			Title: text, Meta: text, Quote: text, Text: text, Note: text, Tone: bot.Tone(text),
			Items:   []bot.Item{{Ref: text, Text: text, Meta: text, Button: &bot.Button{Label: text, Do: "x"}}},
			Buttons: []bot.Button{{Label: text, Do: "y"}},
		}})
	}
	s.open("ines")
	s.shows("pr", "constructor")
	for _, text := range hostile[:6] {
		s.shows("pr", text)
	}
	links := eval[[]string](s.tab, `[...document.querySelectorAll('main a')].map((a) => a.href + ' ' + a.rel)`)
	for _, link := range links {
		if !strings.HasPrefix(link, "https://example.com/ noopener") {
			t.Errorf("a link leads to %s", link)
		}
	}
	if n := eval[int](s.tab, `document.querySelectorAll('main script, main img, main svg svg, main [onload], main [onerror]').length`); n != 0 {
		t.Errorf("%d elements were made of texts", n)
	}
	if eval[bool](s.tab, `'hit' in window`) {
		t.Error("a script that somebody wrote has run")
	}
	if got := strings.Join(s.texts("pr"), ""); strings.ContainsAny(got, "\u202e\u2066\u0000\u0007\u009b") {
		t.Errorf("control characters are shown raw: %q", got)
	}
	s.shot("hostile")
}

// TestKeyboardOnly goes through the page without a mouse.
func TestKeyboardOnly(t *testing.T) {
	s := newStage(t, wide)
	s.posts(bot.Delivery{Post: "card", Place: web.RoomPlace("sales"), Card: bot.Card{
		Title: "Thema T-41", Buttons: []bot.Button{{Label: "Annehmen", Do: "accept", Primary: true}},
	}})
	s.says("mara", "sales", "", "Zweite")
	s.open("ines")
	s.keys(kb.Tab)
	s.until(`document.activeElement.id === 'skip' && document.activeElement.getBoundingClientRect().top >= 0`)
	s.keys(kb.Enter)
	s.until(`document.activeElement.matches('.direct textarea')`)
	for range 40 {
		if eval[bool](s.tab, `document.activeElement.matches('[aria-labelledby=place-sales] .log')`) {
			break
		}
		s.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift)))
		visible := eval[bool](s.tab, `getComputedStyle(document.activeElement).outlineStyle !== 'none' || document.activeElement.matches('textarea') || document.activeElement === document.body`)
		if !visible {
			t.Errorf("the focus is not to be seen on %s", eval[string](s.tab, `document.activeElement.outerHTML.slice(0, 120)`))
		}
	}
	s.until(`document.activeElement.matches('[aria-labelledby=place-sales] .log')`)
	s.keys(kb.ArrowUp)
	s.until(`document.activeElement.textContent.includes('Zweite')`)
	s.keys(kb.ArrowUp)
	s.until(`document.activeElement.textContent.includes('T-41')`)
	for range 4 {
		if eval[bool](s.tab, `document.activeElement.textContent === 'Annehmen'`) {
			break
		}
		s.keys(kb.Tab)
	}
	s.keys(kb.Enter)
	s.until(`document.activeElement.textContent === 'Annehmen' && !document.activeElement.ariaBusy`)
	all := s.core.Effects()
	if m := all[len(all)-1]; m.Kind != bot.Pressed || m.Do != "accept" {
		t.Errorf("the last message is %+v, want the press", m)
	}
}

func TestWhoIsWho(t *testing.T) {
	s := newStage(t, wide)
	s.posts(bot.Delivery{Post: "p", Place: web.DirectPlace("ines"), Card: bot.Card{Text: "nur für Ines"}})
	s.open("ines")
	s.until(`document.querySelector('.direct').textContent.includes('nur für Ines')`)
	s.do(chromedp.SetValue(chromedp.CSS("#person"), "jan"))
	s.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#person').dispatchEvent(new Event('change'))`))
	s.settled()
	s.until(`document.documentElement.lang === 'en' && document.querySelector('#who-label').textContent === 'You are'`)
	if eval[bool](s.tab, `document.body.textContent.includes('nur für Ines')`) {
		t.Error("Jan reads what is for Ines")
	}
	if got := eval[string](s.tab, `location.search`); got != "?as=jan" {
		t.Errorf("the address says %q", got)
	}
	s.until(`document.querySelectorAll('.direct .empty')[0].checkVisibility()`)
	s.shot("empty")
	s.axe("empty")
}

func TestNewsAreAnnouncedAndCounted(t *testing.T) {
	s := newStage(t, look{width: 390, height: 844, touch: true})
	s.open("ines")
	s.says("mara", "sales", "", "Es gibt Neues")
	s.until(`document.querySelector('#polite').textContent.includes('vertrieb, Mara Lindner: Es gibt Neues')`)
	s.until(`document.title === '(1) Standleitung' && document.querySelectorAll('#tabs .badge')[1].textContent === '1'`)
	s.posts(bot.Delivery{Post: "p", Place: web.DirectPlace("ines"), Card: bot.Card{Title: "Wartet auf Sie", Tone: bot.ToneHold}})
	s.until(`document.querySelector('#assertive').textContent.includes('Wartet auf Sie')`)
	s.shot("phone-unread")
	s.axe("phone-unread")
	s.click("#tabs button:nth-child(2)")
	s.until(`document.title === 'Standleitung' && document.querySelectorAll('#tabs .badge')[1].hidden`)
	s.click("#tabs button:nth-child(1)")
	s.open("ines")
	s.until(`document.title === 'Standleitung'`)
}

func TestReducedMotion(t *testing.T) {
	s := newStage(t, look{width: 1440, height: 900, still: true})
	s.says("mara", "sales", "", "Ohne Bewegung")
	s.open("ines")
	s.shows("sales", "Ohne Bewegung")
	if n := eval[int](s.tab, `document.getAnimations().length`); n != 0 {
		t.Errorf("%d animations run", n)
	}
}

// TestExtremes fills the page with what nobody should write, and looks whether it holds.
func TestExtremes(t *testing.T) {
	clock := newClock()
	c := config(clock.Now)
	c.Rooms = append(c.Rooms,
		web.Room{ID: "works", Name: "werk-ulm-und-alle-die-dort-mit-uns-arbeiten", Party: "works", Hears: []string{"vertrieb", "pr", "social", "produktmanagement"}},
		web.Room{ID: "hr", Name: "personal", Party: "hr", Hears: []string{"pr"}})
	c.People[0].Name = "Prof. Dr. Ines-Wilhelmine Brandt-Hohenlohe-Schillingsfürst"
	c.People[0].Title = "Presse- und Öffentlichkeitsarbeit"
	s := newStageOf(t, wide, clock, c)
	for i := range 40 {
		s.says([]string{"ines", "jan", "mara"}[i/2%3], "works", "", fmt.Sprintf("Nachricht %d", i))
	}
	root := s.says("jan", "works", "", strings.Repeat("Donaudampfschifffahrtsgesellschaft", 30))
	s.says("ines", "works", root, "مرحبا بالعالم, 你好 👩\u200d👩\u200d👧 Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031e\u0320a")
	s.says("ines", "works", "", strings.Repeat("Ein sehr langer Text, den niemand so lesen will. ", 200))
	s.says("mara", "direct", "", strings.Repeat("x", 3000))
	s.posts(bot.Delivery{Post: "p", Place: web.RoomPlace("works"), Card: bot.Card{
		Title: strings.Repeat("Langer Titel ", 12), Meta: strings.Repeat("m", 200), Text: "Kurz.\nUnd noch eine Zeile.",
		Items:   []bot.Item{{Ref: "T-41", Text: strings.Repeat("Zeile ", 20), Meta: "gestern", Button: &bot.Button{Label: "Ein langer Knopf mit Text", Do: "x"}}, {Ref: "T-42", Text: "Kurz", Button: &bot.Button{Label: "Lesen", Do: "x"}}},
		Buttons: []bot.Button{{Label: strings.Repeat("Knopf ", 12), Do: "y", Primary: true}, {Label: "Nein", Do: "n"}},
		Tone:    bot.ToneFault,
	}})
	for _, l := range []struct {
		name string
		look look
	}{
		{"extreme-wide", wide},
		{"extreme-phone", look{width: 390, height: 844, touch: true}},
		{"extreme-small", look{width: 320, height: 568, touch: true, dark: true}},
		{"extreme-low", look{width: 844, height: 390, touch: true}},
	} {
		s.look(l.look)
		s.open("ines")
		if eval[bool](s.tab, `document.querySelector('#tabs').checkVisibility()`) {
			s.click("#tabs button:nth-child(5)")
		} else {
			eval[bool](s.tab, `(document.querySelector('#place-works').scrollIntoView({ inline: 'center' }), true)`)
		}
		s.shot(l.name)
		over := eval[[]string](s.tab, `[...document.querySelectorAll('.place, .log, .card, header, .composer')]
			.filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map((e) => e.className + ' ' + e.scrollWidth + ' > ' + e.clientWidth)`)
		if len(over) > 0 || eval[int64](s.tab, `Math.max(document.documentElement.scrollWidth, innerWidth)`) != l.look.width {
			t.Errorf("%s: too wide: %q", l.name, over)
		}
		if !eval[bool](s.tab, `[...document.querySelectorAll('.composer')].every((e) => !e.checkVisibility() || e.closest('.log') || e.getBoundingClientRect().bottom <= innerHeight)`) {
			t.Errorf("%s: an input is out of sight", l.name)
		}
		s.axe(l.name)
	}
}

// TestFingers looks at what is drawn for a finger: nothing to press is smaller than it should be.
func TestFingers(t *testing.T) {
	s := newStage(t, look{width: 390, height: 844, touch: true})
	s.morning()
	s.core.Answer(func(m bot.Message) (bot.Outcome, error) {
		if m.Kind != bot.Pressed {
			return bot.Outcome{}, nil
		}
		return bot.Outcome{Form: &bot.Form{Do: "x", Title: "Thema vorschlagen", Submit: "Vorschlagen", Cancel: "Abbrechen", Fields: []bot.Field{
			{Name: "text", Label: "Worum geht es?", Kind: bot.FieldText, Required: true},
			{Name: "for", Label: "Für wen?", Kind: bot.FieldLine},
		}}}, nil
	})
	s.open("ines")
	small := eval[[]string](s.tab, `[...document.querySelectorAll('main button, select, #tabs button')].filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.5)
		.map((e) => e.className + ' ' + e.textContent + ' ' + e.getBoundingClientRect().height)`)
	if len(small) > 0 {
		t.Errorf("too small for a finger: %q", small)
	}
	s.click(in("direct") + ".row .main")
	s.until(`document.querySelector('dialog').open`)
	s.shot("phone-form")
	s.axe("phone-form")
}
