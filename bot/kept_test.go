package bot_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// keeper is an adapter that does nothing but keep.
type keeper struct {
	name string
	work func(bot.Core) error
}

func (k keeper) Name() string { return k.name }

func (keeper) Can() bot.Capabilities { return bot.Capabilities{} }

func (k keeper) Run(_ context.Context, core bot.Core) error { return k.work(core) }

func (keeper) Send(context.Context, bot.Delivery) (bot.Sent, error) { return bot.Sent{}, nil }

func (keeper) Ready() error { return nil }

var errKept = errors.New("that is all")

func TestKeptIsReplacedAndForgotten(t *testing.T) {
	store, err := bolt.Open(t.Context(), bolt.Config{
		Path: filepath.Join(t.TempDir(), "kept.db"), Now: time.Now, Log: slog.New(slog.DiscardHandler), Migrations: bot.Migrations(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	work := func(core bot.Core) error {
		ctx := t.Context()
		message := bot.Message{
			Turn: "t1", Kind: bot.Said, Place: bot.Place{ID: "unknown"}, From: bot.Identity{ID: "u"}, Text: "hallo",
			Keep: []bot.Kept{{Key: "mark/C1", Value: []byte("2")}, {Key: "other", Value: []byte("x")}},
		}
		err := errors.Join(
			core.Keep(ctx, bot.Kept{Key: "mark/C1", Value: []byte("1")}, bot.Kept{Key: "mark/C2", Value: []byte("7")}, bot.Kept{Key: "mark/C3"}),
			core.Keep(ctx, bot.Kept{Key: "mark/C2"}),
			receive(ctx, core, message),
		)
		if err != nil {
			t.Error(err)
		}
		// A repetition changes nothing, whatever came between.
		message.Keep[0].Value = []byte("1")
		if err := receive(ctx, core, message); err != nil {
			t.Error(err)
		}
		got, err := core.Kept(ctx, "mark/")
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]bot.Kept{{Key: "mark/C1", Value: []byte("2")}}, got); diff != "" {
			t.Errorf("kept (-want +got):\n%s", diff)
		}
		if all, err := core.Kept(ctx, ""); len(all) != 2 || err != nil {
			t.Errorf("all that is kept = %v, %v; want two", all, err)
		}
		return errKept
	}
	none := func(core bot.Core) error {
		all, err := core.Kept(t.Context(), "")
		if len(all) > 0 || err != nil {
			t.Errorf("another adapter finds %v, %v", all, err)
		}
		return nil
	}
	b, err := bot.New(bot.Config{
		Store: store, Now: time.Now, Log: slog.New(slog.DiscardHandler), Adapters: []bot.Adapter{keeper{"one", work}, keeper{"onetwo", none}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Run(t.Context()); !errors.Is(err, errKept) {
		t.Errorf("Run = %v, want %v", err, errKept)
	}
}

func receive(ctx context.Context, core bot.Core, m bot.Message) error {
	_, err := core.Receive(ctx, m)
	return err
}
