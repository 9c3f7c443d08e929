package bot_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// TestOriginals: an adapter is told of the messages at a place that are on a line, by their ids, and of no other.
func TestOriginals(t *testing.T) {
	store, err := bolt.Open(t.Context(), bolt.Config{
		Path: filepath.Join(t.TempDir(), "originals.db"), Now: time.Now, Log: slog.New(slog.DiscardHandler), Migrations: bot.Migrations(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	work := func(core bot.Core) error {
		n := 0
		tell := func(kind bot.MessageKind, place bot.Place, id string) {
			n++
			m := bot.Message{Turn: fmt.Sprint(n), Kind: kind, Place: place, ID: id, From: bot.Identity{ID: "u"}, Text: "hallo", At: time.Unix(int64(n), 0)}
			if err := receive(t.Context(), core, m); err != nil {
				t.Error(err)
			}
		}
		one, other := bot.Place{ID: "C1"}, bot.Place{ID: "C12"}
		thread := bot.Place{ID: "C1", Thread: "12"}
		tell(bot.Said, one, "10")
		tell(bot.Said, one, "11")
		tell(bot.Said, one, "12")
		tell(bot.Said, thread, "13")
		tell(bot.Edited, one, "14") // its message never came
		tell(bot.Said, one, "15")
		tell(bot.Deleted, one, "15")
		tell(bot.Said, other, "13")
		tell(bot.Said, bot.Place{ID: "C3"}, "13") // in no line
		tell(bot.Said, one, "20")
		direct := bot.Place{ID: "u", Direct: true}
		if err := receive(t.Context(), core, bot.Message{Turn: "said", Kind: bot.Said, Place: direct, ID: "13", From: bot.Identity{ID: "u"}, Text: "an alle hallo"}); err != nil {
			t.Error(err)
		}
		form := bot.Message{Turn: "13form", Kind: bot.Submitted, Place: direct, From: bot.Identity{ID: "u"}, Do: "line.all", Fields: map[string]string{"text": "hallo"}}
		if err := receive(t.Context(), core, form); err != nil {
			t.Error(err)
		}
		for _, c := range []struct {
			place    bot.Place
			from, to string
			want     []bot.Original
		}{
			{one, "11", "20", []bot.Original{{ID: "11"}, {ID: "12"}, {ID: "13", Thread: "12"}}},
			{other, "0", ":", []bot.Original{{ID: "13"}}},
			{direct, "0", ":", []bot.Original{{ID: "13"}}},
			{bot.Place{ID: "C3"}, "0", ":", nil},
			{one, "21", ":", nil},
		} {
			got, err := core.Originals(t.Context(), c.place, c.from, c.to)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("originals at %v from %s to %s, %v (-want +got):\n%s", c.place, c.from, c.to, err, diff)
			}
		}
		return errKept
	}
	room := func(name, adapter, id string) bot.Room {
		return bot.Room{Name: name, Party: name, Place: bot.Place{Adapter: adapter, ID: id}}
	}
	b, err := bot.New(bot.Config{
		Store: store, Now: time.Now, Log: slog.New(slog.DiscardHandler), Adapters: []bot.Adapter{keeper{"one", work}},
		Rooms: []bot.Room{room("a", "one", "C1"), room("b", "one", "C12"), room("c", "one", "C3")},
		Lines: []bot.Line{{Name: "line", Rooms: []string{"a", "b"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Run(t.Context()); err == nil {
		t.Error("Run = nil")
	}
	var crossed int
	err = store.View(t.Context(), func(r bot.Reader) error {
		for _, err := range r.Scan(bot.Query{Kind: "crossing", KeysOnly: true}) {
			if err != nil {
				return err
			}
			crossed++
		}
		return nil
	})
	if err != nil || crossed != 10 {
		t.Errorf("%d crossings are stored, %v; want ten, those of the form and of the edit among them", crossed, err)
	}
}
