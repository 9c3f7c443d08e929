package adaptertest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"standleitung/bot"
)

type rule struct {
	rule  string
	check func(*stage)
}

func cases() []rule {
	return slices.Concat(comingIn(), changing(), reacting(), goingOut(), crossing(), formatting(), filing(), marking(), living())
}

// comingIn are the rules of what people do.
func comingIn() []rule {
	return []rule{
		{"nothing is acknowledged before the core has it", acknowledgedLate},
		{"what the core did not take is not acknowledged", refused},
		{"a redelivery carries the same turn", redelivered},
		{"each act is a turn of its own", ownTurns},
		{"a message says who and where", whoAndWhere},
		{"plain talk in a room is not addressed", plainTalk},
		{"a mention addresses the bot and is taken away", mentioned},
		{"a slash addresses the bot and is taken away", slashed},
		{"the direct conversation is marked", direct},
		{"text arrives unchanged", unchanged},
		{"an answer in a thread names the thread", threadIn},
		{"a button hands back what it was given", pressed},
		{"a form reaches the person and comes back with its fields", submitted},
		{"opening the direct conversation is told", opened},
	}
}

// goingOut are the rules of what the bot says.
func goingOut() []rule {
	return []rule{
		{"everything on a card can be read", readable},
		{"markup in texts stays text", inert},
		{"order holds within a place", ordered},
		{"an answer in a thread stays in the thread", threadOut},
		{"a private answer is seen by its reader only", private},
		{"a direct conversation is seen by its person only", directOut},
		{"an edit rewrites and a deletion removes", edited},
		{"a repeated delivery shows once", repeated},
		{"what may have arrived before shows once, without a mark", unsure},
		{"what can never be delivered says so", never},
		{"a lock screen shows the preview and nothing else", preview},
	}
}

// living are the rules of beginning and end.
func living() []rule {
	return []rule{
		{"it is ready while it runs, and only then", ready},
		{"a delivery while it does not run is to be tried again", notRunning},
		{"Run ends when its context does, after the acts under way", endsInOrder},
		{"what was shown is there after a restart", history},
	}
}

func acknowledgedLate(s *stage) {
	s.start()
	reached, release := make(chan struct{}), make(chan struct{})
	s.core.Answer(func(bot.Message) (bot.Outcome, error) {
		close(reached)
		<-release
		return bot.Outcome{}, nil
	})
	done := make(chan Reaction, 1)
	go func() { done <- s.Platform.Say(Speech{By: s.People[0], At: s.Rooms[0], Text: "noch nicht"}) }()
	<-reached
	select {
	case <-done:
		s.Error("the platform heard from the adapter while the core was still at work")
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	s.taken(<-done)
}

func refused(s *stage) {
	s.start()
	s.core.Answer(func(bot.Message) (bot.Outcome, error) { return bot.Outcome{}, errDiskFull })
	if s.Platform.Say(Speech{By: s.People[0], At: s.Rooms[0], Text: "nicht verlieren"}).Taken {
		s.Error("the platform was told that a message was taken that the core refused")
	}
	s.core.Answer(nil)
	s.taken(s.Platform.Again())
	if got := s.core.Effects(); len(got) != 1 || got[0].Text != "nicht verlieren" {
		s.Errorf("effects after the second try = %v, want the message", got)
	}
}

func redelivered(s *stage) {
	s.start()
	first := s.say(s.Rooms[0], Plainly, "einmal")
	s.taken(s.Platform.Again())
	if again := s.got(1); again.Turn != first.Turn || first.Turn == "" {
		s.Errorf("the redelivery has turn %q, the first had %q", again.Turn, first.Turn)
	}
	if n := len(s.core.Effects()); n != 1 {
		s.Errorf("%d effects, want 1", n)
	}
}

func ownTurns(s *stage) {
	s.start()
	turns := map[string]bool{}
	for range 3 {
		turns[s.say(s.Rooms[0], Plainly, "dasselbe").Turn] = true
	}
	turns[s.say(s.Rooms[1], Plainly, "dasselbe").Turn] = true
	if len(turns) != 4 {
		s.Errorf("four acts have %d turns", len(turns))
	}
}

func whoAndWhere(s *stage) {
	s.start()
	m := s.say(s.Rooms[1], Plainly, "hier")
	want := bot.Message{Kind: bot.Said, Place: s.Rooms[1], From: s.People[0]}
	got := bot.Message{Kind: m.Kind, Place: m.Place, From: m.From}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("message (-want +got):\n%s", diff)
	}
	if m.ID == "" {
		s.Error("the message has no id")
	}
	if m.From.Adapter != s.Adapter.Name() || m.Place.Adapter != s.Adapter.Name() {
		s.Errorf("sender and place are of %q and %q, want %q", m.From.Adapter, m.Place.Adapter, s.Adapter.Name())
	}
}

func plainTalk(s *stage) {
	s.start()
	for _, text := range []string{"Plan ist gut", "thema ist durch", "3 / 4 und/oder", "mail@standleitung.example"} {
		if m := s.say(s.Rooms[0], Plainly, text); m.Addressed || m.Text != text {
			s.Errorf("%q arrived as %q, addressed: %v", text, m.Text, m.Addressed)
		}
	}
}

func mentioned(s *stage) { s.addressed(Mentioned) }

func slashed(s *stage) { s.addressed(Slashed) }

func (s *stage) addressed(how How) {
	s.start()
	const text = "thema Pumpe ohne Cloud, Größe 3/4"
	if m := s.say(s.Rooms[0], how, text); !m.Addressed || m.Text != text {
		s.Errorf("%s: arrived as %q, addressed: %v; want %q, addressed", how, m.Text, m.Addressed, text)
	}
}

func direct(s *stage) {
	s.start()
	at := s.Platform.Direct(s.People[0])
	m := s.say(at, Plainly, "lage")
	if m.Place != at || !m.Place.Direct || m.Text != "lage" {
		s.Errorf("arrived as %q at %+v, want %q at %+v", m.Text, m.Place, "lage", at)
	}
	if room := s.say(s.Rooms[0], Plainly, "lage"); room.Place.Direct {
		s.Error("a room is marked as a direct conversation")
	}
}

// awkward are texts that must survive both ways.
func awkward() []string {
	return []string{
		"Zeile eins\nZeile zwei\n\nnach einer leeren",
		"*Sterne* _Striche_ ~Wellen~ `Code` > Zitat # Titel",
		"<b>fett</b> &amp; & \" ' </div><script>window.hit=1</script>",
		"Größe ß – „Gänse“ 你好 👩‍👩‍👧 e\u0301 العربية",
		"[Text](https://example.com) https://example.com/a_b*c?d=1&e=2",
		"{ref} {{x}} %s %d ${HOME} \\n",
		strings.Repeat("Lang und länger. ", 120) + "Ende",
	}
}

func unchanged(s *stage) {
	s.start()
	for _, text := range awkward() {
		for _, at := range []bot.Place{s.Rooms[0], s.Platform.Direct(s.People[0])} {
			if m := s.say(at, Plainly, text); m.Text != text {
				s.Errorf("%q arrived as %q", text, m.Text)
			}
		}
	}
}

func threadIn(s *stage) {
	if !s.Adapter.Can().Threads {
		return
	}
	s.start()
	at := s.Rooms[0]
	at.Thread = s.say(s.Rooms[0], Plainly, "Wurzel").ID
	if m := s.say(at, Plainly, "Antwort"); m.Place != at {
		s.Errorf("the answer is at %+v, want %+v", m.Place, at)
	}
}

func pressed(s *stage) {
	s.start()
	const do = `topic.support T-41 "a b" <&>`
	d := post("p", s.Rooms[0], "")
	d.Card = bot.Card{Title: "Thema T-41", Buttons: []bot.Button{{Label: "Auch wichtig", Do: do, Primary: true}, {Label: "Nein", Do: "x"}}}
	id := s.send(d).IDs[0]
	s.taken(s.Platform.Press(s.People[1], s.Rooms[0], "Auch wichtig"))
	m := s.got(0)
	got := bot.Message{Kind: m.Kind, Place: m.Place, ID: m.ID, From: m.From, Do: m.Do}
	want := bot.Message{Kind: bot.Pressed, Place: s.Rooms[0], ID: id, From: s.People[1], Do: do}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("press (-want +got):\n%s", diff)
	}
	s.taken(s.Platform.Again())
	if again := s.got(1); again.Turn != m.Turn {
		s.Errorf("the repeated press has turn %q, the first had %q", again.Turn, m.Turn)
	}
	s.taken(s.Platform.Press(s.People[1], s.Rooms[0], "Auch wichtig"))
	if second := s.got(2); second.Turn == m.Turn {
		s.Error("a second press has the turn of the first")
	}
}

func submitted(s *stage) {
	if !s.Adapter.Can().Forms {
		return
	}
	s.start()
	form := &bot.Form{Do: "topic.new #onprem", Title: "Thema vorschlagen", Submit: "Vorschlagen", Cancel: "Abbrechen", Fields: []bot.Field{
		{Name: "text", Label: "Worum geht es?", Kind: bot.FieldText, Required: true},
		{Name: "for", Label: "Für wen?", Kind: bot.FieldLine, Value: "Kunden"},
	}}
	s.core.Answer(func(m bot.Message) (bot.Outcome, error) {
		switch {
		case m.Kind == bot.Said:
			return bot.Outcome{Form: form}, nil
		case m.Fields["text"] == "Hm":
			return bot.Outcome{Errors: map[string]string{"text": "Hier fehlt etwas."}}, nil
		}
		return bot.Outcome{}, nil
	})
	r := s.taken(s.Platform.Say(Speech{By: s.People[0], At: s.Rooms[0], How: Slashed, Text: "thema"}))
	if diff := cmp.Diff(form, r.Form); diff != "" {
		s.Fatalf("form (-want +got):\n%s", diff)
	}
	r = s.taken(s.Platform.Submit(s.People[0], s.Rooms[0], form, map[string]string{"text": "Hm", "for": "Presse"}))
	if r.Errors["text"] != "Hier fehlt etwas." {
		s.Errorf("errors = %v, want the one of text", r.Errors)
	}
	fields := map[string]string{"text": "Pumpe\nohne Cloud <b>", "for": "Presse"}
	s.taken(s.Platform.Submit(s.People[0], s.Rooms[0], form, fields))
	all := s.core.Effects()
	m := all[len(all)-1]
	if m.Kind != bot.Submitted || m.Do != form.Do || m.Place.Top() != s.Rooms[0] || m.From != s.People[0] {
		s.Errorf("submitted = %+v, want do %q at %+v by %+v", m, form.Do, s.Rooms[0], s.People[0])
	}
	if diff := cmp.Diff(fields, m.Fields); diff != "" {
		s.Errorf("fields (-want +got):\n%s", diff)
	}
}

func opened(s *stage) {
	s.start()
	s.taken(s.Platform.Open(s.People[1]))
	m := s.got(0)
	if m.Kind != bot.Opened || m.Place != s.Platform.Direct(s.People[1]) || m.From != s.People[1] || m.Turn == "" {
		s.Errorf("opened = %+v, want it at %+v by %+v", m, s.Platform.Direct(s.People[1]), s.People[1])
	}
}

func readable(s *stage) {
	s.start()
	d := post("p", s.Rooms[0], "")
	d.Card = bot.Card{
		Title: "Thema T-41", Meta: "seit heute", Quote: "Läuft sie ohne Cloud?", Text: "Drei Kunden fragen.\nZweite Zeile",
		Items:   []bot.Item{{Ref: "V-17", Text: "Kundenstimme V-17", Meta: "gestern", Button: &bot.Button{Label: "Lesen", Do: "show V-17"}}},
		Buttons: []bot.Button{{Label: "Annehmen", Do: "accept", Primary: true}, {Label: "Ablehnen", Do: "decline", Danger: true}},
		Note:    "Lena weiß Bescheid", Preview: "Ein Thema",
	}
	s.send(d)
	shown := s.shown(s.People[0], s.Rooms[0], 1)[0]
	at := 0
	for _, part := range []string{"Thema T-41", "seit heute", "Läuft sie ohne Cloud?", "Drei Kunden fragen.", "Zweite Zeile", "Kundenstimme V-17", "gestern", "Lena weiß Bescheid"} {
		i := strings.Index(shown.Text[at:], part)
		if i < 0 {
			s.Fatalf("%q is missing or out of order in %q", part, shown.Text)
		}
		at += i
	}
	slices.Sort(shown.Buttons)
	if diff := cmp.Diff([]string{"Ablehnen", "Annehmen", "Lesen"}, shown.Buttons); diff != "" {
		s.Errorf("buttons (-want +got):\n%s", diff)
	}
	if shown.By != "" {
		s.Errorf("the bot's post is shown as %q's", shown.By)
	}
}

func inert(s *stage) {
	s.start()
	for i, text := range append(awkward(), "<!channel> <!here> @channel @everyone <@U123> <at>Ines</at>") {
		d := post(fmt.Sprint("p", i), s.Rooms[0], text)
		d.Card.Title, d.Card.Quote, d.Card.Note = "<i>Titel</i> *x*", text, "_Note_ <b>"
		s.send(d)
		all := s.shown(s.People[0], s.Rooms[0], i+1)
		got := all[len(all)-1]
		if len(got.Active) > 0 {
			s.Errorf("%q became active: %q", text, got.Active)
		}
		if !strings.Contains(got.Text, text) {
			s.Errorf("%q is shown as %q", text, got.Text)
		}
	}
}

func ordered(s *stage) {
	s.start()
	var want []string
	for i := range 12 {
		text := fmt.Sprintf("Nummer %02d", i)
		want = append(want, text)
		if i%3 == 0 {
			s.say(s.Rooms[0], Plainly, text)
		} else {
			s.send(post(text, s.Rooms[0], text))
		}
	}
	var got []string
	for _, p := range s.shown(s.People[1], s.Rooms[0], len(want)) {
		got = append(got, p.Text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("order (-want +got):\n%s", diff)
	}
}

func threadOut(s *stage) {
	if !s.Adapter.Can().Threads {
		return
	}
	s.start()
	at := s.Rooms[0]
	at.Thread = s.say(s.Rooms[0], Plainly, "Wurzel").ID
	s.send(post("p", at, "Notiert"))
	all := s.shown(s.People[1], s.Rooms[0], 2)
	if got := all[1]; got.Thread != at.Thread || got.Text != "Notiert" {
		s.Errorf("the answer is shown as %+v, want it in the thread of %q", got, at.Thread)
	}
}

func private(s *stage) {
	if !s.Adapter.Can().Private {
		return
	}
	s.start()
	d := post("p", s.Rooms[0], "nur für eine")
	d.Reader = s.People[0].ID
	s.send(d)
	s.send(post("q", s.Rooms[0], "für alle"))
	s.shown(s.People[0], s.Rooms[0], 2)
	if got := s.shown(s.People[1], s.Rooms[0], 1); got[0].Text != "für alle" {
		s.Errorf("somebody else sees %+v", got)
	}
}

func directOut(s *stage) {
	s.start()
	s.send(post("p", s.Platform.Direct(s.People[0]), "unter uns"))
	s.shown(s.People[0], s.Platform.Direct(s.People[0]), 1)
	for _, at := range []bot.Place{s.Platform.Direct(s.People[1]), s.Rooms[0], s.Rooms[1]} {
		if got := s.Platform.Shown(s.People[1], at); len(got) > 0 {
			s.Errorf("somebody else sees %+v at %+v", got, at)
		}
	}
}

func edited(s *stage) {
	if !s.Adapter.Can().Edits {
		return
	}
	s.start()
	d := post("p", s.Rooms[0], "alt")
	d.Card.Buttons = []bot.Button{{Label: "Annehmen", Do: "accept"}}
	ids := s.send(d).IDs
	s.send(post("q", s.Rooms[0], "danach"))
	d.Op, d.Revision, d.IDs, d.Card = bot.OpEdit, 2, ids, bot.Card{Text: "neu"}
	s.send(d)
	s.until("the edit is shown, in its old place and without the button", func() bool {
		all := s.Platform.Shown(s.People[0], s.Rooms[0])
		return len(all) == 2 && all[0].Text == "neu" && len(all[0].Buttons) == 0
	})
	d.Op, d.Revision = bot.OpDelete, 3
	s.send(d)
	s.until("only what was not deleted is shown", func() bool {
		all := s.Platform.Shown(s.People[0], s.Rooms[0])
		return len(all) == 1 && all[0].Text == "danach"
	})
}

func repeated(s *stage) {
	s.start()
	d := post("p", s.Rooms[0], "einmal")
	first := s.send(d)
	s.shown(s.People[0], s.Rooms[0], 1)
	d.Unsure = true
	again := s.send(d)
	s.send(post("q", s.Rooms[0], "danach"))
	s.once("einmal")
	if diff := cmp.Diff(first.IDs, again.IDs); diff != "" {
		s.Errorf("ids of the repetition (-first +again):\n%s", diff)
	}
}

func unsure(s *stage) {
	s.start()
	d := post("p", s.Rooms[0], "vor dem Absturz")
	s.send(d)
	s.restart()
	d.Unsure = true
	s.send(d)
	s.send(post("q", s.Rooms[0], "danach"))
	s.once("vor dem Absturz")
}

// once checks that a text is shown once, and not as a possible repetition: it can be looked up. "danach" is known to come last.
func (s *stage) once(text string) {
	s.Helper()
	s.until("what was sent last is shown", func() bool {
		all := s.Platform.Shown(s.People[0], s.Rooms[0])
		return len(all) > 0 && strings.Contains(all[len(all)-1].Text, "danach")
	})
	n := 0
	for _, p := range s.Platform.Shown(s.People[0], s.Rooms[0]) {
		if strings.Contains(p.Text, text) {
			n++
		}
		if p.Marked {
			s.Errorf("%q is marked as a possible repetition", p.Text)
		}
	}
	if n != 1 {
		s.Errorf("%q is shown %d times, want once", text, n)
	}
}

func never(s *stage) {
	s.start()
	_, err := s.Adapter.Send(s.Context(), post("p", s.Nowhere, "ins Leere"))
	var e *bot.SendError
	if !errors.As(err, &e) || e.Fate != bot.Never || e.Reason == "" {
		s.Errorf("Send to nowhere = %v, want a SendError that says never, with a reason", err)
	}
}

func preview(s *stage) {
	s.start()
	d := post("p", s.Platform.Direct(s.People[0]), "Der Text")
	d.Card.Title, d.Card.Quote, d.Card.Preview = "Der Titel", "Das Zitat", "Eine Freigabe wartet"
	s.send(d)
	shown := s.shown(s.People[0], d.Place, 1)[0]
	if shown.Preview != nil && *shown.Preview != d.Card.Preview {
		s.Errorf("the lock screen shows %q, want %q", *shown.Preview, d.Card.Preview)
	}
}

func ready(s *stage) {
	if s.Adapter.Ready() == nil {
		s.Error("ready before Run")
	}
	s.start()
	s.stop()
	if s.Adapter.Ready() == nil {
		s.Error("ready after Run")
	}
}

func notRunning(s *stage) {
	s.untried("before Run")
	s.start()
	s.stop()
	s.untried("after Run")
}

func (s *stage) untried(when string) {
	s.Helper()
	_, err := s.Adapter.Send(s.Context(), post(when, s.Rooms[0], "später"))
	var e *bot.SendError
	if !errors.As(err, &e) || e.Fate != bot.Untried || e.Reason == "" {
		s.Errorf("Send %s = %v, want a SendError that says that it was not tried, with a reason", when, err)
	}
}

func endsInOrder(s *stage) {
	s.start()
	reached, release := make(chan struct{}), make(chan struct{})
	s.core.Answer(func(bot.Message) (bot.Outcome, error) {
		close(reached)
		<-release
		return bot.Outcome{}, nil
	})
	done := make(chan Reaction, 1)
	go func() { done <- s.Platform.Say(Speech{By: s.People[0], At: s.Rooms[0], Text: "noch schnell"}) }()
	<-reached
	s.cancel()
	select {
	case err := <-s.ended:
		s.Errorf("Run ended with %v while an act was under way", err)
		s.ended <- nil
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	<-done
	if n := len(s.core.Effects()); n != 1 {
		s.Errorf("%d effects, want that of the act under way", n)
	}
}

func history(s *stage) {
	s.start()
	s.say(s.Rooms[0], Plainly, "von Menschen")
	s.send(post("p", s.Rooms[0], "vom Bot"))
	s.send(copyOf("c", s.Rooms[0], "von drüben"))
	before := s.shown(s.People[1], s.Rooms[0], 3)
	s.restart()
	if diff := cmp.Diff(before, s.shown(s.People[1], s.Rooms[0], 3)); diff != "" {
		s.Errorf("shown after the restart (-before +after):\n%s", diff)
	}
}

// shown waits until somebody sees n posts at a place.
func (s *stage) shown(who bot.Identity, at bot.Place, n int) []Shown {
	s.Helper()
	s.until(fmt.Sprintf("%d posts are shown", n), func() bool { return len(s.Platform.Shown(who, at)) >= n })
	all := s.Platform.Shown(who, at)
	if len(all) != n {
		s.Fatalf("%d posts are shown, want %d: %+v", len(all), n, all)
	}
	return all
}
