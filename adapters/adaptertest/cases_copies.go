package adaptertest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"standleitung/bot"
	"standleitung/bot/markup"
)

// crossing are the rules of what people wrote in other rooms.
func crossing() []rule {
	return []rule{
		{"a copy shows its author, not the bot", copied},
		{"markup characters in a copy stay text", copyInert},
		{"an edit rewrites a copy and a deletion leaves nothing of it", copyChanged},
		{"a copy hangs in the thread it belongs to", copyInThread},
		{"an answer under a copy names the copy", answerToCopy},
		{"what a copy answers is shown above it", copyQuotes},
		{"a copy that comes late says so, also after an edit", copyLate},
		{"a repeated copy shows once", copyRepeated},
	}
}

var errDiskFull = errors.New("disk full")

// copyOf is the delivery of what somebody wrote in another room, on another platform.
func copyOf(name string, at bot.Place, text string) bot.Delivery {
	return bot.Delivery{Post: name, Op: bot.OpPost, Revision: 1, Place: at, Copy: &bot.Copy{
		Author: bot.Author{Name: "Mara Lindner", Party: "sales", Platform: "elsewhere"}, Body: markup.FromPlain(text),
	}}
}

// by reports whether a copy is shown as somebody's. A platform may add where they are.
func (p Shown) by(name string) bool { return strings.Contains(p.Author, name) }

func copied(s *stage) {
	s.start()
	s.send(copyOf("c", s.Rooms[0], "Läuft die Pumpe ohne Cloud?"))
	s.send(post("p", s.Rooms[0], "vom Bot"))
	all := s.shown(s.People[0], s.Rooms[0], 2)
	if got := all[0]; !got.by("Mara Lindner") || got.By != "" || !strings.Contains(got.Text, "Läuft die Pumpe ohne Cloud?") {
		s.Errorf("the copy is shown as %+v, want it as Mara Lindner's", got)
	}
	if all[0].Late || len(all[0].Buttons) > 0 {
		s.Errorf("the copy is shown as %+v, want it neither late nor with buttons", all[0])
	}
	if all[1].Author != "" {
		s.Errorf("a post of the bot is shown as %q's", all[1].Author)
	}
}

func copyInert(s *stage) {
	s.start()
	for i, text := range append(awkward(), "<!channel> <!here> @channel @everyone <@U123> <at>Ines</at>") {
		d := copyOf(fmt.Sprint("c", i), s.Rooms[0], text)
		d.Copy.Author.Name = "<b>Mara</b> *L* @here"
		s.send(d)
		all := s.shown(s.People[0], s.Rooms[0], i+1)
		got := all[len(all)-1]
		if len(got.Active) > 0 {
			s.Errorf("%q became active: %q", text, got.Active)
		}
		if !strings.Contains(got.Text, text) {
			s.Errorf("%q is shown as %q", text, got.Text)
		}
		if !got.by(d.Copy.Author.Name) {
			s.Errorf("the author %q is shown as %q", d.Copy.Author.Name, got.Author)
		}
	}
}

func copyChanged(s *stage) {
	if !s.Adapter.Can().Edits {
		return
	}
	s.start()
	d := copyOf("c", s.Rooms[0], "sie wird teurer")
	d.IDs = s.send(d).IDs
	s.send(copyOf("d", s.Rooms[0], "danach"))
	d.Op, d.Revision, d.Copy = bot.OpEdit, 2, copyOf("c", s.Rooms[0], "sie wird besser").Copy
	s.send(d)
	s.until("the edit is shown, in its old place and as its author's", func() bool {
		all := s.Platform.Shown(s.People[1], s.Rooms[0])
		return len(all) == 2 && strings.Contains(all[0].Text, "besser") && !strings.Contains(all[0].Text, "teurer") && all[0].by("Mara Lindner")
	})
	d.Op, d.Revision, d.Copy = bot.OpDelete, 3, nil
	s.send(d)
	s.until("nothing of what was deleted is shown", func() bool {
		all := s.Platform.Shown(s.People[1], s.Rooms[0])
		return len(all) == 1 && strings.Contains(all[0].Text, "danach")
	})
}

func copyInThread(s *stage) {
	if !s.Adapter.Can().Threads {
		return
	}
	s.start()
	roots := []string{s.say(s.Rooms[0], Plainly, "Wurzel von hier").ID, s.send(copyOf("root", s.Rooms[0], "Wurzel von drüben")).IDs[0]}
	for i, root := range roots {
		at := s.Rooms[0]
		at.Thread = root
		s.send(copyOf(fmt.Sprint("c", i), at, "Antwort von drüben"))
		all := s.shown(s.People[1], s.Rooms[0], 3+i)
		if got := all[len(all)-1]; got.Thread != root || !got.by("Mara Lindner") {
			s.Errorf("the copy is shown as %+v, want it in the thread of %q", got, root)
		}
	}
}

func answerToCopy(s *stage) {
	if !s.Adapter.Can().Threads {
		return
	}
	s.start()
	at := s.Rooms[0]
	at.Thread = s.send(copyOf("c", s.Rooms[0], "Wurzel von drüben")).IDs[0]
	s.shown(s.People[0], s.Rooms[0], 1)
	if m := s.say(at, Plainly, "Antwort"); m.Place != at {
		s.Errorf("the answer is at %+v, want %+v", m.Place, at)
	}
	s.send(post("p", at, "Notiert"))
	all := s.shown(s.People[1], s.Rooms[0], 3)
	if all[1].Thread != at.Thread || all[2].Thread != at.Thread {
		s.Errorf("shown are %+v, want both answers in the thread of %q", all, at.Thread)
	}
}

func copyQuotes(s *stage) {
	s.start()
	d := copyOf("c", s.Rooms[0], "Daraus mache ich einen Beitrag")
	d.Copy.Quote = "Läuft die *Pumpe* <b>ohne</b> Cloud?"
	s.send(d)
	got := s.shown(s.People[0], s.Rooms[0], 1)[0]
	quote, text := strings.Index(got.Text, d.Copy.Quote), strings.Index(got.Text, "Daraus")
	if quote < 0 || text < quote {
		s.Errorf("shown is %q, want what it answers, then what it says", got.Text)
	}
	if len(got.Active) > 0 {
		s.Errorf("the quote became active: %q", got.Active)
	}
}

func copyLate(s *stage) {
	s.start()
	d := copyOf("c", s.Rooms[0], "Es gibt Neues")
	d.Copy.Written = time.Date(2026, 12, 7, 8, 2, 0, 0, time.UTC)
	d.IDs = s.send(d).IDs
	if got := s.shown(s.People[0], s.Rooms[0], 1)[0]; !got.Late {
		s.Errorf("shown is %+v, want it marked as late", got)
	}
	if !s.Adapter.Can().Edits {
		return
	}
	d.Op, d.Revision, d.Copy = bot.OpEdit, 2, copyOf("c", s.Rooms[0], "Es gibt Besseres").Copy
	s.send(d)
	s.until("the edit is shown, marked as late", func() bool {
		all := s.Platform.Shown(s.People[0], s.Rooms[0])
		return len(all) == 1 && strings.Contains(all[0].Text, "Besseres") && all[0].Late
	})
}

func copyRepeated(s *stage) {
	s.start()
	d := copyOf("c", s.Rooms[0], "vor dem Absturz")
	first := s.send(d)
	s.restart()
	d.Unsure = true
	again := s.send(d)
	s.send(post("q", s.Rooms[0], "danach"))
	s.once("vor dem Absturz")
	if first.IDs[0] != again.IDs[0] {
		s.Errorf("the repetition has id %q, the first had %q", again.IDs[0], first.IDs[0])
	}
	d.Op, d.Revision, d.Copy = bot.OpDelete, 2, &bot.Copy{Author: d.Copy.Author}
	s.send(d)
	s.until("what may have arrived is deleted, though nobody learnt its id", func() bool {
		return len(s.Platform.Shown(s.People[0], s.Rooms[0])) == 1
	})
}
