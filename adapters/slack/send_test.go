package slack_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdk "github.com/slack-go/slack"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/faketest"
	"standleitung/adapters/slack"
	"standleitung/adapters/slack/slacktest"
	"standleitung/bot"
	"standleitung/bot/markup"
)

func TestSendErrors(t *testing.T) {
	code := func(c string) error { return fmt.Errorf("post: %w", sdk.SlackErrorResponse{Err: c}) }
	for _, c := range []struct {
		err    error
		fate   bot.Fate
		reason string
		after  time.Duration
	}{
		{&sdk.RateLimitedError{RetryAfter: 7 * time.Second}, bot.Retry, "rate_limited", 7 * time.Second},
		{code("ratelimited"), bot.Retry, "rate_limited", 30 * time.Second},
		{code("rate_limited"), bot.Retry, "rate_limited", 30 * time.Second},
		{sdk.StatusCodeError{Code: 429}, bot.Retry, "rate_limited", 30 * time.Second},
		{sdk.StatusCodeError{Code: 500}, bot.Unknown, "http_500", 0},
		{sdk.StatusCodeError{Code: 503}, bot.Unknown, "http_503", 0},
		{sdk.StatusCodeError{Code: 404}, bot.Retry, "http_404", time.Minute},
		{code("invalid_auth"), bot.Retry, "invalid_auth", 5 * time.Minute},
		{code("token_revoked"), bot.Retry, "token_revoked", 5 * time.Minute},
		{code("account_inactive"), bot.Retry, "account_inactive", 5 * time.Minute},
		{code("missing_scope"), bot.Retry, "missing_scope", 5 * time.Minute},
		{code("fatal_error"), bot.Unknown, "fatal_error", 0},
		{code("internal_error"), bot.Unknown, "internal_error", 0},
		{code("channel_not_found"), bot.Never, "channel_not_found", 0},
		{code("not_in_channel"), bot.Never, "not_in_channel", 0},
		{code("is_archived"), bot.Never, "is_archived", 0},
		{code("msg_too_long"), bot.Never, "msg_too_long", 0},
		{code("invalid_blocks"), bot.Never, "invalid_blocks", 0},
		{code("a text of\npeople"), bot.Never, "slack_error", 0},
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, bot.Retry, "unreachable", 0},
		{&net.OpError{Op: "read", Err: errors.New("connection reset")}, bot.Unknown, "connection", 0},
		{context.DeadlineExceeded, bot.Unknown, "timeout", 0},
		{io.ErrUnexpectedEOF, bot.Unknown, "connection", 0},
		{errors.New("invalid character '<'"), bot.Unknown, "connection", 0},
	} {
		got := slack.SendError(c.err)
		if got.Fate != c.fate || got.Reason != c.reason || got.After != c.after {
			t.Errorf("%v is %s, %q, %v; want %s, %q, %v", c.err, got.Fate, got.Reason, got.After, c.fate, c.reason, c.after)
		}
	}
}

// town is a house whose adapter runs.
type town struct {
	*house
	adapter bot.Adapter
	core    *adaptertest.Core
}

func newTown(t *testing.T, way way) *town { return newTownOf(t, newHouse(t, way)) }

// newTownOf runs the adapter of a house.
func newTownOf(t *testing.T, h *house) *town {
	r := &rig{t: t, core: adaptertest.NewCore()}
	a := h.adapter()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, r.core) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	})
	settled := func() bool { // also the first look into the histories is over
		kept, _ := r.core.Kept(t.Context(), "mark/")
		return a.Ready() == nil && len(kept) == len(h.rooms)
	}
	if !faketest.Await(time.Minute, settled) {
		t.Fatal(a.Ready())
	}
	return &town{h, a, r.core}
}

func (w *town) post(name string) bot.Delivery {
	return bot.Delivery{Post: name, Op: bot.OpPost, Revision: 1, Place: slack.RoomPlace(w.rooms[0].ID), Copy: &bot.Copy{
		Author: bot.Author{Name: "Mara", Party: "sales", Platform: "teams"}, Body: markup.FromPlain("Text " + name),
	}}
}

func (w *town) send(d bot.Delivery) (bot.Sent, *bot.SendError) {
	sent, err := w.adapter.Send(w.t.Context(), d)
	var e *bot.SendError
	if err != nil && !errors.As(err, &e) {
		w.t.Fatalf("Send = %v, want a SendError", err)
	}
	return sent, e
}

// A post that arrived although nobody heard of it is found by its metadata, in a room and in a thread.
func TestUnsureIsLookedFor(t *testing.T) {
	w := newTown(t, overHTTP)
	root, _ := w.send(w.post("root"))
	for _, thread := range []string{"", root.IDs[0]} {
		d := w.post("p" + thread)
		d.Place.Thread = thread
		w.Fault(slacktest.Fault{Method: "chat.postMessage", Status: 502, After: true})
		if _, err := w.send(d); err == nil || err.Fate != bot.Unknown {
			t.Fatalf("Send = %v, want unknown", err)
		}
		d.Unsure = true
		w.Fault(slacktest.Fault{Method: "conversations." + map[bool]string{true: "history", false: "replies"}[thread == ""], Status: 500})
		if _, err := w.send(d); err == nil || err.Fate != bot.Unknown {
			t.Errorf("Send while the history cannot be read = %v, want unknown", err)
		}
		if sent, err := w.send(d); err != nil || len(sent.IDs) != 1 {
			t.Errorf("Send = %v, %v; want what is there", sent, err)
		}
	}
	if all := w.Server.Shown(w.rooms[0].ID, w.staff[0].ID); len(all) != 3 {
		t.Errorf("%d messages are shown, want three", len(all))
	}
}

// What arrived although nobody heard of it, and was changed since, says what it is to say; it is not posted again.
func TestUnsureIsBroughtUpToDate(t *testing.T) {
	w := newTown(t, overHTTP)
	long := strings.Repeat("Wort ", 4000)
	for _, text := range []string{"vorher", long} {
		d := w.post("u" + text[:4])
		d.Copy.Body = markup.FromPlain(text)
		w.Fault(slacktest.Fault{Method: "chat.postMessage", Reset: true, After: true})
		if _, err := w.send(d); err == nil || err.Fate != bot.Unknown {
			t.Fatalf("Send = %v, want unknown", err)
		}
		d.Unsure, d.Revision, d.Copy.Body = true, 2, markup.FromPlain("nachher")
		sent, err := w.send(d)
		if err != nil || len(sent.IDs) != 1 {
			t.Errorf("Send = %v, %v; want what is there", sent, err)
		}
		calls := w.Calls("chat.update")
		if again, err := w.send(d); err != nil || !slices.Equal(again.IDs, sent.IDs) || w.Calls("chat.update") != calls {
			t.Errorf("Send once more = %v, %v, after %d more changes; want the same and none", again, err, w.Calls("chat.update")-calls)
		}
	}
	for _, m := range w.Server.Shown(w.rooms[0].ID, w.staff[0].ID) {
		if m.Text != "nachher" {
			t.Errorf("shown is %.40q, want what it says now", m.Text)
		}
	}
	if n := len(w.Server.Shown(w.rooms[0].ID, w.staff[0].ID)); n != 2 {
		t.Errorf("%d messages are shown, want two", n)
	}
}

// What may have arrived is looked for when it is deleted, in a room and in a thread; what did not arrive needs nothing.
func TestUnsureIsDeleted(t *testing.T) {
	w := newTown(t, overHTTP)
	root, _ := w.send(w.post("root"))
	for _, thread := range []string{"", root.IDs[0]} {
		for _, arrives := range []bool{true, false} {
			d := w.post(fmt.Sprint("p", thread, arrives))
			d.Place.Thread = thread
			w.Fault(slacktest.Fault{Method: "chat.postMessage", Status: 502, After: arrives})
			if _, err := w.send(d); err == nil || err.Fate != bot.Unknown {
				t.Fatalf("Send = %v, want unknown", err)
			}
			d.Op, d.Unsure, d.Copy = bot.OpDelete, true, nil
			w.Fault(slacktest.Fault{Method: "conversations." + map[bool]string{true: "history", false: "replies"}[thread == ""], Status: 500})
			if _, err := w.send(d); err == nil || err.Fate != bot.Unknown {
				t.Errorf("deleted while the history cannot be read = %v, want unknown", err)
			}
			if _, err := w.send(d); err != nil {
				t.Errorf("deleted = %v", err)
			}
		}
	}
	if all := w.Server.Shown(w.rooms[0].ID, w.staff[0].ID); len(all) != 1 {
		t.Errorf("%d messages are shown, want the root", len(all))
	}
}

// What Slack says of a channel holds for all of its lanes, and for no other channel.
func TestLimitHoldsForTheChannel(t *testing.T) {
	w := newTown(t, overHTTP)
	w.Fault(slacktest.Fault{Method: "chat.postMessage", RetryAfter: 30})
	if _, err := w.send(w.post("a")); err == nil || err.Fate != bot.Retry || err.After != 30*time.Second {
		t.Errorf("Send = %v, want to wait 30 s", err)
	}
	if _, err := w.send(w.post("b")); err == nil || err.Fate != bot.Retry || err.After < 25*time.Second {
		t.Errorf("Send on = %v, want to wait", err)
	}
	d := w.post("c")
	d.Place = slack.RoomPlace(w.rooms[1].ID)
	if _, err := w.send(d); err != nil {
		t.Errorf("Send elsewhere = %v, want no error", err)
	}
}

// While the token is not taken everything waits, and Ready says why.
func TestRevokedTokenWaits(t *testing.T) {
	w := newTown(t, overHTTP)
	w.Revoke("token_revoked")
	if _, err := w.send(w.post("a")); err == nil || err.Fate != bot.Retry || err.After < time.Minute {
		t.Errorf("Send = %v, want to wait long", err)
	}
	if err := w.adapter.Ready(); err == nil || !strings.Contains(err.Error(), "token_revoked") {
		t.Errorf("Ready = %v, want the reason", err)
	}
	place := slack.RoomPlace(w.rooms[0].ID)
	trouble := func() string { return w.adapter.(bot.Watcher).Trouble(place) }
	if got := trouble(); got != "token_revoked" {
		t.Errorf("the trouble of a room is %q, want that of the token", got)
	}
	w.Revoke("")
	if _, err := w.send(w.post("a")); err != nil || w.adapter.Ready() != nil {
		t.Errorf("Send = %v, Ready = %v; want no errors", err, w.adapter.Ready())
	}
	w.Leave(slacktest.BotUser, w.rooms[0].ID)
	if _, err := w.send(w.post("b")); err == nil || err.Reason != "not_in_channel" {
		t.Errorf("Send where the bot is not = %v, want to be told so", err)
	}
	if got := trouble(); got != "not_in_channel" {
		t.Errorf("the trouble of a room that the bot left is %q", got)
	}
	if err := w.adapter.Ready(); err == nil || !strings.Contains(err.Error(), "/invite") {
		t.Errorf("Ready = %v, want what to do", err)
	}
	w.Join(slacktest.BotUser, w.rooms[0].ID, w.staff[0].ID)
	if _, err := w.send(w.post("c")); err != nil || trouble() != "" {
		t.Errorf("Send = %v, trouble %q; want none", err, trouble())
	}
}

// Who is not in the room is told directly.
func TestWhisperFallsBack(t *testing.T) {
	w := newTown(t, overHTTP)
	away := w.AddUser(slacktest.User{Name: "away", RealName: "Ada Way"})
	d := bot.Delivery{Post: "w", Op: bot.OpPost, Revision: 1, Place: slack.RoomPlace(w.rooms[0].ID), Reader: away.ID, Card: bot.Card{Text: "nur für Ada"}}
	sent, err := w.send(d)
	if err != nil {
		t.Fatal(err)
	}
	shown := func() string {
		all := w.Server.Shown(w.Server.Direct(away.ID), away.ID)
		if len(all) != 1 {
			t.Fatalf("%d messages are shown, want one", len(all))
		}
		return all[0].Text
	}
	if shown() != "nur für Ada" {
		t.Errorf("shown is %q", shown())
	}
	d.Op, d.Revision, d.IDs, d.Card.Text = bot.OpEdit, 2, sent.IDs, "neu für Ada"
	if _, err := w.send(d); err != nil || shown() != "neu für Ada" {
		t.Errorf("the edit = %v, shown is %q", err, shown())
	}
}

// Files come along, and one that vanished is told of.
func TestFilesOut(t *testing.T) {
	w := newTown(t, overHTTP)
	d := w.post("f")
	opens := func(text string) func(context.Context) (io.ReadCloser, error) {
		return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	}
	d.Copy.Files = []bot.File{
		{Name: "plan.txt", Size: 4, Open: opens("Plan")},
		{Name: "weg.txt", Size: 9, Open: func(context.Context) (io.ReadCloser, error) { return nil, bot.ErrNoFile }},
		{Name: "gross.bin", Size: 1 << 31, URL: "https://example.com/gross"},
	}
	sent, err := w.send(d)
	if err != nil || len(sent.IDs) != 3 || !slices.Equal(sent.Missing, []string{"weg.txt"}) {
		t.Fatalf("Send = %v, %v; want a text, a file and its message, and what is missing", sent, err)
	}
	shown := func() []slacktest.Seen { return w.Server.Shown(w.rooms[0].ID, w.staff[0].ID) }
	all := shown()
	if len(all) != 2 || !strings.Contains(all[0].Text, "Die Datei „weg.txt“ war nicht mehr da.") || !strings.Contains(all[0].Text, "gross.bin (2,1 GB)") {
		t.Fatalf("shown are %+v", all)
	}
	if got := all[1]; len(got.Files) != 1 || string(got.Files[0].Bytes) != "Plan" || got.Author != all[0].Author || got.TS != sent.IDs[2] {
		t.Errorf("the file is %+v", got)
	}

	// An edit brings what is new and takes away what was removed.
	d.Op, d.Revision, d.IDs = bot.OpEdit, 2, sent.IDs
	d.Copy.Files = []bot.File{d.Copy.Files[0], {Name: "neu.txt", Size: 3, ID: "n", Open: opens("Neu")}}
	if sent, err = w.send(d); err != nil || len(sent.IDs) != 5 || len(sent.Missing) > 0 {
		t.Fatalf("Send = %v, %v; want a text, and two files with their messages", sent, err)
	}
	if all = shown(); len(all) != 3 || strings.Contains(all[0].Text, "weg.txt") || string(all[2].Files[0].Bytes) != "Neu" {
		t.Errorf("shown are %+v", all)
	}
	d.Revision, d.IDs, d.Copy.Files = 3, sent.IDs, d.Copy.Files[1:]
	if sent, err = w.send(d); err != nil || len(sent.IDs) != 3 {
		t.Fatalf("Send = %v, %v; want a text and a file with its message", sent, err)
	}
	if all = shown(); len(all) != 2 || string(all[1].Files[0].Bytes) != "Neu" {
		t.Errorf("shown are %+v", all)
	}
	d.Op, d.Revision, d.IDs = bot.OpDelete, 4, sent.IDs
	if _, err := w.send(d); err != nil {
		t.Errorf("delete = %v", err)
	}
	if all = shown(); len(all) > 0 {
		t.Errorf("after the deletion %+v is shown", all)
	}
}

// Files that Slack does not take are named, in the same message; the text is not held up.
func TestFilesRefused(t *testing.T) {
	w := newTown(t, overHTTP)
	for i, method := range []string{"files.getUploadURLExternal", "files.completeUploadExternal"} {
		d := w.post(fmt.Sprint("r", i))
		d.Copy.Files = []bot.File{{Name: "plan.txt", Size: 4, Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("Plan")), nil }}}
		w.Fault(slacktest.Fault{Method: method, Error: "restricted_action"})
		sent, err := w.send(d)
		if err != nil || len(sent.IDs) != 1 {
			t.Fatalf("Send = %v, %v; want a text only", sent, err)
		}
		all := w.Server.Shown(w.rooms[0].ID, w.staff[0].ID)
		if len(all) != i+1 || !strings.Contains(all[i].Text, "Nicht als Datei: von Slack nicht angenommen\n📎 plan.txt") {
			t.Errorf("shown are %+v", all)
		}
	}
}

// Sharing of which nobody heard is looked for by the ids of its files: another file of the same name is another.
func TestUnsureFiles(t *testing.T) {
	w := newTown(t, overHTTP)
	for i := range 2 {
		d := w.post(fmt.Sprint("u", i))
		d.Copy.Files = []bot.File{{Name: "image.png", Size: 4, Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("Bild")), nil }}}
		w.Fault(slacktest.Fault{Method: "files.completeUploadExternal", Status: 502, After: i == 0})
		if _, err := w.send(d); err == nil || err.Fate != bot.Unknown {
			t.Fatalf("Send = %v, want unknown", err)
		}
		d.Unsure = true
		if sent, err := w.send(d); err != nil || len(sent.IDs) != 3 {
			t.Errorf("Send = %v, %v; want all that is there", sent, err)
		}
		if all := w.Server.Shown(w.rooms[0].ID, w.staff[0].ID); len(all) != 2*(i+1) {
			t.Errorf("%d messages are shown, want %d", len(all), 2*(i+1))
		}
	}
}

// Whoever is mentioned in a copy is really mentioned when Slack knows them; nobody else is, whatever it looks like.
func TestMentionsInCopies(t *testing.T) {
	w := newTown(t, overHTTP)
	d := w.post("m")
	d.Copy.Body = markup.Doc{Blocks: []markup.Block{{Kind: markup.Paragraph, Inlines: []markup.Inline{
		{Kind: markup.Mention, Text: "Ines", Ref: w.staff[0].ID}, {Kind: markup.Text, Text: " und @Jan <@U123> "}, {Kind: markup.Mention, Text: "Ada", Ref: "29:ada"},
	}}}}
	if _, err := w.send(d); err != nil {
		t.Fatal(err)
	}
	got := w.Server.Shown(w.rooms[0].ID, w.staff[0].ID)[0]
	want := []slacktest.Active{{Kind: slacktest.Mention, What: "<@" + w.staff[0].ID + ">"}}
	if diff := cmp.Diff(want, got.Active); diff != "" {
		t.Errorf("active (-want +got):\n%s", diff)
	}
	if got.Notification != "@Ines und @Jan <@U123> @Ada" {
		t.Errorf("the notification is %q", got.Notification)
	}
}

// A file that came in can be opened; the token goes to Slack only.
func TestOpenFile(t *testing.T) {
	w := newTown(t, overHTTP)
	source := w.adapter.(bot.FileSource)
	a := w.Server.Say(slacktest.Speech{By: w.staff[0].ID, Channel: w.rooms[0].ID, Text: "hier", Files: []slacktest.Upload{{Name: "plan.txt", Bytes: []byte("Plan")}}})
	var id string
	for _, m := range w.Server.Shown(w.rooms[0].ID, w.staff[0].ID) {
		if m.TS == a.TS {
			id = m.Files[0].ID
		}
	}
	body, err := source.OpenFile(t.Context(), bot.File{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := io.ReadAll(body); err != nil || string(raw) != "Plan" || body.Close() != nil {
		t.Errorf("the file holds %q, %v", raw, err)
	}
	w.DeleteFile(id)
	if _, err := source.OpenFile(t.Context(), bot.File{ID: id}); !errors.Is(err, bot.ErrNoFile) {
		t.Errorf("OpenFile of a file that is gone = %v, want ErrNoFile", err)
	}
}

// A file from another workspace comes with its id only: Slack is asked for the rest.
func TestForeignFile(t *testing.T) {
	w := newTown(t, overHTTP)
	w.Server.Say(slacktest.Speech{By: w.staff[0].ID, Channel: w.rooms[0].ID, Text: "hier", Files: []slacktest.Upload{{Name: "plan.txt", Bytes: []byte("Plan"), Foreign: true}}})
	all := w.core.Received()
	if len(all) != 1 || len(all[0].Files) != 1 || all[0].Files[0].Name != "plan.txt" || all[0].Files[0].Size != 4 {
		t.Errorf("the core got %+v, want the file's name and size", all)
	}
}

// What matters is said directly as well: once, and brought up to date there.
func TestKept(t *testing.T) {
	w := newTown(t, overHTTP)
	ines := w.staff[0].ID
	d := bot.Delivery{Post: "k", Op: bot.OpPost, Revision: 1, Place: slack.RoomPlace(w.rooms[0].ID), Reader: ines, Keep: true, Card: bot.Card{Text: "Noch nicht gesendet"}}
	texts := func(channel string) (all []string) {
		for _, m := range w.Server.Shown(channel, ines) {
			all = append(all, m.Text)
		}
		return all
	}
	w.Fault(slacktest.Fault{Method: "chat.postEphemeral", Status: 500})
	if _, err := w.send(d); err == nil || err.Fate != bot.Unknown {
		t.Fatalf("Send = %v, want unknown", err)
	}
	d.Unsure = true
	sent, err := w.send(d)
	if err != nil {
		t.Fatal(err)
	}
	if got := texts(w.Server.Direct(ines)); !slices.Equal(got, []string{"Noch nicht gesendet"}) {
		t.Errorf("directly shown is %q, want it once", got)
	}
	if got := texts(w.rooms[0].ID); len(got) != 1 || !strings.Contains(got[0], "Noch nicht gesendet") {
		t.Errorf("shown in the room is %q", got)
	}
	d.Op, d.Revision, d.IDs, d.Unsure, d.Card.Text = bot.OpEdit, 2, sent.IDs, false, "Gesendet"
	if _, err := w.send(d); err != nil {
		t.Fatal(err)
	}
	if got := texts(w.Server.Direct(ines)); !slices.Equal(got, []string{"Gesendet"}) {
		t.Errorf("after the edit %q is directly shown", got)
	}

	// Who is not in the room is told directly only, once.
	away := w.AddUser(slacktest.User{Name: "away", RealName: "Ada Way"})
	d = bot.Delivery{Post: "l", Op: bot.OpPost, Revision: 1, Place: d.Place, Reader: away.ID, Keep: true, Card: bot.Card{Text: "Für Ada"}}
	if _, err := w.send(d); err != nil {
		t.Fatal(err)
	}
	if all := w.Server.Shown(w.Server.Direct(away.ID), away.ID); len(all) != 1 {
		t.Errorf("%d messages are shown, want one", len(all))
	}
}

// A reply that its writer showed in the channel as well is shown in the other one, too.
func TestBroadcast(t *testing.T) {
	w := newTown(t, overHTTP)
	root := w.Server.Say(slacktest.Speech{By: w.staff[0].ID, Channel: w.rooms[0].ID, Text: "Wurzel"})
	w.Server.Say(slacktest.Speech{By: w.staff[0].ID, Channel: w.rooms[0].ID, Text: "für alle", Thread: root.TS, Broadcast: true})
	all := w.core.Received()
	if len(all) != 2 || all[0].Broadcast || !all[1].Broadcast || all[1].Place.Thread != root.TS {
		t.Errorf("the core got %+v, want the second as a broadcast in its thread", all)
	}
	other, _ := w.send(w.post("root"))
	for _, broadcast := range []bool{true, false} {
		d := w.post(fmt.Sprint("reply ", broadcast))
		d.Place.Thread, d.Copy.Broadcast = other.IDs[0], broadcast
		sent, err := w.send(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range w.Server.Shown(w.rooms[0].ID, w.staff[0].ID) {
			if m.TS == sent.IDs[0] && (m.Broadcast != broadcast || m.Thread != other.IDs[0]) {
				t.Errorf("the reply is shown as %+v, want broadcast %v", m, broadcast)
			}
		}
	}
}

// People of the configuration are found by their e-mail, and what their profile says is handed on; guests are nobody.
func TestAcquaint(t *testing.T) {
	h := newHouse(t, overHTTP)
	h.AddUser(slacktest.User{Name: "gast", RealName: "Gast", Email: "gast@example.com", Guest: true})
	h.people = []bot.Identity{{ID: h.staff[0].ID}, {Email: "jan@example.com"}, {Email: "gast@example.com"}, {Email: "niemand@example.com"}}
	h.Fault(slacktest.Fault{Method: "users.lookupByEmail", RetryAfter: 1})
	w := newTownOf(t, h)
	var got []bot.Identity
	if !faketest.Await(time.Minute, func() bool {
		got = nil
		for _, m := range w.core.Effects() {
			if m.Kind == bot.Known && !slices.Contains(got, m.From) {
				got = append(got, m.From)
			}
		}
		return len(got) >= 2
	}) {
		t.Fatalf("known are %+v, want two", got)
	}
	want := bot.Identity{Adapter: "slack", ID: h.staff[1].ID, Name: "Jan Okafor", Email: "jan@example.com", Language: "en-GB", Zone: "Europe/London"}
	if got[0].ID != h.staff[0].ID || got[1] != want {
		t.Errorf("known are %+v, want Ines and %+v", got, want)
	}
}

// A file that takes longer than a delivery may is named, and holds up nothing.
func TestSlowFile(t *testing.T) {
	w := newTown(t, overHTTP)
	d := w.post("slow")
	d.Copy.Files = []bot.File{{Name: "film.mov", Size: 4, Open: func(ctx context.Context) (io.ReadCloser, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second+200*time.Millisecond)
	defer cancel()
	sent, err := w.adapter.Send(ctx, d)
	if err != nil || len(sent.IDs) != 1 {
		t.Fatalf("Send = %v, %v; want a text only", sent, err)
	}
	if got := w.Server.Shown(w.rooms[0].ID, w.staff[0].ID)[0].Text; !strings.Contains(got, "Nicht als Datei: Die Übertragung dauert zu lange\n📎 film.mov") {
		t.Errorf("shown is %q", got)
	}
}

// An edit that adds parts and breaks off leaves none behind, and none twice, whatever the next one says.
func TestGrowingEditBreaksOff(t *testing.T) {
	w := newTown(t, overHTTP)
	d := w.post("p1")
	sent, err := w.send(d)
	if err != nil {
		t.Fatal(err)
	}
	d.Op, d.IDs = bot.OpEdit, sent.IDs
	texts := func() (all []string) {
		for _, m := range w.Server.Shown(w.rooms[0].ID, w.staff[0].ID) {
			all = append(all, strings.Fields(m.Text)...)
		}
		return all
	}
	say := func(parts int) string {
		d.Revision++
		text := strings.TrimSpace(strings.Repeat("wort ", parts*1500))
		d.Copy = &bot.Copy{Author: d.Copy.Author, Body: markup.FromPlain(text)}
		return text
	}
	for _, broken := range []slacktest.Fault{
		{Method: "chat.postMessage", Status: 502, After: true}, {Method: "chat.postMessage", Reset: true, After: true}, {Method: "chat.postMessage", Status: 500},
	} {
		for _, next := range []int{1, 2, 6} {
			d.Unsure = false
			say(4)
			w.Fault(broken)
			if _, err := w.send(d); err == nil || err.Fate != bot.Unknown {
				t.Fatalf("the edit that breaks off: %v, want unknown", err)
			}
			d.Unsure = true
			w.Fault(slacktest.Fault{Method: "conversations.replies", Status: 500})
			want := say(next)
			if _, err := w.send(d); err == nil || err.Fate != bot.Unknown {
				t.Fatalf("while the history cannot be read: %v, want unknown still", err)
			}
			if sent, err = w.send(d); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(texts(), " "); got != want {
				t.Errorf("after %+v, %d parts: %d words are shown, want %d", broken, next, len(strings.Fields(got)), len(strings.Fields(want)))
			}
			d.IDs, d.Unsure = sent.IDs, false
			want = say(1)
			if sent, err = w.send(d); err != nil {
				t.Fatal(err)
			}
			d.IDs = sent.IDs
			if got := strings.Join(texts(), " "); got != want {
				t.Errorf("shortened: %d words are shown, want %d", len(strings.Fields(got)), len(strings.Fields(want)))
			}
		}
	}
}
