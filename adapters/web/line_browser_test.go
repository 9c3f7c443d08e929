package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"standleitung/adapters/web"
	"standleitung/bot"
	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// TestLineLook takes pictures of a message that crossed, and of one that is held.
func TestLineLook(t *testing.T) {
	clock := newClock()
	c := config(clock.Now)
	c.People[2].Language, c.People[2].Address = say.German, say.Du
	s := newStageOf(t, wide, clock, c)
	s.line()
	phone := look{width: 390, height: 844, touch: true}
	dark := func(l look) look { l.dark = true; return l }
	for _, l := range []struct {
		name   string
		look   look
		person string
		tab    string
	}{
		{"line-wide-light", wide, "ines", "0"},
		{"line-wide-dark", dark(wide), "ines", "0"},
		{"line-wide-writer", wide, "jan", "0"},
		{"line-phone-room", phone, "ines", "2"},
		{"line-phone-room-dark", dark(phone), "mara", "1"},
		{"line-phone-approval", phone, "ines", "0"},
		{"line-phone-approval-dark", dark(phone), "ines", "0"},
		{"line-phone-held", phone, "jan", "3"},
		{"line-phone-held-dark", dark(phone), "jan", "3"},
		{"line-small-room", look{width: 320, height: 640, touch: true}, "ines", "2"},
	} {
		s.look(l.look)
		s.open(l.person)
		if l.look.width < 1120 {
			s.until(`document.querySelector('#tabs').checkVisibility()`)
			eval[bool](s.tab, `(document.querySelectorAll('#tabs button')[`+l.tab+`].click(), true)`)
		}
		s.shot(l.name)
		s.axe(l.name)
		over := eval[[]string](s.tab, `[...document.querySelectorAll('.place, .log, .card, header, .composer')]
			.filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map((e) => e.className + ' ' + e.scrollWidth + ' > ' + e.clientWidth)`)
		if len(over) > 0 || eval[int64](s.tab, `Math.max(document.documentElement.scrollWidth, innerWidth)`) != l.look.width {
			t.Errorf("%s: too wide: %q", l.name, over)
		}
	}
}

// entry is the selector of a post.
func entry(id string) string { return `.entry[data-id="` + id + `"]` }

// reads waits until a post itself, without its thread, reads as wanted.
func (p *tab) reads(id, want string) {
	p.Helper()
	p.until(`document.querySelector(` + quote(entry(id)+" > .post > .body") + `)?.innerText.replace(/\s+/g, ' ') === ` + quote(want))
}

func TestCopyNamesItsAuthorAndWhereItIsFrom(t *testing.T) {
	s := newStage(t, wide)
	s.open("ines")
	plain := s.copied("pr", "", "Mara Lindner", "sales", "Läuft sie ohne Cloud?", nil)
	other := s.copied("pr", "", "Tom Weiß", "works", "Ja.", func(d *bot.Delivery) {
		d.Copy.Author.Platform, d.Copy.Quote = "slack", "Läuft sie <b>ohne</b> {Strom}?"
		d.Copy.Written = s.clockwork.Now().Add(-25*60e9 - 24*3600e9)
		d.Copy.Files = []bot.File{{Name: "plan.pdf", URL: "https://files.example/plan.pdf"}, {Name: "x", URL: "javascript:window.hit=1"}}
	})
	s.reads(plain, "Mara Lindner vertrieb 09:12 Läuft sie ohne Cloud?")
	s.reads(other, "Tom Weiß works · Slack 09:12 Verspätet: geschrieben Gestern, 08:47 Antwort auf: „Läuft sie <b>ohne</b> {Strom}?“ Ja. plan.pdf x")
	if got := eval[string](s.tab, `document.querySelector(`+quote(entry(plain)+" .face")+`).dataset.tint`); got != "sales" {
		t.Errorf("the copy has the tint %q, want that of its party", got)
	}
	if got := eval[[]string](s.tab, `[...document.querySelectorAll('.log a')].map((a) => a.href)`); len(got) != 1 || got[0] != "https://files.example/plan.pdf" {
		t.Errorf("links lead to %q", got)
	}
	s.click(entry(plain) + " .handle")
	s.until(`document.querySelector('.own')`)
	if got := eval[string](s.tab, `[...document.querySelectorAll('.own .row button')].map((e) => e.textContent).join()`); got != "Als Thema vorschlagen,Heikel?,Wer hat das gehört?" {
		t.Errorf("with a copy one can do: %s", got)
	}
	s.until(`document.querySelector('#polite').textContent.includes('pr, Tom Weiß: Ja.')`)
}

func TestCopyGlidesInOnce(t *testing.T) {
	s := newStage(t, wide)
	watch := `{ globalThis.glides = []; const real = Element.prototype.animate;
		Element.prototype.animate = function (...how) { glides.push(this.dataset.id); return real.apply(this, how); }; }`
	s.open("mara")
	eval[bool](s.tab, `(() => { `+watch+` return true })()`)
	id := s.crosses("mara", "Mara Lindner", "sales", "sales", "Läuft sie ohne Cloud?", nil)
	s.shows("social", "Cloud")
	s.shows("pr", "Cloud")
	if got := eval[[]string](s.tab, `glides`); len(got) != 2 || got[0] != id["pr"] || got[1] != id["social"] {
		t.Errorf("glided in: %q, want the two copies of %v", got, id)
	}
	if got := eval[string](s.tab, `document.title`); got != "Standleitung" {
		t.Errorf("copies of what she wrote count as news to Mara: %q", got)
	}
	d := bot.Delivery{Post: "copy-pr-Läuft sie ohne Cloud?", Op: bot.OpEdit, Revision: 2, Place: web.RoomPlace("pr"), Copy: &bot.Copy{
		Author: bot.Author{Name: "Mara Lindner", Party: "sales", Platform: "web"}, Body: markup.FromPlain("Läuft sie ohne Netz?"),
	}}
	s.posts(d)
	s.reads(id["pr"], "Mara Lindner vertrieb 09:12 Läuft sie ohne Netz? geändert")
	d.Op, d.Revision, d.Copy = bot.OpDelete, 3, nil
	s.posts(d)
	s.reads(id["pr"], "Mara Lindner vertrieb 09:12 Gelöscht")
	s.look(look{width: 1440, height: 900, still: true})
	s.copied("pr", "", "Jan Okafor", "social", "Ohne Bewegung", nil)
	s.shows("pr", "Ohne Bewegung")
	if got := eval[[]string](s.tab, `glides`); len(got) != 2 {
		t.Errorf("glided in: %q, want nothing after the first two", got)
	}
}

func TestAnswersMeetUnderTheCopy(t *testing.T) {
	s := newStage(t, wide)
	root := s.copied("pr", "", "Mara Lindner", "sales", "Wurzel von drüben", nil)
	s.open("ines")
	s.click(entry(root) + " .answer")
	s.until(`document.activeElement.matches('.replies textarea')`)
	s.keys("Ich kümmere mich")
	s.enter()
	s.until(`document.querySelector('.reply:not(.sending)')?.textContent.includes('Ich kümmere mich')`)
	all := s.core.Effects()
	answer := all[len(all)-1]
	if answer.Place.Thread != root {
		t.Errorf("the answer is in the thread of %q, want %q", answer.Place.Thread, root)
	}
	// What hangs on an answer belongs to the thread of that answer.
	s.copied("pr", answer.ID, "Jan Okafor", "social", "Danke", nil)
	s.until(`document.querySelectorAll('.replies > .reply').length === 2`)
}

func TestWordsThatMetTheRegisterAreMarked(t *testing.T) {
	s := newStage(t, wide)
	for i, c := range []struct {
		quote string
		marks []string
		want  []string
	}{
		{"Sie wird teurer, viel teurer. Teurer?", []string{"teurer"}, []string{"teurer", "teurer"}},
		{"In Ulm. Ulmen wachsen überall, sagt Ulm", []string{"Ulm"}, []string{"Ulm", "Ulm"}},
		{"Die Preiserhöhung kommt", []string{"erhöhung"}, []string{"erhöhung"}},
		{"Werk Ulm schließt, das Werk", []string{"Werk", "Werk Ulm"}, []string{"Werk Ulm", "Werk"}},
		{"a <b>fett</b> & <mark>", []string{"<b>fett</b>", "<mark>"}, []string{"<b>fett</b>", "<mark>"}},
		{"Siehe https://example.com/teurer, teurer", []string{"teurer"}, []string{"teurer", "teurer"}},
		{"Preis\u202e höher 👩\u200d👧 höher", []string{"Preis höher"}, []string{"Preis höher"}},
		{"nichts davon", []string{"", " ", "teurer"}, nil},
		{strings.Repeat("a", 300), []string{"a"}, nil}, // see below
	} {
		card := bot.Card{Title: "Karte", Quote: c.quote, Marks: c.marks, Tone: bot.ToneHold}
		s.posts(bot.Delivery{Post: "p", Op: bot.OpEdit, Revision: i + 1, Place: web.RoomPlace("pr"), Card: card})
		if i == 0 {
			s.posts(bot.Delivery{Post: "p", Op: bot.OpPost, Revision: 1, Place: web.RoomPlace("pr"), Card: card})
			s.open("ines")
		}
		s.until(`document.querySelector('blockquote')?.textContent.length === ` + quote(strings.ReplaceAll(c.quote, "\u202e", "")) + `.length`)
		got := eval[[]string](s.tab, `[...document.querySelectorAll('blockquote mark')].map((e) => e.textContent)`)
		if len(c.quote) == 300 {
			if len(got) != 300 {
				t.Errorf("%d marks in 300 letters", len(got))
			}
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" && len(c.want)+len(got) > 0 {
			t.Errorf("%q with %q (-want +got):\n%s", c.quote, c.marks, diff)
		}
	}
	if n := eval[int](s.tab, `document.querySelectorAll('blockquote b').length`); n != 0 {
		t.Errorf("%d elements were made of a quote", n)
	}
}

func TestOwnPostIsEditedAndDeleted(t *testing.T) {
	s := newStage(t, wide)
	foreign := s.says("jan", "sales", "", "von Jan")
	own := s.says("mara", "sales", "", "Sie wird teuerer")
	s.says("jan", "sales", own, "Wirklich?")
	s.open("mara")
	s.click(entry(foreign) + " .handle")
	s.until(`document.querySelector('.own')`)
	if got := eval[string](s.tab, `[...document.querySelectorAll('.own .row button')].map((e) => e.textContent).join()`); got != "An die Standleitung,Als Thema vorschlagen,Heikel?,Wer hat das gehört?" {
		t.Errorf("with what others wrote one can do: %s", got)
	}
	s.keys(kb.Escape)
	s.until(`!document.querySelector('.own')`)
	// With the keyboard alone.
	s.do(chromedp.Focus(chromedp.CSS(entry(own))))
	for range 4 {
		if eval[bool](s.tab, `document.activeElement.matches('.handle')`) {
			break
		}
		s.keys(kb.Tab)
	}
	s.keys(kb.Enter)
	s.until(`document.activeElement.ariaLabel === 'Mit 👍 reagieren' && document.activeElement.closest('.body').querySelector('.handle').ariaExpanded === 'true'`)
	s.until(`document.querySelector('.own').textContent.includes('Kopien in pr und social ändern sich mit.')`)
	s.shot("own-row")
	s.axe("own-row")
	s.keys(kb.Escape)
	s.until(`!document.querySelector('.own') && document.activeElement.matches('.handle')`)
	s.keys(kb.Enter)
	s.until(`document.activeElement.matches('.emojis button')`)
	for range 6 {
		s.keys(kb.Tab)
	}
	s.until(`document.activeElement.textContent === 'Bearbeiten'`)
	s.keys(kb.Enter)
	s.until(`document.activeElement.value === 'Sie wird teuerer'`)
	s.shot("own-edit")
	s.axe("own-edit")
	s.do(chromedp.Evaluate[chromedp.Void](`document.execCommand('selectAll')`))
	s.keys("Sie wird teurer")
	s.enter()
	s.reads(own, "Mara Lindner Vertrieb 09:13 Sie wird teurer geändert")
	all := s.core.Effects()
	if m := all[len(all)-1]; m.Kind != bot.Edited || m.ID != own || m.Text != "Sie wird teurer" || m.From.ID != "mara" {
		t.Errorf("the core got %+v, want the edit", m)
	}
	s.until(`document.activeElement.matches('.handle')`)

	// With the mouse, and given up first.
	s.click(entry(own) + " .handle")
	s.click(".own .row button")
	s.keys(" ach nein")
	s.click(".editor .row button")
	s.reads(own, "Mara Lindner Vertrieb 09:13 Sie wird teurer geändert")
	s.click(entry(own) + " .handle")
	s.click(".own .danger")
	s.reads(own, "Mara Lindner Vertrieb 09:13 Gelöscht")
	all = s.core.Effects()
	if m := all[len(all)-1]; m.Kind != bot.Deleted || m.ID != own {
		t.Errorf("the core got %+v, want the deletion", m)
	}
	s.until(`document.activeElement.matches('.entry') && !document.activeElement.querySelector(':scope > .post .handle')`)
	s.shows("sales", "Wirklich?")
	s.open("mara") // and so it stays
	s.reads(own, "Mara Lindner Vertrieb 09:13 Gelöscht")
}

func TestEditThatDoesNotArriveStaysInTheInput(t *testing.T) {
	s := newStage(t, wide)
	own := s.says("ines", "pr", "", "alt")
	s.open("ines")
	s.click(entry(own) + " .handle")
	s.click(".own .row button")
	s.until(`document.activeElement.value === 'alt'`)
	s.host.close()
	s.keys(" und neu")
	s.enter()
	s.until(`document.querySelector('.editor .fate')?.textContent.startsWith('Nicht geändert')`)
	s.shot("own-lost")
	s.host.open(t)
	s.click(".editor .send")
	s.reads(own, "Ines Brandt PR 09:12 alt und neu geändert")
	n := 0
	for _, m := range s.core.Effects() {
		if m.Kind == bot.Edited {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d edits, want 1", n)
	}
}

// TestFingersOnOwnPosts looks at what a finger presses to change a post.
func TestFingersOnOwnPosts(t *testing.T) {
	s := newStage(t, look{width: 390, height: 844, touch: true})
	own := s.says("ines", "pr", "", "Morgen um neun im großen Raum")
	s.copied("pr", "", "Mara Lindner", "sales", "Passt", nil)
	s.open("ines")
	s.click("#tabs button:nth-child(3)")
	small := `[...document.querySelectorAll('.log button')].filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.5).map((e) => e.className + ' ' + e.textContent)`
	s.click(entry(own) + " .handle")
	s.until(`document.querySelector('.own')`)
	s.shot("phone-own-row")
	s.axe("phone-own-row")
	if got := eval[[]string](s.tab, small); len(got) > 0 {
		t.Errorf("too small for a finger: %q", got)
	}
	s.click(".own .row button")
	s.until(`document.querySelector('.editor textarea')`)
	s.shot("phone-own-edit")
	if got := eval[[]string](s.tab, small); len(got) > 0 {
		t.Errorf("too small for a finger: %q", got)
	}
}

// Lists bear the signs and the numbers that their writer gave them.
func TestListsBearTheirSigns(t *testing.T) {
	s := newStage(t, wide)
	s.open("ines")
	id := s.copied("pr", "", "Mara Lindner", "sales", "", func(d *bot.Delivery) {
		d.Copy.Body = markup.ParseMarkdown("- Anja\n- Jan\n\n7. sieben\n8. acht", nil)
	})
	s.reads(id, "Mara Lindner vertrieb 09:12 Anja Jan sieben acht")
	got := eval[[]string](s.tab, `[...document.querySelectorAll(`+quote(entry(id)+" .rich li")+`)].map((e) => {
		const at = e.parentElement.tagName === 'OL' ? [...e.parentElement.children].indexOf(e) + e.parentElement.start : '';
		return getComputedStyle(e).listStyleType + ' ' + at + e.innerText;
	})`)
	if want := []string{"disc Anja", "disc Jan", "decimal 7sieben", "decimal 8acht"}; !cmp.Equal(got, want) {
		t.Errorf("the page shows %q, want %q", got, want)
	}
}

// References in titles are not cut at the end of a line, however narrow it is.
func TestReferencesAreNotCut(t *testing.T) {
	s := newStage(t, look{width: 390, height: 844, touch: true})
	s.open("ines")
	s.posts(bot.Delivery{Post: "p", Place: web.DirectPlace("ines"), Card: bot.Card{Title: "Notiert: Meilenstein M-1: Blog Pumpe, T-22 M-3", Text: "ok"}})
	s.until(`document.querySelector('.card h3')`)
	for width := range 30 {
		lines := eval[[]int64](s.tab, `(() => {
			const h = [...document.querySelectorAll('.card h3')].at(-1);
			h.style.width = `+quote(fmt.Sprint(80+8*width, "px"))+`;
			return [...h.querySelectorAll('.whole')].map((e) => e.getClientRects().length);
		})()`)
		if !cmp.Equal(lines, []int64{1, 1, 1}) {
			t.Fatalf("at %d px the references stand on %d lines, want one each", 80+8*width, lines)
		}
	}
}
