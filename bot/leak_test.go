package bot_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// TestNothingConfidentialLeaks plants markers in everything that only PR may read and looks for them in every exit
// there is: what others are sent in rooms, in private and on lock screens, what comes back in the same breath, what
// is logged, what errors say.
func TestNothingConfidentialLeaks(t *testing.T) {
	const term, reason, label, held = "Wollhandkrabbe", "GRUND-X7", "ETIKETT-X7", "HALT-X7"
	const yellow, sealed, aside, concern, early = "Gelbwurst", "SIEGEL-X7", "BEISEITE-X7", "HINWEIS-X7", "FRUEH-X7"
	// Who may read a marker, besides PR's contact; the writer of a message its own words.
	may := map[string][]string{
		term: {"mara"}, held: {"mara"}, reason: nil, label: nil, sealed: nil, yellow: {"mara", "lena", "tom"}, aside: {"mara", "lena", "tom"},
		concern: {"tom"}, early: {"mara", "#pr", "#social"},
	}
	l := newLeak(t)
	l.room("mara", "#sales", "Vorher gesagt: Wollhandkrabben sind "+early)
	l.say("ines", fmt.Sprintf(`vermerk "%s" begriffe:%s stufe:rot grund:%s wortlaut:%s haltezeile:%s prüfung:in 30 Tagen`, label, term, reason, reason, reason))
	l.say("ines", fmt.Sprintf(`vermerk "%s" begriffe:%s stufe:gelb grund:%s prüfung:in 30 Tagen`, "Wurst", yellow, reason))
	l.later(2 * time.Second)
	l.room("mara", "#sales", fmt.Sprintf("Stimmt das mit der %s? %s", term, held))
	l.room("mara", "#sales", "Etwas ganz anderes")
	l.say("mara", fmt.Sprintf("thema Warum die %s in den Hafen zieht %s", term, sealed))
	l.say("mara", fmt.Sprintf("thema Warum die %s im Hafen fehlt %s", yellow, aside))
	l.say("kim", "heikel Jemand weiß davon "+concern)
	for _, text := range []string{
		"leitungen", "vermerke", "F-1", "A-1", "freigeben A-1", "ablehnen A-1 Nein", "rückfrage A-1 Was?", "rückgängig A-1", "aufheben F-1",
		"zurückziehen A-1", "ändern A-1 Neu", "passt nicht A-1", "themen suche Krabbe", "hilfe vermerk", "an alle Noch etwas",
		"darf ich Stimmt das mit der Wollhand-Krabbe?", "vermerk pflege", "ändern F-1", "ändern F-1 stufe:grün", "verlängern F-1",
		"themen", "themen suche Hafen", "themen zurückgehalten", "thema Warum die Katze in den Hafen zieht", "T-1", "T-2", "+1 T-1", "+1 T-2", "annehmen T-1", "freigeben T-1",
		"freigeben T-2", "ändern T-1", "zusammenlegen T-3 mit:T-1",
	} {
		for _, who := range []string{"jan", "kim", "lena"} {
			if who != "lena" || !strings.HasPrefix(text, "freigeben") && !strings.HasPrefix(text, "darf ich") {
				l.say(who, text)
			}
		}
	}
	l.say("mara", "themen meine")
	l.say("mara", "T-1")
	for _, do := range []string{
		"approval.show A-1", "approval.release A-1", "flag.show F-1", "flag.lift F-1", "draft.as 1 flag.set", "recheck.hold 1.0", "recheck.hint 1.0",
		"recheck.leave 1.0", "flag.keep F-1", "concern.thanks 1", "flag.set concern:1", "topic.hold T-1", "topic.release T-1", "approval.misfit A-1",
		"draft.as 1 may.send",
	} {
		l.press("jan", do)
	}
	l.deliver()
	l.press("ines", "recheck.hint 1.0") // the writer reads neither label nor wording of a red flag
	l.later(100 * 24 * time.Hour)       // everything that comes by itself: deputies, reviews
	l.deliver()
	if len(l.sent) < 60 {
		t.Fatalf("only %d deliveries: the test does not look where it should", len(l.sent))
	}
	seen := map[string]bool{}
	for _, d := range l.sent {
		reader := d.Place.ID
		if d.Reader != "" {
			reader = d.Reader
		}
		raw, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		for marker, readers := range may {
			found := strings.Contains(string(raw), marker)
			switch {
			case reader == "ines" && found:
				seen[marker] = true
			case found && !slices.Contains(readers, reader):
				t.Errorf("%s reads %q: %s", reader, marker, raw)
			}
			if strings.Contains(d.Card.Preview, marker) {
				t.Errorf("%q stands on the lock screen of %s", marker, reader)
			}
		}
	}
	for marker := range may {
		if !seen[marker] {
			t.Errorf("PR does not read %q: the test plants its markers in the wrong place", marker)
		}
		if strings.Contains(l.log.String(), marker) {
			t.Errorf("the log holds %q", marker)
		}
		if strings.Contains(l.answers.String(), marker) && !slices.Contains(may[marker], "lena") {
			t.Errorf("an answer in the same breath holds %q", marker)
		}
	}
	for _, name := range []string{"Mara", "Ines"} {
		if strings.Contains(l.log.String(), name) {
			t.Errorf("the log holds %q", name)
		}
	}
	if strings.Contains(l.answers.String(), "Mara") {
		t.Error("an answer in the same breath names somebody")
	}
}

// leak is a bot with a guarded line whose exits are all written down.
type leak struct {
	t       *testing.T
	bot     *bot.Bot
	store   bot.Store
	log     bytes.Buffer
	answers bytes.Buffer
	sent    []bot.Delivery
	turn    int
	offset  time.Duration
}

// later moves the clock, while everything that falls due happens.
func (l *leak) later(d time.Duration) {
	l.t.Helper()
	l.offset += d
	if err := l.bot.FireDue(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

func newLeak(t *testing.T) *leak {
	l := &leak{t: t}
	log := slog.New(slog.NewTextHandler(&l.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	store, err := bolt.Open(t.Context(), bolt.Config{Path: filepath.Join(t.TempDir(), "leak.db"), Now: time.Now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	l.store = store
	config := bot.Config{
		Store: store, Now: func() time.Time { return time.Now().Add(l.offset) }, Log: log, Adapters: []bot.Adapter{&chat{can: bot.Capabilities{Private: true, Threads: true}}},
		Lines: []bot.Line{{Name: "main", Rooms: []string{"pr", "sales", "social"}, Guard: true}},
	}
	for _, name := range []string{"pr", "sales", "social"} {
		config.Rooms = append(config.Rooms, bot.Room{Name: name, Party: name, Place: bot.Place{Adapter: "chat", ID: "#" + name}})
	}
	for id, role := range map[string]bot.Roles{"lena": bot.Lead, "ines": bot.PR, "tom": bot.PR, "mara": bot.Sales, "jan": bot.Social, "kim": 0} {
		config.People = append(config.People, bot.Member{ID: id, Name: strings.ToUpper(id[:1]) + id[1:], Roles: role, Identities: []bot.Identity{{Adapter: "chat", ID: id}}})
	}
	if l.bot, err = bot.New(config); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *leak) receive(m bot.Message) {
	l.t.Helper()
	l.turn++
	m.Turn, m.Place.Adapter, m.From.Adapter = fmt.Sprint("turn-", l.turn), "chat", "chat"
	m.ID = fmt.Sprint(l.turn)
	out, err := l.bot.Receive(l.t.Context(), m)
	if err != nil {
		l.t.Fatal(err)
	}
	if m.From.ID != "ines" {
		_ = json.NewEncoder(&l.answers).Encode(out)
	}
}

func (l *leak) say(who, text string) {
	l.receive(bot.Message{Kind: bot.Said, Text: text, From: bot.Identity{ID: who}, Place: bot.Place{ID: who, Direct: true}})
}

func (l *leak) room(who, room, text string) {
	l.receive(bot.Message{Kind: bot.Said, Text: text, From: bot.Identity{ID: who}, Place: bot.Place{ID: room}})
}

func (l *leak) press(who, do string) {
	l.receive(bot.Message{Kind: bot.Pressed, Do: do, From: bot.Identity{ID: who}, Place: bot.Place{ID: who, Direct: true}})
}

// deliver takes everything out of the lanes, as an adapter would be given it.
func (l *leak) deliver() {
	for {
		taken, err := l.store.Next(l.t.Context(), bot.Taking{Now: time.Now().Add(l.offset), Limit: 100, Lease: time.Minute})
		if err != nil {
			l.t.Fatal(err)
		}
		if len(taken.Rows) == 0 {
			return
		}
		for _, row := range taken.Rows {
			if d, err := l.bot.DeliveryOf(l.t.Context(), row); err == nil {
				l.sent = append(l.sent, d)
			}
		}
		err = l.store.Update(l.t.Context(), func(tx bot.Tx) error {
			for _, row := range taken.Rows {
				if err := tx.Settle(row, bot.Settlement{}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			l.t.Fatal(err)
		}
	}
}
