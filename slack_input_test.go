package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"standleitung/adapters/faketest"
	"standleitung/adapters/slack/slacktest"
)

// long is a text of n characters, in numbered words, so that every loss and every wrong order shows.
func long(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "w%d ", i)
	}
	return strings.TrimSpace(b.String()[:n])
}

// spoken are the words of all copies whose text begins with a word of [long], one after the other, and how many messages they
// are; thread is where they hang.
func (w *slackWorkspace) spoken(thread string) (words string, messages int) {
	var all []string
	for _, m := range w.Shown(w.press.ID, w.mara.ID) {
		if m.Ours && strings.HasPrefix(m.Text, "w") && m.Thread == thread {
			all = append(all, strings.Fields(m.Text)...)
			messages++
		}
	}
	return strings.Join(all, " "), messages
}

// eventual is how long what must come may take on a busy machine.
const eventual = 3 * time.Minute

// eventually waits until something holds.
func (w *slackWorkspace) eventually(what string, ok func() bool) {
	w.t.Helper()
	if !faketest.Await(eventual, ok) {
		var told []string
		for _, m := range w.told() {
			told = append(told, m.Text)
		}
		w.t.Fatalf("waited in vain until %s; in the room: %s; to mara: %q", what, w.outline(), told)
	}
}

// outline is what the program shows in the second room, shortened.
func (w *slackWorkspace) outline() string {
	var all []string
	for _, m := range w.Shown(w.press.ID, w.mara.ID) {
		if text := m.Text; m.Ours {
			all = append(all, fmt.Sprintf("%s in %q: %.20q … %q (%d)", m.TS, m.Thread, text, text[max(0, len(text)-20):], len(text)))
		}
	}
	return strings.Join(all, "\n")
}

// told is what the bot said to Mara alone: directly, and in the first room.
func (w *slackWorkspace) told() (all []slacktest.Seen) {
	for _, channel := range []string{w.Direct(w.mara.ID), w.sales.ID} {
		for _, m := range w.Shown(channel, w.mara.ID) {
			if m.Ours && (m.Ephemeral || channel != w.sales.ID) {
				all = append(all, m)
			}
		}
	}
	return all
}

// tells waits until the bot has said all of these to Mara in one message, and returns it.
func (w *slackWorkspace) tells(parts ...string) (found slacktest.Seen) {
	w.t.Helper()
	w.eventually(fmt.Sprintf("mara is told %q", parts), func() bool {
		for _, m := range w.told() {
			if !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(m.Text, p) }) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// TestSlackLongMessage carries 40,000 characters, the most that Slack takes, and what its writer makes of them: nothing is
// lost, doubled or out of order, at the top and in a thread, though Slack breaks off in the middle.
func TestSlackLongMessage(t *testing.T) {
	w := newSlackWorkspace(t)
	w.run()
	for _, where := range []string{"at the top", "in a thread"} {
		t.Run(where, func(t *testing.T) {
			var thread, copied string
			if where == "in a thread" {
				thread = w.says("Wurzel", "")
				w.eventually("the root is there", func() bool {
					for _, m := range w.Shown(w.press.ID, w.mara.ID) {
						if m.Ours && m.Text == "Wurzel" {
							copied = m.TS
						}
					}
					return copied != ""
				})
			}
			w.Fault(slacktest.Fault{Method: "chat.postMessage", Slow: time.Millisecond})
			w.Fault(slacktest.Fault{Method: "chat.postMessage", Status: 502, After: true}) // the second part
			ts := w.says(long(40_000), thread)
			w.same(long(40_000), copied, 4)
			for _, n := range []int{25_000, 39_000, 100, 12_345} {
				if n == 39_000 { // the first part that is new arrives unheard, the second one must wait
					w.Fault(slacktest.Fault{Method: "chat.postMessage", Status: 502, After: true})
					w.Fault(slacktest.Fault{Method: "chat.postMessage", RetryAfter: 1})
				}
				if a := w.Edit(w.mara.ID, w.sales.ID, ts, long(n)); !a.Acked {
					t.Fatalf("the edit was not acknowledged: %+v", a)
				}
				w.sameSomewhere(long(n), copied)
			}
			w.Delete(w.mara.ID, w.sales.ID, ts)
			w.eventually("all parts are gone", func() bool {
				for _, m := range w.Shown(w.press.ID, w.mara.ID) {
					if m.Ours && strings.HasPrefix(m.Text, "w") {
						return false
					}
				}
				return true
			})
		})
	}
}

// same waits until the parts in a thread say exactly this, in at least some messages.
func (w *slackWorkspace) same(want, thread string, least int) {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%d characters are there", len(want)), func() bool {
		got, n := w.spoken(thread)
		return got == want && n >= least
	})
}

// sameSomewhere waits until all parts together say exactly this: what an edit adds hangs below the first part.
func (w *slackWorkspace) sameSomewhere(want, thread string) {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%d characters are somewhere", len(want)), func() bool {
		var all []string
		for _, m := range w.Shown(w.press.ID, w.mara.ID) {
			if m.Ours && strings.HasPrefix(m.Text, "w") {
				if thread != "" && m.Thread != thread {
					return false
				}
				all = append(all, strings.Fields(m.Text)...)
			}
		}
		return strings.Join(all, " ") == want
	})
}

// TestSlackHundredFiles has twenty files go along and the others counted, and their writer told.
func TestSlackHundredFiles(t *testing.T) {
	w := newSlackWorkspace(t)
	w.run()
	speech := slacktest.Speech{By: w.mara.ID, Channel: w.sales.ID, Text: "Bilder"}
	for i := range 100 {
		speech.Files = append(speech.Files, slacktest.Upload{Name: fmt.Sprintf("bild-%02d.png", i), Bytes: []byte{1, 2, byte(i)}})
	}
	a := w.Say(speech)
	if !a.Acked {
		t.Fatalf("not acknowledged: %+v", a)
	}
	w.tells("als Datei: 20 von 100", "Von 80 Dateien")
	files := func() (names []string) {
		for _, m := range w.Shown(w.press.ID, w.mara.ID) {
			for i, f := range m.Files {
				if m.Ours && !f.Gone && !slices.Equal(f.Bytes, []byte{1, 2, byte(len(names))}) {
					t.Errorf("file %d of a message is %s with %v", i, f.Name, f.Bytes)
				}
				names = append(names, f.Name)
			}
		}
		return names
	}
	w.eventually("twenty files are there, in order", func() bool { return slices.Equal(files(), names(speech.Files[:20])) })
	w.eventually("the others are counted", func() bool {
		return slices.ContainsFunc(w.copies(), func(c string) bool { return strings.Contains(c, "+80 weitere Dateien") })
	})
	w.Delete(w.mara.ID, w.sales.ID, a.TS)
	w.eventually("all is gone with its message", func() bool { return len(w.copies()) == 0 })
}

func names(files []slacktest.Upload) (all []string) {
	for _, f := range files {
		all = append(all, f.Name)
	}
	return all
}

// TestSlackVanishingFile deletes a file while its copy is on its way: the copy and its writer are told, the other file arrives.
func TestSlackVanishingFile(t *testing.T) {
	w := newSlackWorkspace(t)
	w.run()
	w.Fault(slacktest.Fault{Method: "files.getUploadURLExternal", RetryAfter: 1})
	a := w.Say(slacktest.Speech{
		By: w.mara.ID, Channel: w.sales.ID, Text: "Unterlagen",
		Files: []slacktest.Upload{{Name: "preise.pdf", Bytes: []byte("x")}, {Name: "fotos.zip", Bytes: []byte("y")}},
	})
	for _, m := range w.Shown(w.sales.ID, w.mara.ID) {
		if m.TS == a.TS {
			w.DeleteFile(m.Files[0].ID)
		}
	}
	w.eventually("the copy names the one and has the other", func() bool {
		var text, files string
		for _, m := range w.Shown(w.press.ID, w.mara.ID) {
			if m.Override {
				text += m.Text
				for _, f := range m.Files {
					files += f.Name
				}
			}
		}
		return strings.HasPrefix(text, "Unterlagen") && strings.Contains(text, "„preise.pdf“ war nicht mehr da") && files == "fotos.zip"
	})
	w.tells("preise.pdf")
}

// TestSlackOldRoot answers below a message that was there before the bot came: the answers stand by themselves, and what is
// changed and deleted is theirs.
func TestSlackOldRoot(t *testing.T) {
	w := newSlackWorkspace(t)
	root := w.says("vor der Zeit der Leitung", "")
	w.eventually("slack has given up to deliver it", w.Settled)
	w.run()
	first := w.says("eine Antwort darauf", root)
	second := w.says("noch eine", root)
	ends := func(want ...string) func() bool {
		return func() bool { return slices.EqualFunc(w.copies(), want, strings.HasSuffix) }
	}
	w.eventually("both answers are there", ends("eine Antwort darauf", "noch eine"))
	w.Edit(w.mara.ID, w.sales.ID, first, "eine bessere Antwort")
	w.Edit(w.mara.ID, w.sales.ID, root, "vor der Zeit, geändert") // it never crossed, and does not now
	w.eventually("the answer is changed", ends("eine bessere Antwort", "noch eine"))
	w.Delete(w.mara.ID, w.sales.ID, second)
	w.Delete(w.mara.ID, w.sales.ID, root)
	w.says("zuletzt", "")
	w.eventually("one is gone, the other stays", ends("eine bessere Antwort", "zuletzt"))
}

// TestSlackRoomOutOfReach removes the bot from a room and archives the room: what was written meanwhile is parked with words for
// its writer and in leitungen, bears the mark of what waits, and arrives when somebody sends it again.
func TestSlackRoomOutOfReach(t *testing.T) {
	w := newSlackWorkspace(t)
	w.run()
	w.says("vorher", "")
	w.until("vorher")
	for _, c := range []struct {
		why         string
		away, back  func()
		said, after string
	}{
		{
			"ich bin nicht in diesem Raum: bitte einladen",
			func() { w.Leave(slacktest.BotUser, w.press.ID) }, func() { w.Join(slacktest.BotUser, w.press.ID, w.mara.ID) },
			"während der Bot fort ist", "wieder da",
		},
		{
			"der Raum ist archiviert",
			func() { w.Archive(w.mara.ID, w.press.ID) }, func() { w.Unarchive(w.mara.ID, w.press.ID) },
			"während der Raum zu ist", "wieder offen",
		},
	} {
		before := w.copies()
		c.away()
		ts := w.says(c.said, "")
		card := w.tells("Nicht zustellbar in pr", c.why, c.said)
		w.marked(ts, "hourglass_flowing_sand")
		if a := w.Slash(w.mara.ID, w.sales.ID, "/standleitung", "leitungen"); !a.Acked {
			t.Errorf("leitungen: %+v", a)
		}
		w.tells("Leitung main", c.why, "1 nicht zustellbar")
		c.back()
		w.says(c.after, "")
		w.until(append(before, c.after)...) // what is parked keeps nothing waiting
		if a := w.Press(w.mara.ID, w.Direct(w.mara.ID), card.TS, "Noch einmal senden"); !a.Acked {
			t.Errorf("pressed: %+v", a)
		}
		w.eventually("what was parked arrives", func() bool {
			all := w.copies()
			return len(all) == len(before)+2 && strings.Contains(all[len(all)-1], c.said)
		})
		w.marked(ts, "white_check_mark")
		if a := w.Slash(w.mara.ID, w.sales.ID, "/standleitung", "leitungen"); !a.Acked {
			t.Errorf("leitungen: %+v", a)
		}
	}
}

// marked waits until the bot shows exactly one emoji on a message of the first room.
func (w *slackWorkspace) marked(ts, name string) {
	w.t.Helper()
	w.eventually("the mark is "+name, func() bool {
		var names []string
		for _, m := range w.Shown(w.sales.ID, w.mara.ID) {
			for n, who := range m.Reactions {
				if m.TS == ts && slices.Contains(who, slacktest.BotUser) {
					names = append(names, n)
				}
			}
		}
		return slices.Equal(names, []string{name})
	})
}
