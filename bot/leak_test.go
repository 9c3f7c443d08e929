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

// TestHeldTextsDoNotShowThroughReactions has people react to what is held, and sees that nobody hears of it, nor anything of
// who reacted to what did cross.
func TestHeldTextsDoNotShowThroughReactions(t *testing.T) {
	const term, held = "Wollhandkrabbe", "HALT-X7"
	l := newLeak(t)
	l.say("ines", fmt.Sprintf(`vermerk "Etwas" begriffe:%s stufe:rot grund:x prüfung:in 30 Tagen`, term))
	l.room("mara", "#sales", "Etwas ganz anderes")
	open := fmt.Sprint(l.turn)
	l.room("mara", "#sales", fmt.Sprintf("Stimmt das mit der %s? %s", term, held))
	secret := fmt.Sprint(l.turn)
	for i, emoji := range []string{"👍", "🎉", ":wollhandkrabbe:", "*fett* " + held, "<b>" + held + "</b>"} {
		for _, id := range []string{open, secret} {
			l.react([]string{"mara", "kim", "jan", "tom", "lena"}[i], "#sales", id, emoji)
		}
	}
	l.press("jan", "line.pass "+held)
	l.shortcut("jan", "line.all", bot.Subject{Place: bot.Place{Adapter: "chat", ID: "#sales"}, ID: secret, From: bot.Identity{Adapter: "chat", ID: "mara"}, Text: term + " " + held})
	for _, who := range []string{"jan", "lena", "tom"} {
		l.shortcut(who, "line.receipt", bot.Subject{Place: bot.Place{Adapter: "chat", ID: "#sales"}, ID: secret, From: bot.Identity{Adapter: "chat", ID: "mara"}, Text: term + " " + held})
	}
	l.deliver()
	l.timers()
	l.deliver()
	summaries := 0
	for _, d := range l.sent {
		raw, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		reader := d.Place.ID
		if d.Reader != "" {
			reader = d.Reader
		}
		if strings.Contains(string(raw), held) && reader != "ines" && reader != "mara" {
			t.Errorf("%s reads what is held: %s", reader, raw)
		}
		if !strings.Contains(d.Card.Text, "👍") {
			continue
		}
		summaries++
		if want := ":wollhandkrabbe:\u00a01 · 🎉\u00a01 · 👍\u00a01 (aus sales)"; d.Card.Text != want || d.Place.Direct || d.Place.ID == "#sales" {
			t.Errorf("%+v reads %q, want %q", d.Place, d.Card.Text, want)
		}
		for _, name := range []string{"Mara", "Kim", "Jan", "mara", "kim", "jan", "👍"} {
			if strings.Contains(d.Card.Preview, name) || name != "👍" && strings.Contains(d.Card.Text, name) {
				t.Errorf("the summary says %q: %s", name, raw)
			}
		}
	}
	if summaries != 2 {
		t.Errorf("%d summaries, want one in each other room for what crossed", summaries)
	}
	for _, marker := range []string{term, held, "Mara", "👍"} {
		if strings.Contains(l.log.String(), marker) {
			t.Errorf("the log holds %q", marker)
		}
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
	l.receiveAs(fmt.Sprint(l.turn+1), m)
}

// receiveAs receives what is about the message of an id.
func (l *leak) receiveAs(id string, m bot.Message) {
	l.t.Helper()
	l.turn++
	m.Turn, m.Place.Adapter, m.From.Adapter = fmt.Sprint("turn-", l.turn), "chat", "chat"
	m.ID = id
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

func (l *leak) react(who, room, id, emoji string) {
	l.receiveAs(id, bot.Message{Kind: bot.Reacted, Reaction: emoji, From: bot.Identity{ID: who}, Place: bot.Place{ID: room}})
}

func (l *leak) shortcut(who, do string, s bot.Subject) {
	l.receiveAs(s.ID, bot.Message{Kind: bot.Pressed, Do: do, Subject: &s, From: bot.Identity{ID: who}, Place: s.Place})
}

// timers lets everything fall due that was set.
func (l *leak) timers() {
	l.t.Helper()
	l.offset += time.Hour
	if err := l.bot.FireDue(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
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
		revisions := make([]int, len(taken.Rows))
		for i, row := range taken.Rows {
			if d, err := l.bot.DeliveryOf(l.t.Context(), row); err == nil {
				l.sent = append(l.sent, d)
				revisions[i] = d.Revision
			}
		}
		err = l.store.Update(l.t.Context(), func(tx bot.Tx) error {
			for i, row := range taken.Rows {
				if err := l.bot.NoteSent(tx, row, revisions[i], fmt.Sprint("sent-", row.Post)); err != nil {
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
