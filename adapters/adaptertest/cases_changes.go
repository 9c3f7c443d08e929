package adaptertest

import (
	"cmp"

	gocmp "github.com/google/go-cmp/cmp"

	"standleitung/bot"
	"standleitung/bot/markup"
)

// changing are the rules of what people do with what they wrote.
func changing() []rule {
	return []rule{
		{"an edit says which message it changes, and how", personEdits},
		{"a deletion says which message is gone", personDeletes},
		{"an edit in a thread names the thread", personEditsInThread},
		{"a change is acknowledged when the core has it", changeRefused},
		{"nobody changes what others wrote", foreignChanges},
		{"everybody sees a change", changesShown},
	}
}

// change is what a rule about changes looks at.
type change struct {
	Kind  bot.MessageKind
	Place bot.Place
	ID    string
	From  bot.Identity
	Text  string
}

// changeOf takes the new text from where the adapter put it.
func changeOf(m bot.Message) change {
	return change{m.Kind, m.Place, m.ID, m.From, cmp.Or(m.Text, markup.Plain(m.Body))}
}

func personEdits(s *stage) {
	if s.NoChanges {
		return
	}
	s.start()
	said := s.say(s.Rooms[0], Plainly, "Die Pumpe wird teuer")
	turns := map[string]bool{said.Turn: true}
	for _, text := range append(awkward(), "dasselbe", "dasselbe noch einmal") {
		before := len(s.core.Received())
		s.taken(s.Platform.Edit(s.People[0], s.Rooms[0], said.ID, text))
		m := s.got(before)
		want := change{bot.Edited, s.Rooms[0], said.ID, s.People[0], text}
		if diff := gocmp.Diff(want, changeOf(m)); diff != "" {
			s.Errorf("edit (-want +got):\n%s", diff)
		}
		if m.Addressed || m.At.Before(said.At) {
			s.Errorf("the edit is addressed: %v, and of %v, %v after it was written", m.Addressed, m.At, m.At.Sub(said.At))
		}
		if turns[m.Turn] {
			s.Errorf("the edit to %q has the turn of another act", text)
		}
		turns[m.Turn] = true
	}
	s.sameTurnAgain()
}

func personDeletes(s *stage) {
	if s.NoChanges {
		return
	}
	s.start()
	said := s.say(s.Rooms[0], Plainly, "Besser nicht")
	s.taken(s.Platform.Delete(s.People[0], s.Rooms[0], said.ID))
	m := s.got(1)
	if diff := gocmp.Diff(change{bot.Deleted, s.Rooms[0], said.ID, s.People[0], ""}, changeOf(m)); diff != "" {
		s.Errorf("deletion (-want +got):\n%s", diff)
	}
	if m.Turn == said.Turn || m.Turn == "" {
		s.Errorf("the deletion has turn %q", m.Turn)
	}
	s.sameTurnAgain()
}

// sameTurnAgain has the platform deliver the last act once more, and checks that this is no new act.
func (s *stage) sameTurnAgain() {
	s.Helper()
	all := s.core.Received()
	last := all[len(all)-1]
	s.taken(s.Platform.Again())
	if again := s.got(len(all)); again.Turn != last.Turn {
		s.Errorf("the redelivery has turn %q, the first had %q", again.Turn, last.Turn)
	}
}

func personEditsInThread(s *stage) {
	if s.NoChanges || !s.Adapter.Can().Threads {
		return
	}
	s.start()
	at := s.Rooms[0]
	at.Thread = s.say(s.Rooms[0], Plainly, "Wurzel").ID
	answer := s.say(at, Plainly, "Antwort")
	s.taken(s.Platform.Edit(s.People[0], at, answer.ID, "Bessere Antwort"))
	if m := s.got(2); m.Place != at || m.ID != answer.ID {
		s.Errorf("the edit is of %q at %+v, want %q at %+v", m.ID, m.Place, answer.ID, at)
	}
}

func changeRefused(s *stage) {
	if s.NoChanges {
		return
	}
	s.start()
	said := s.say(s.Rooms[0], Plainly, "alt")
	s.core.Answer(func(bot.Message) (bot.Outcome, error) { return bot.Outcome{}, errDiskFull })
	if s.Platform.Edit(s.People[0], s.Rooms[0], said.ID, "neu").Taken {
		s.Error("the platform was told that an edit was taken that the core refused")
	}
	s.core.Answer(nil)
	s.taken(s.Platform.Again())
	if all := s.core.Effects(); len(all) != 2 || all[1].Text != "neu" {
		s.Errorf("effects after the second try = %v, want the message and its edit", all)
	}
}

func foreignChanges(s *stage) {
	if s.NoChanges {
		return
	}
	s.start()
	said := s.say(s.Rooms[0], Plainly, "von mir")
	ids := append([]string{said.ID}, s.send(post("p", s.Rooms[0], "vom Bot")).IDs...)
	ids = append(ids, s.send(copyOf("c", s.Rooms[0], "von drüben")).IDs...)
	s.shown(s.People[1], s.Rooms[0], 3)
	for _, id := range ids {
		if s.Platform.Edit(s.People[1], s.Rooms[0], id, "von dir").Taken {
			s.Errorf("somebody edited %s, which others wrote", id)
		}
		if s.Platform.Delete(s.People[1], s.Rooms[0], id).Taken {
			s.Errorf("somebody deleted %s, which others wrote", id)
		}
	}
	if n := len(s.core.Received()); n != 1 {
		s.Errorf("the core got %d changes of what others wrote", n-1)
	}
}

func changesShown(s *stage) {
	if s.NoChanges {
		return
	}
	s.start()
	first, second := s.say(s.Rooms[0], Plainly, "alt"), s.say(s.Rooms[0], Plainly, "bald weg")
	s.shown(s.People[1], s.Rooms[0], 2)
	s.taken(s.Platform.Edit(s.People[0], s.Rooms[0], first.ID, "neu"))
	s.taken(s.Platform.Delete(s.People[0], s.Rooms[0], second.ID))
	changed := func() bool {
		all := s.Platform.Shown(s.People[1], s.Rooms[0])
		return len(all) == 1 && all[0].Text == "neu" && all[0].By == s.People[0].ID
	}
	s.until("the edit is shown, and what was deleted is not", changed)
	s.restart()
	s.until("it is still so after a restart", changed)
}
