package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"standleitung/bot"
	"standleitung/bot/say"
)

const flagCompany = `person lena Lena_Brandt lead
person ines Ines_Falk pr
person jan Jan_Ohm social
room pr pr
room social social
line main mirror guard pr social`

// playFlags plays a few lines in a company with one line, and returns what was said.
func playFlags(t *testing.T, run func(p *play)) (said string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, flagCompany, say.German, &sync.Map{})
		p.offset.Store(int64(time.Until(time.Date(2026, 11, 23, 9, 12, 0, 0, p.config.Zone))))
		p.start()
		defer func() { p.stop() }()
		run(p)
		said = p.out.String()
	})
	return said
}

func (p *play) update(fn func(bot.Tx) error) {
	if err := p.config.Store.Update(p.t.Context(), fn); err != nil {
		p.t.Fatal(err)
	}
}

// TestRegisterUnreadable says what happens while the register cannot be read: nothing crosses, a topic is taken and
// marked, a question is not answered with a guess; and once it can be read, the topic is checked after all.
func TestRegisterUnreadable(t *testing.T) {
	const broken = `{"_v":1,"id":"?"}`
	key := bot.Serial(77)
	said := playFlags(t, func(p *play) {
		p.step("ines to bot> vermerk Preise begriffe:teurer stufe:gelb prüfung:in 60 Tagen")
		p.update(func(tx bot.Tx) error {
			if err := tx.Put("flag", key, []byte(broken), []bot.Entry{{Index: "active", Value: key}}); err != nil {
				return err
			}
			return tx.Put("edition", "register", []byte(`{"_v":1,"n":2}`), nil)
		})
		p.out.Reset()
		p.step("jan to bot> thema Warum es teurer wird")
		p.step("jan in #social> Guten Morgen")
		p.step("jan to bot> darf ich Guten Morgen")
		p.step("@ +11m")
		p.out.WriteString("readable again\n")
		p.update(func(tx bot.Tx) error { return tx.Delete("flag", key) })
		p.step("@ +11m")
		p.step("lena to bot> themen")
	})
	before, after, _ := strings.Cut(said, "readable again")
	for _, want := range []string{
		"bot to jan< Notiert: Thema T-1 | (neu · Jan · Mo 23.11. · noch nicht mit dem Register abgeglichen)",
		"Noch nicht gesendet: Das Register ist gerade nicht lesbar, darum geht nichts über die Leitung.",
		"bot to ines< Das Register ist nicht lesbar |",
		"bot to jan< Bitte zuerst Ines fragen.",
	} {
		if !strings.Contains(before, want) {
			t.Errorf("missing while unreadable: %q in\n%s", want, before)
		}
	}
	if strings.Contains(before, "bot in #pr< Jan") {
		t.Error("a message crossed though the register could not be read")
	}
	for _, want := range []string{
		"bot to ines< Wartet auf Sie: Thema T-1 von Jan", "„teurer“ betrifft „Preise“. Ines sieht es zuerst an", "bot to lena< Themen: neu | Hier ist noch nichts.",
		"> Guten Morgen | Das Register ist wieder lesbar und hat nichts dagegen. Noch aktuell?",
	} {
		if !strings.Contains(after, want) {
			t.Errorf("missing once readable: %q in\n%s", want, after)
		}
	}
}

// TestRecheckInPieces finds what is far away, in more units of work than one, and keeps no more hits than a card can
// carry through.
func TestRecheckInPieces(t *testing.T) {
	said := playFlags(t, func(p *play) {
		p.update(func(tx bot.Tx) error {
			for n := uint64(1); n <= 450; n++ {
				text := fmt.Sprintf("Idee Nummer %d", n)
				if n%3 == 1 {
					text = fmt.Sprintf("Wird Nummer %d teurer?", n)
				}
				if err := bot.Topics.Put(tx, &bot.Topic{ID: n, Text: text, Author: "jan", At: p.config.Now(), State: bot.TopicNew}); err != nil {
					return err
				}
			}
			return nil
		})
		p.step("ines to bot> vermerk Preise begriffe:teurer stufe:gelb prüfung:in 60 Tagen")
		p.out.Reset()
		p.step("@ +2s")
		for range 99 {
			p.step("ines presses Lassen")
		}
		p.out.Reset()
		p.step("ines presses Lassen")
	})
	for _, want := range []string{"150 Treffer", "Alles entschieden", "+142 weitere"} {
		if !strings.Contains(said, want) {
			t.Errorf("missing %q in\n%s", want, said)
		}
	}
}

// TestSameAnswerForAll holds the register to its promise: whoever need not know cannot tell the levels apart by any of
// what comes back.
func TestSameAnswerForAll(t *testing.T) {
	said := playFlags(t, func(p *play) {
		for level, term := range map[string]string{"gelb": "Quittenkompott", "rot": "Wollhandkrabbe", "sperrfrist": "Jubiläumspumpe"} {
			p.step(fmt.Sprintf("ines to bot> vermerk Stufe-%s begriffe:%s stufe:%s bis:in 40 Tagen haltezeile:Später wortlaut:So prüfung:in 60 Tagen", level, term, level))
		}
		p.out.Reset()
		for _, term := range []string{"Quittenkompott", "Wollhandkrabbe", "Jubiläumspumpe"} {
			p.step("jan to bot> darf ich Etwas über " + term)
		}
	})
	var lines []string
	for line := range strings.Lines(said) {
		if strings.HasPrefix(line, "  ") {
			lines = append(lines, line)
		}
	}
	if len(lines) != 3 || len(slices.Compact(lines)) != 1 {
		t.Errorf("the answers differ:\n%s", said)
	}
}
