package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"standleitung/adapters/duty"
	"standleitung/bot"
	"standleitung/bot/say"
	"standleitung/schedules"
	"standleitung/store/bolt"
)

// hanging is an adapter whose calls do not come back: until they are cut off, or not even then. It runs for as long as they do.
type hanging struct {
	stubborn bool
	release  chan struct{}
	shift    *duty.Shift
}

func (hanging) Name() string          { return "slow" }
func (hanging) Can() bot.Capabilities { return bot.Capabilities{MaxText: 4000} }
func (hanging) Ready() error          { return nil }

func (h hanging) Run(ctx context.Context, core bot.Core) error {
	h.shift.Begin(core)
	<-ctx.Done()
	h.shift.End()
	return nil
}

func (h hanging) Send(ctx context.Context, _ bot.Delivery) (bot.Sent, error) {
	if _, ok := h.shift.Enter(); !ok {
		return bot.Sent{}, &bot.SendError{Fate: bot.Untried, Reason: "not_running", Err: errors.New("it does not run")}
	}
	defer h.shift.Leave()
	if h.stubborn {
		<-h.release
		return bot.Sent{}, errors.New("too late")
	}
	<-ctx.Done()
	return bot.Sent{}, &bot.SendError{Fate: bot.Unknown, Reason: "cut", Err: ctx.Err()}
}

// silence is a listener to which nobody comes.
type silence struct {
	once   sync.Once
	closed chan struct{}
}

func (s *silence) Accept() (net.Conn, error) {
	<-s.closed
	return nil, net.ErrClosed
}

func (s *silence) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

func (s *silence) Addr() net.Addr { return &net.TCPAddr{} }

// TestStopWhileCallsHang: a stop under load takes ten seconds at most, whatever the calls to platforms do, and loses
// nothing that was accepted.
func TestStopWhileCallsHang(t *testing.T) {
	for _, tc := range []struct {
		name     string
		stubborn bool
		most     time.Duration
		want     string
	}{
		{"cut off", false, 6 * time.Second, ""},
		{"stubborn", true, stopTime, "not everything stopped within 10s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			synctest.Test(t, func(t *testing.T) {
				adapter := hanging{tc.stubborn, make(chan struct{}), new(duty.Shift)}
				h := newStopping(t, path, adapter)
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() {
					ended <- h.serve(ctx, &silence{closed: make(chan struct{})}, world{stdout: io.Discard, now: time.Now})
				}()
				accepted, loaded := load(t, h.bot)
				time.Sleep(3 * time.Second)
				began := time.Now()
				stop()
				err := <-ended
				if took := time.Since(began); took > tc.most {
					t.Errorf("it took %v to stop, want %v at most", took, tc.most)
				}
				if tc.want == "" && err != nil || err != nil && !strings.Contains(err.Error(), tc.want) || tc.want != "" && err == nil {
					t.Errorf("serve() = %v, want %q", err, tc.want)
				}
				close(adapter.release)
				loaded.Wait()
				synctest.Wait()
				if got, want := storedTopics(t, path), *accepted; !slices.Equal(got, want) {
					t.Errorf("%d topics are stored, %d were accepted", len(got), len(want))
				}
				t.Logf("%d accepted", len(*accepted))
			})
		})
	}
}

// TestStopWhileItStarts: a signal that comes before everything runs is obeyed like any other, without a fault.
func TestStopWhileItStarts(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	stop()
	w := world{stdout: io.Discard, stderr: io.Discard, now: time.Now, lookup: environment()}
	c := Config{Language: say.English, Store: StoreConfig{URL: NewSecret("bbolt:store.db")}}
	if h, err := newHouse(ctx, &c, w, slog.New(slog.DiscardHandler)); err == nil || !wasStopped(ctx, err) {
		t.Errorf("newHouse() = %v, %v; want that it was stopped", h, err)
	}
	if wasStopped(t.Context(), context.Canceled) || wasStopped(ctx, errors.New("the disk is full")) {
		t.Error("a fault counts as a stop")
	}
}

// newStopping is a house with one adapter, on a store of its own.
func newStopping(t *testing.T, path string, adapter bot.Adapter) *house {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := bolt.Open(t.Context(), bolt.Config{Path: path, Now: time.Now, Migrations: bot.Migrations()})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{config: &Config{Language: say.English}, log: log, store: store, routes: http.NotFoundHandler(), adapters: []bot.Adapter{adapter}}
	h.admin, h.socket = newAdmin(store, time.Now, log), &silence{closed: make(chan struct{})}
	h.bot, err = bot.New(bot.Config{Store: store, Adapters: h.adapters, Now: time.Now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	h.jobs, err = schedules.New(schedules.Config{Jobs: schedules.Jobs(h.bot), Zone: time.UTC, Now: time.Now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// load has people suggest topics until the store refuses; accepted may be read when loaded is done.
func load(t *testing.T, b *bot.Bot) (accepted *[]string, loaded *sync.WaitGroup) {
	accepted, loaded = new([]string), new(sync.WaitGroup)
	var mu sync.Mutex
	for person := range 4 {
		loaded.Go(func() {
			for n := 0; ; n++ {
				who, text := fmt.Sprint("person-", person), fmt.Sprintf("Pump%dx%d Quell%dx%d", person, n, n, person)
				_, err := b.Receive(context.WithoutCancel(t.Context()), bot.Message{
					Turn: fmt.Sprintf("%s-%d", who, n), Kind: bot.Said, ID: fmt.Sprint(n), Text: "topic " + text,
					Place: bot.Place{Adapter: "slow", ID: who, Direct: true}, From: bot.Identity{Adapter: "slow", ID: who},
				})
				if err != nil {
					return
				}
				mu.Lock()
				*accepted = append(*accepted, text)
				slices.Sort(*accepted)
				mu.Unlock()
				time.Sleep(200 * time.Millisecond)
			}
		})
	}
	return accepted, loaded
}

// storedTopics are the texts of all topics, sorted.
func storedTopics(t *testing.T, path string) []string {
	t.Helper()
	store, err := bolt.Open(t.Context(), bolt.Config{Path: path, Now: time.Now, Migrations: bot.Migrations()})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var out strings.Builder
	if err := bot.WriteExport(t.Context(), store, bot.Export{Kinds: []string{"topics"}, Format: "csv"}, &out); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for line := range strings.Lines(out.String()) {
		if cells := strings.Split(line, ","); cells[0] != "ref" {
			texts = append(texts, cells[2])
		}
	}
	slices.Sort(texts)
	return texts
}
