package adaptertest

import (
	"strings"

	gocmp "github.com/google/go-cmp/cmp"

	"standleitung/bot"
)

// reacting are the rules of what people do with a message without a word: an emoji, or a shortcut from its menu.
func reacting() []rule {
	return []rule{
		{"a reaction says who put what on which message, or took it away", personReacts},
		{"a reaction to a copy names the copy", reactsToCopy},
		{"a reaction is acknowledged when the core has it", reactionRefused},
		{"a shortcut hands over the message and its writer", shortcutUsed},
		{"a shortcut on what the bot posted has no writer", shortcutOnCopy},
		{"a form that a shortcut opens reaches the person", shortcutAsks},
	}
}

// reaction is what a rule about reactions looks at. Platforms do not tell in which thread it was.
type reaction struct {
	Kind    bot.MessageKind
	Place   bot.Place
	ID      string
	From    bot.Identity
	Emoji   string
	Removed bool
}

func reactionOf(m bot.Message) reaction {
	return reaction{m.Kind, m.Place.Top(), m.ID, m.From, bare(m.Reaction), m.Removed}
}

// bare leaves out whether an emoji is to be shown in colour, which platforms tell or do not.
func bare(emoji string) string { return strings.ReplaceAll(emoji, "\uFE0F", "") }

func personReacts(s *stage) {
	if s.NoReactions {
		return
	}
	s.start()
	said := s.say(s.Rooms[0], Plainly, "Drei Kunden fragen")
	turns := map[string]bool{said.Turn: true}
	for i, c := range []struct {
		emoji   string
		removed bool
	}{{"👍", false}, {"❤️", false}, {"👍", true}, {"👍", false}} {
		before := len(s.core.Received())
		s.taken(s.Platform.React(s.People[1], s.Rooms[0], said.ID, c.emoji, c.removed))
		m := s.got(before)
		want := reaction{bot.Reacted, s.Rooms[0], said.ID, s.People[1], bare(c.emoji), c.removed}
		if diff := gocmp.Diff(want, reactionOf(m)); diff != "" {
			s.Errorf("reaction %d (-want +got):\n%s", i+1, diff)
		}
		if m.Addressed || m.Text != "" || !m.Body.IsZero() {
			s.Errorf("reaction %d came with words: %+v", i+1, m)
		}
		if turns[m.Turn] {
			s.Errorf("reaction %d has the turn of another act", i+1)
		}
		turns[m.Turn] = true
	}
	s.sameTurnAgain()
}

func reactsToCopy(s *stage) {
	if s.NoReactions {
		return
	}
	s.start()
	id := s.send(copyOf("c", s.Rooms[0], "von drüben")).IDs[0]
	s.shown(s.People[0], s.Rooms[0], 1)
	s.taken(s.Platform.React(s.People[0], s.Rooms[0], id, "👍", false))
	if diff := gocmp.Diff(reaction{bot.Reacted, s.Rooms[0], id, s.People[0], "👍", false}, reactionOf(s.got(0))); diff != "" {
		s.Errorf("reaction (-want +got):\n%s", diff)
	}
}

func reactionRefused(s *stage) {
	if s.NoReactions {
		return
	}
	s.start()
	said := s.say(s.Rooms[0], Plainly, "Wurzel")
	s.core.Answer(func(bot.Message) (bot.Outcome, error) { return bot.Outcome{}, errDiskFull })
	if s.Platform.React(s.People[1], s.Rooms[0], said.ID, "👍", false).Taken {
		s.Error("the platform was told that a reaction was taken that the core refused")
	}
	s.core.Answer(nil)
	s.taken(s.Platform.Again())
	if n := len(s.core.Effects()); n != 2 {
		s.Errorf("%d effects, want the message and the reaction", n)
	}
}

func shortcutUsed(s *stage) {
	if s.NoShortcuts {
		return
	}
	s.start()
	for i, text := range append(awkward(), "Läuft sie ohne Cloud?") {
		said := s.say(s.Rooms[0], Plainly, text)
		for j, shortcut := range bot.Shortcuts() {
			before := len(s.core.Received())
			s.taken(s.Platform.Shortcut(s.People[1], s.Rooms[0], said.ID, shortcut.Do))
			m := s.got(before)
			if m.Subject == nil || m.Kind != bot.Pressed || m.Do != shortcut.Do || m.From != s.People[1] || m.Place.Top() != s.Rooms[0] {
				s.Fatalf("the shortcut arrived as %+v, want %s pressed by %+v in %+v, with its subject", m, shortcut.Do, s.People[1], s.Rooms[0])
			}
			got := change{said.Kind, m.Subject.Place.Top(), m.Subject.ID, bot.Identity{Adapter: m.Subject.From.Adapter, ID: m.Subject.From.ID}, ""}
			want := change{bot.Said, s.Rooms[0], said.ID, bot.Identity{Adapter: s.People[0].Adapter, ID: s.People[0].ID}, ""}
			if diff := gocmp.Diff(want, got); diff != "" {
				s.Errorf("subject (-want +got):\n%s", diff)
			}
			if read := changeOf(bot.Message{Text: m.Subject.Text, Body: m.Subject.Body}).Text; read != text {
				s.Errorf("the subject says %q, want %q", read, text)
			}
			if i == 0 && j == 0 {
				s.sameTurnAgain()
			}
		}
	}
}

func shortcutOnCopy(s *stage) {
	if s.NoShortcuts {
		return
	}
	s.start()
	id := s.send(copyOf("c", s.Rooms[0], "von drüben")).IDs[0]
	s.shown(s.People[0], s.Rooms[0], 1)
	s.taken(s.Platform.Shortcut(s.People[0], s.Rooms[0], id, bot.Shortcuts()[0].Do))
	m := s.got(0)
	if m.Subject == nil || m.Subject.ID != id || m.Subject.From.ID != "" {
		s.Errorf("the shortcut arrived with %+v, want %q by nobody", m.Subject, id)
	}
}

func shortcutAsks(s *stage) {
	if s.NoShortcuts || !s.Adapter.Can().Forms {
		return
	}
	s.start()
	said := s.say(s.Rooms[0], Plainly, "Wurzel")
	form := &bot.Form{Do: "topic.suggest", Title: "Thema vorschlagen", Submit: "Vorschlagen", Cancel: "Abbrechen", Fields: []bot.Field{
		{Name: "text", Label: "Worum geht es?", Kind: bot.FieldText, Required: true, Value: "Wurzel"},
	}}
	s.core.Answer(func(bot.Message) (bot.Outcome, error) { return bot.Outcome{Form: form}, nil })
	r := s.taken(s.Platform.Shortcut(s.People[1], s.Rooms[0], said.ID, bot.Shortcuts()[1].Do))
	if diff := gocmp.Diff(form, r.Form); diff != "" {
		s.Errorf("form (-want +got):\n%s", diff)
	}
}
