package adaptertest

import (
	gocmp "github.com/google/go-cmp/cmp"

	"standleitung/bot"
)

// marking are the rules of what the bot shows on a message without a word.
func marking() []rule {
	return []rule{
		{"the bot's reaction is the one that was asked for last", botReacts},
		{"the bot's reaction leaves those of people alone", botReactsBesides},
	}
}

// react has the bot show one emoji on a post, or none.
func (s *stage) react(id, emoji string, revision int) {
	s.Helper()
	s.send(bot.Delivery{Post: "mark", Op: bot.OpReact, Revision: revision, Place: s.Rooms[0], IDs: []string{id}, Reaction: emoji})
}

// bearing waits until the bot's emoji on a post are these.
func (s *stage) bearing(id string, want ...string) {
	s.Helper()
	s.until("the bot's reaction is shown", func() bool {
		for _, post := range s.Platform.Shown(s.People[1], s.Rooms[0]) {
			if post.ID == id {
				return gocmp.Equal(append([]string{}, want...), append([]string{}, post.Marks...))
			}
		}
		return false
	})
}

func botReacts(s *stage) {
	if !s.Adapter.Can().Reacts {
		return
	}
	s.start()
	said := s.say(s.Rooms[0], Plainly, "Kommt das an?")
	s.react(said.ID, "⏳", 1)
	s.bearing(said.ID, "⏳")
	s.react(said.ID, "⏳", 1) // again
	s.bearing(said.ID, "⏳")
	s.react(said.ID, "✅", 2)
	s.bearing(said.ID, "✅")
	s.react(said.ID, "", 3)
	s.bearing(said.ID)
	s.react(said.ID, "", 4) // there is none any more
	s.react(said.ID, "⏳", 5)
	s.bearing(said.ID, "⏳")
	s.restart()
	s.react(said.ID, "✅", 6)
	s.bearing(said.ID, "✅")
	if n := len(s.core.Effects()); n != 1 {
		s.Errorf("%d messages had an effect, want what was said and nothing of the bot's own reactions", n)
	}
	if s.NoChanges {
		return
	}
	s.taken(s.Platform.Delete(s.People[0], s.Rooms[0], said.ID))
	s.react(said.ID, "⏳", 7) // of a message that is gone
}

func botReactsBesides(s *stage) {
	if !s.Adapter.Can().Reacts || s.NoReactions {
		return
	}
	s.start()
	said := s.say(s.Rooms[0], Plainly, "Kommt das an?")
	s.taken(s.Platform.React(s.People[1], s.Rooms[0], said.ID, "✅", false))
	s.react(said.ID, "✅", 1)
	s.bearing(said.ID, "✅")
	s.react(said.ID, "", 2)
	s.bearing(said.ID)
	before := len(s.core.Received())
	s.taken(s.Platform.React(s.People[1], s.Rooms[0], said.ID, "✅", true))
	if m := s.got(before); !m.Removed || m.From != s.People[1] {
		s.Errorf("the person's own reaction arrived as %+v, want it to be taken away", m)
	}
}
