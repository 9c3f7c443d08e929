package web_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"standleitung/bot"
)

// reactions are the emoji on a post as they can be read, own ones with a star.
func (p *tab) reactions(id, want string) {
	p.Helper()
	p.until(`[...document.querySelectorAll(` + quote(entry(id)+" > .post .reactions button") + `)].map((e) => e.textContent + (e.ariaPressed === 'true' ? '*' : '')).join(' ') === ` + quote(want))
}

func TestReactionsOnThePage(t *testing.T) {
	s := newStage(t, wide)
	root := s.says("jan", "sales", "", "Drei Kunden fragen nach dem Betrieb ohne Cloud")
	copied := s.copied("sales", "", "Ines Brandt", "pr", "Dazu gibt es bald eine Sprachregelung", nil)
	s.open("mara")

	// With the keyboard: Enter on the emoji puts it there, the focus goes back to where it came from.
	s.do(chromedp.Focus(chromedp.CSS(entry(root) + " .handle")))
	s.keys(kb.Enter)
	s.until(`document.activeElement.ariaLabel === 'Mit 👍 reagieren'`)
	s.shot("react-open")
	s.axe("react-open")
	s.keys(kb.Tab)
	s.keys(kb.Enter)
	s.reactions(root, "❤️ 1*")
	s.until(`!document.querySelector('.own') && document.activeElement.matches('.handle')`)
	all := s.core.Effects()
	if m := all[len(all)-1]; m.Kind != bot.Reacted || m.ID != root || m.Reaction != "❤️" || m.Removed || m.From.ID != "mara" {
		t.Errorf("the core got %+v, want the reaction", m)
	}

	// Others are counted while one looks, and the focus stays.
	s.do(chromedp.Focus(chromedp.CSS(entry(root) + " .reactions button")))
	s.act.React(bot.Identity{ID: "jan"}, bot.Place{ID: "sales"}, root, "❤️", false)
	s.act.React(bot.Identity{ID: "ines"}, bot.Place{ID: "sales"}, root, "🎉", false)
	s.reactions(root, "❤️ 2* 🎉 1")
	s.until(`document.activeElement.ariaLabel === '❤️, 2-mal'`)
	s.keys(kb.Enter)
	s.reactions(root, "❤️ 1 🎉 1")
	s.click(entry(root) + " .reactions button:nth-child(2)")
	s.reactions(root, "❤️ 1 🎉 2*")

	// A copy can be reacted to, too; and what did not arrive says so.
	s.click(entry(copied) + " .handle")
	s.until(`[...document.querySelectorAll('.own .row button')].map((e) => e.textContent).join() === 'Als Thema vorschlagen,Heikel?,Wer hat das gehört?'`)
	s.click(".emojis button:nth-child(5)")
	s.reactions(copied, "👀 1*")
	s.host.close()
	s.click(entry(copied) + " .reactions button")
	s.until(`document.querySelector('.entry .fate.failed')?.textContent.startsWith('Nicht geändert')`)
	s.reactions(copied, "👀 1*")
	s.host.open(t)
	s.click(entry(copied) + " .reactions button")
	s.reactions(copied, "")
	s.until(`!document.querySelector('.entry .fate.failed')`)
}

func TestShortcutsOnThePage(t *testing.T) {
	s := newStage(t, wide)
	form := &bot.Form{Do: "topic.suggest", Title: "Thema vorschlagen", Submit: "Thema vorschlagen", Cancel: "Abbrechen", Fields: []bot.Field{
		{Name: "text", Label: "Was ist die Idee?", Kind: bot.FieldText, Required: true, Value: "Läuft sie ohne Cloud?"},
	}}
	s.core.Answer(func(m bot.Message) (bot.Outcome, error) {
		if m.Kind == bot.Pressed && m.Do == "topic.suggest" {
			return bot.Outcome{Form: form}, nil
		}
		return bot.Outcome{}, nil
	})
	post := s.says("jan", "sales", "", "Läuft sie ohne Cloud?")
	s.open("mara")
	s.click(entry(post) + " .handle")
	s.click(".own .row button:nth-child(1)")
	s.until(`!document.querySelector('.own') && document.activeElement.matches('.handle')`)
	all := s.core.Effects()
	m := all[len(all)-1]
	if m.Do != "line.all" || m.From.ID != "mara" || m.Subject == nil || m.Subject.ID != post || m.Subject.From.ID != "jan" || m.Subject.Text != "Läuft sie ohne Cloud?" {
		t.Errorf("the core got %+v with %+v", m, m.Subject)
	}
	s.keys(kb.Enter)
	s.click(".own .row button:nth-child(2)")
	s.until(`document.querySelector('dialog').open && document.activeElement.value === 'Läuft sie ohne Cloud?'`)
	s.keys(kb.Escape)
	s.until(`!document.querySelector('dialog').open && document.activeElement.matches('.handle')`)
}

// TestLookOfReactions takes pictures, to be looked at, and measures what a finger presses.
func TestLookOfReactions(t *testing.T) {
	s := newStage(t, look{width: 1200, height: 860})
	root := s.says("jan", "sales", "", "Drei Kunden fragen nach dem Betrieb ohne Cloud. Ich brauche bis Freitag eine Antwort.")
	s.says("mara", "sales", root, "Ich frage nach")
	own := s.says("mara", "sales", "", "Und die Messe in Ulm?")
	s.copied("sales", "", "Ines Brandt", "pr", "Dazu gibt es bald eine Sprachregelung", nil)
	for _, who := range []string{"ines", "jan", "mara"} {
		s.act.React(bot.Identity{ID: who}, bot.Place{ID: "sales"}, root, "👍", false)
		s.act.React(bot.Identity{ID: who}, bot.Place{ID: "sales"}, own, "🎉", false)
	}
	for _, emoji := range []string{"❤️", "😂", "🎉", "👀", "✅"} {
		s.act.React(bot.Identity{ID: "jan"}, bot.Place{ID: "sales"}, root, emoji, false)
	}
	for _, l := range []struct {
		name string
		look look
	}{
		{"react-1200", look{width: 1200, height: 860}},
		{"react-390", look{width: 390, height: 844, touch: true}},
		{"react-390-dark", look{width: 390, height: 844, touch: true, dark: true}},
		{"react-320", look{width: 320, height: 640, touch: true}},
	} {
		s.look(l.look)
		s.open("mara")
		if l.look.touch {
			s.click("#tabs button:nth-child(2)")
		}
		s.reactions(root, "👍 3* ❤️ 1 😂 1 🎉 1 👀 1 ✅ 1")
		s.click(entry(own) + " .handle")
		s.until(`document.querySelector('.own')`)
		s.shot(l.name)
		s.axe(l.name)
		if got := eval[int64](s.tab, `Math.max(document.documentElement.scrollWidth, innerWidth)`); got != l.look.width {
			t.Errorf("%s: the page is %d px wide, the window %d", l.name, got, l.look.width)
		}
		if !l.look.touch {
			continue
		}
		if got := eval[[]string](s.tab, `[...document.querySelectorAll('.log button')].filter((e) => e.checkVisibility() && Math.min(e.getBoundingClientRect().height, e.getBoundingClientRect().width) < 43.5).map((e) => e.className + ' ' + e.textContent)`); len(got) > 0 {
			t.Errorf("%s: too small for a finger: %q", l.name, got)
		}
	}
}
