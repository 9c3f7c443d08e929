package bot_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"standleitung/bot"
	"standleitung/bot/say"
	"standleitung/store/bolt"
)

const retentionConfig = `
person ines Ines_Falk pr
person jan Jan_Ohm social
person mara Mara_Kiel sales
room pr pr
room sales sales
line standleitung mirror guard pr sales
`

// TestRetention: a text is forgotten when its time is over and not before, with the cards that show it; deletions still
// reach the copies then, and what waits for a decision stays.
func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, retentionConfig, say.German, nil)
		p.config.Observe = nil
		p.config.Retention = bot.Retention{Messages: 90 * 24 * time.Hour, Cards: 30 * 24 * time.Hour}
		talk := p.run(`ines to bot> vermerk Preise begriffe:teurer stufe:gelb prüfung:in 60 Tagen
mara in #sales> Altes Wasser
mara in #sales> Es wird teurer, und vertretungsweise
ines presses Nicht senden
ines submits reason=Altgrund
mara in #sales> Es bleibt teurer wartend
ines to bot> thema Kalte Quelle
@ +1440h
mara in #sales> Junges Wasser
@ +740h
mara in #sales deletes 2
`)
		texts := p.exported()
		for _, gone := range []string{"Altes Wasser", "vertretungsweise", "Altgrund"} {
			if strings.Contains(texts, gone) {
				t.Errorf("%q is still there: %s", gone, texts)
			}
		}
		for _, kept := range []string{"Junges Wasser", "teurer wartend", "Kalte Quelle", `"command":"job/retention","what":"messages 2"`, `"what":"approvals 1"`, `"what":"cards `} {
			if !strings.Contains(texts, kept) {
				t.Errorf("%q is gone: %s", kept, texts)
			}
		}
		if !strings.HasSuffix(talk, "deletes 2\n  bot in #pr× 2\n") {
			t.Errorf("the deletion did not reach the copy: %q", talk)
		}
	})
}

// exported is everything that the store of a play holds.
func (p *play) exported() string {
	p.t.Helper()
	store, err := bolt.Open(p.t.Context(), bolt.Config{Path: p.path, Now: p.config.Now, Migrations: bot.Migrations()})
	if err != nil {
		p.t.Fatal(err)
	}
	var out strings.Builder
	if err := errors.Join(bot.WriteExport(p.t.Context(), store, bot.Export{Format: "jsonl"}, &out), store.Close()); err != nil {
		p.t.Fatal(err)
	}
	return out.String()
}

// TestMigrationOfIndexes: a store from before the retention has no entries in its indexes; opening it adds them.
func TestMigrationOfIndexes(t *testing.T) {
	cfg := bolt.Config{Path: filepath.Join(t.TempDir(), "old.db"), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	old, err := bolt.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	err = old.Update(t.Context(), func(tx bot.Tx) error {
		return errors.Join(
			tx.Put("crossing", bot.Compose("chat", "#pr", "1"), []byte(`{"_v":1,"key":"chat\u001f#pr\u001f1","place":{"adapter":"chat","id":"#pr"},"id":"1","person":"jan","author":{"name":"Jan"},"at":"2026-01-02T03:04:05Z","version":"2026-01-02T03:04:05Z","body":{"b":[{}]},"state":"crossed"}`),
				[]bot.Entry{{Index: "at", Value: bot.Compose("20260102T030405.000000000", bot.Compose("chat", "#pr", "1"))}}),
			tx.Put("approval", bot.Serial(1), []byte(`{"_v":1,"id":1,"crossing":"c","hash":"h","question":"Warum?","since":"2026-01-02T03:04:05Z","state":"refused"}`), nil),
			tx.Put("post", "p", []byte(`{"_v":1,"key":"p","place":{"adapter":"chat","id":"jan","direct":true},"at":"2026-01-02T03:04:05Z","voice":{},"card":{},"view":"topic","ref":"T-1","revision":1,"sent":1}`),
				[]bot.Entry{{Index: "ref", Value: bot.Compose("T-1", "20260102T030405.000000000", "p")}}),
		)
	})
	if err := errors.Join(err, old.Close()); err != nil {
		t.Fatal(err)
	}
	cfg.Migrations = bot.Migrations()
	store, err := bolt.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	proof, err := bot.Verify(t.Context(), store)
	if err != nil || proof.Wrong > 0 || proof.Entries != 5 {
		t.Errorf("got %+v, %v", proof, err)
	}
}
