package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// newTestAdmin is an admin server on a store of some MiB, in a folder of its own, and a client.
func newTestAdmin(t *testing.T) (*bolt.Store, *http.Server, *runningServer) {
	t.Helper()
	t.Chdir(t.TempDir())
	store, err := bolt.Open(t.Context(), bolt.Config{Path: "store.db", Now: time.Now, Migrations: bot.Migrations()})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Update(t.Context(), func(tx bot.Tx) error {
		return tx.Put("guess", "large", bytes.Repeat([]byte("x"), 16<<20), nil)
	}); err != nil {
		t.Fatal(err)
	}
	admin := newAdmin(store, time.Now, slog.New(slog.DiscardHandler))
	socket, err := listenAdmin(t.Context(), "store.db.sock")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- admin.Serve(socket) }()
	t.Cleanup(func() {
		_ = admin.Close() // it may be closed already
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	client, err := reachServer(t.Context(), &Config{Store: StoreConfig{URL: NewSecret("bbolt:store.db")}})
	if err != nil || client == nil {
		t.Fatalf("reachServer() = %v, %v", client, err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return store, admin, client
}

// TestStopDuringBackup: a client that does not read on cannot keep the server from stopping, and does not take half a
// backup for a whole one.
func TestStopDuringBackup(t *testing.T) {
	store, admin, client := newTestAdmin(t)
	body, err := client.ask(t.Context(), "/backup", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, body, 1<<20); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- errors.Join(admin.Close(), store.Close()) }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(stopTime):
		t.Fatal("the store waits for a client that does not read")
	}
	if n, err := io.Copy(io.Discard, body); err == nil {
		t.Errorf("the rest of the backup, %d bytes, looks whole", n)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
}

// TestAdminAnswers: what is wrong is said in words, and nothing but the three questions is answered.
func TestAdminAnswers(t *testing.T) {
	store, _, client := newTestAdmin(t)
	if err := client.Export(t.Context(), bot.Export{Kinds: []string{"guess"}, Format: "jsonl"}, io.Discard); err == nil || !strings.Contains(err.Error(), `there is no kind "guess": known are topics`) {
		t.Errorf("an unknown kind: %v", err)
	}
	if _, err := client.take(t.Context(), "/other", nil, io.Discard); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("an unknown question: %v", err)
	}
	proof, err := client.Verify(t.Context())
	if err != nil || proof.Wrong != 1 || !strings.Contains(proof.Faults[0], `record "large" is of the kind guess`) {
		t.Errorf("verify: %+v, %v", proof, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Backup(ctx, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("a backup that is not wanted any more: %v", err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Backup(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), "the running server: store is closed") {
		t.Errorf("a backup of a closed store: %v", err)
	}
}
