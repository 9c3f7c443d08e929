package slacktest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
	"go.uber.org/goleak"

	"standleitung/adapters/slack/slacktest"
)

const patience = 10 * time.Second

// town is a fake with two people and a channel that the app is in.
type town struct {
	*slacktest.Server
	t         *testing.T
	api       *slack.Client
	ines, jan string
	room      string
}

func newTown(t *testing.T, c slacktest.Config) *town {
	t.Helper()
	leaks := goleak.IgnoreCurrent()
	s, err := slacktest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	w := &town{Server: s, t: t}
	w.ines = s.AddUser(slacktest.User{Name: "ines", RealName: "Ines Falk", Email: "ines@nordpumpe.example"}).ID
	w.jan = s.AddUser(slacktest.User{Name: "jan", RealName: "Jan Ohm", Email: "jan@nordpumpe.example"}).ID
	w.room = s.AddChannel(slacktest.Channel{Name: "pr", Members: []string{w.ines, w.jan, slacktest.BotUser}}).ID
	w.api = slack.New(s.Config().BotToken, slack.OptionAPIURL(s.APIURL()), slack.OptionAppLevelToken(s.Config().AppToken))
	t.Cleanup(func() {
		for _, b := range s.Breaches() {
			t.Errorf("breach: %v", b)
		}
		s.Close()
		goleak.VerifyNone(t, leaks)
	})
	return w
}

// app is a Socket Mode client that acknowledges everything, with an answer if it has one.
type app struct {
	client *socketmode.Client
	mu     sync.Mutex
	events []socketmode.Event
	answer func(socketmode.Event) any // nil result: without a payload
	deaf   func(socketmode.Event) bool
}

// connect runs an app until the test ends.
func (w *town) connect() *app {
	w.t.Helper()
	a := &app{client: socketmode.New(w.api)}
	ctx, cancel := context.WithCancel(w.t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = a.client.RunContext(ctx) })
	running.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-a.client.Events:
				a.take(ctx, e)
			}
		}
	})
	w.t.Cleanup(func() { cancel(); running.Wait() })
	if !w.AwaitSockets(1, patience) {
		w.t.Fatal("no socket came")
	}
	return a
}

func (a *app) take(ctx context.Context, e socketmode.Event) {
	if e.Request == nil || e.Request.EnvelopeID == "" {
		return
	}
	a.mu.Lock()
	a.events = append(a.events, e)
	answer, deaf := a.answer, a.deaf
	a.mu.Unlock()
	if deaf != nil && deaf(e) {
		return
	}
	var payload any
	if answer != nil {
		payload = answer(e)
	}
	if payload == nil {
		_ = a.client.AckCtx(ctx, e.Request.EnvelopeID, nil)
		return
	}
	_ = a.client.AckCtx(ctx, e.Request.EnvelopeID, payload)
}

func (a *app) heard() []socketmode.Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]socketmode.Event(nil), a.events...)
}

func TestSDKTalks(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	if me, err := w.api.AuthTest(); err != nil || me.UserID != slacktest.BotUser || me.BotID != slacktest.BotID {
		t.Errorf("AuthTest = %+v, %v", me, err)
	}
	_, ts, err := w.api.PostMessage(w.room, slack.MsgOptionText("Größe <&>", true), slack.MsgOptionMetadata(slack.SlackMetadata{
		EventType: "relay", EventPayload: map[string]any{"post": "p-1"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = w.api.PostMessage(w.room, slack.MsgOptionText("darunter", false), slack.MsgOptionTS(ts), slack.MsgOptionUsername("Mara · Teams"), slack.MsgOptionBroadcast())
	if err != nil {
		t.Fatal(err)
	}
	all := w.Shown(w.room, w.jan)
	if len(all) != 2 || all[0].Text != "Größe <&>" || all[1].Thread != ts || all[1].Author != "Mara · Teams" || !all[1].Broadcast {
		t.Fatalf("shown = %+v", all)
	}
	if _, _, _, err := w.api.UpdateMessage(w.room, ts, slack.MsgOptionText("neu", false)); err != nil {
		t.Fatal(err)
	}
	h, err := w.api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: w.room, IncludeAllMetadata: true})
	if err != nil || len(h.Messages) != 2 || h.Messages[1].Text != "neu" || h.Messages[1].ReplyCount != 1 || h.Messages[1].Metadata.EventPayload["post"] != "p-1" {
		t.Errorf("history = %+v, %v", h, err)
	}
	if r, _, _, err := w.api.GetConversationReplies(&slack.GetConversationRepliesParameters{ChannelID: w.room, Timestamp: ts}); err != nil || len(r) != 2 {
		t.Errorf("replies = %+v, %v", r, err)
	}
	if _, _, err := w.api.DeleteMessage(w.room, ts); err != nil {
		t.Fatal(err)
	}
	if all := w.Shown(w.room, w.jan); len(all) != 2 || !all[0].Tombstone {
		t.Errorf("after the deletion of a parent: %+v", all)
	}
}

func TestSDKLooksAround(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	secret := w.AddChannel(slacktest.Channel{Name: "geheim", Kind: slacktest.Private, Members: []string{w.ines}})
	if _, err := w.api.GetConversationInfo(&slack.GetConversationInfoInput{ChannelID: secret.ID}); err == nil || err.Error() != "channel_not_found" {
		t.Errorf("a private channel without the app: %v, want channel_not_found", err)
	}
	if u, err := w.api.GetUserByEmail("INES@nordpumpe.example"); err != nil || u.ID != w.ines || u.TZ != "Europe/Berlin" {
		t.Errorf("lookupByEmail = %+v, %v", u, err)
	}
	if u, err := w.api.GetUserInfo(w.jan); err != nil || u.RealName != "Jan Ohm" || u.Locale != "de-DE" {
		t.Errorf("users.info = %+v, %v", u, err)
	}
	if all, err := w.api.GetUsers(); err != nil || len(all) != 3 {
		t.Errorf("users.list = %d, %v", len(all), err)
	}
	list, _, err := w.api.GetConversations(&slack.GetConversationsParameters{Types: []string{"public_channel", "private_channel"}})
	if err != nil || len(list) != 1 || list[0].Name != "pr" || !list[0].IsMember {
		t.Errorf("conversations.list = %+v, %v", list, err)
	}
	members, next, err := w.api.GetUsersInConversation(&slack.GetUsersInConversationParameters{ChannelID: w.room, Limit: 2})
	if err != nil || len(members) != 2 || next == "" {
		t.Errorf("members = %v, %q, %v", members, next, err)
	}
	if rest, next, err := w.api.GetUsersInConversation(&slack.GetUsersInConversationParameters{ChannelID: w.room, Limit: 2, Cursor: next}); err != nil || len(rest) != 1 || next != "" {
		t.Errorf("the second page = %v, %q, %v", rest, next, err)
	}
	im, _, _, err := w.api.OpenConversation(&slack.OpenConversationParameters{Users: []string{w.ines}})
	if err != nil || im.ID != w.Direct(w.ines) {
		t.Errorf("conversations.open = %+v, %v", im, err)
	}
	if info, err := w.api.GetTeamInfo(); err != nil || info.ID != slacktest.TeamID {
		t.Errorf("team.info = %+v, %v", info, err)
	}
}

func TestSDKReactsAndWhispers(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	said := w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "schau"})
	ref := slack.NewRefToMessage(w.room, said.TS)
	if err := w.api.AddReaction("eyes", ref); err != nil {
		t.Fatal(err)
	}
	if err := w.api.AddReaction("eyes", ref); err == nil || err.Error() != "already_reacted" {
		t.Errorf("twice: %v, want already_reacted", err)
	}
	if all := w.Shown(w.room, w.jan); len(all[0].Reactions["eyes"]) != 1 {
		t.Errorf("reactions = %v", all[0].Reactions)
	}
	if _, err := w.api.PostEphemeral(w.room, w.ines, slack.MsgOptionText("nur du", false)); err != nil {
		t.Fatal(err)
	}
	if mine, others := w.Shown(w.room, w.ines), w.Shown(w.room, w.jan); len(mine) != 2 || !mine[1].Ephemeral || len(others) != 1 {
		t.Errorf("an ephemeral message: %d and %d are seen, want 2 and 1", len(mine), len(others))
	}
}

func TestSDKUploads(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	root := w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "Bild?"})
	f, err := w.api.UploadFile(slack.UploadFileParameters{
		Reader: strings.NewReader("bytes"), FileSize: 5, Filename: "pumpe.png", Title: "Die Pumpe", Channel: w.room, ThreadTimestamp: root.TS, InitialComment: "hier",
	})
	if err != nil {
		t.Fatal(err)
	}
	all := w.Shown(w.room, w.jan)
	if len(all) != 2 || len(all[1].Files) != 1 || all[1].Files[0].Title != "Die Pumpe" || all[1].Thread != root.TS || all[1].Text != "hier" {
		t.Fatalf("shown = %+v", all)
	}
	info, _, _, err := w.api.GetFileInfo(f.ID, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := w.api.GetFile(info.URLPrivateDownload, &got); err != nil || got.String() != "bytes" {
		t.Errorf("download = %q, %v", got.String(), err)
	}
}

func TestSDKHearsOverASocket(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	a := w.connect()
	act := w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Mentions: []string{slacktest.BotUser}, Text: "thema <Pumpe> & mehr"})
	if !act.Acked {
		t.Fatalf("not acknowledged: %+v", act)
	}
	got := a.heard()
	if len(got) != 2 {
		t.Fatalf("%d events, want message and app_mention", len(got))
	}
	m := got[0].Data.(slackevents.EventsAPIEvent).InnerEvent.Data.(*slackevents.MessageEvent)
	if m.Text != "<@"+slacktest.BotUser+"> thema &lt;Pumpe&gt; &amp; mehr" || m.User != w.ines || m.ChannelType != "channel" || m.TimeStamp != act.TS {
		t.Errorf("message = %+v", m)
	}
	mention := got[1].Data.(slackevents.EventsAPIEvent).InnerEvent.Data.(*slackevents.AppMentionEvent)
	if mention.TimeStamp != act.TS || mention.Text != m.Text {
		t.Errorf("mention = %+v", mention)
	}
	for _, b := range m.Blocks.BlockSet {
		if _, ok := b.(*slack.RichTextBlock); !ok {
			t.Errorf("a block is %T, want rich text", b)
		}
	}
}

func TestSDKModal(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	a := w.connect()
	block := slack.NewInputBlock("text", slack.NewTextBlockObject("plain_text", "Worum geht es?", false, false), nil,
		slack.NewPlainTextInputBlockElement(nil, "value"))
	modal := slack.ModalViewRequest{
		Type: slack.VTModal, Title: slack.NewTextBlockObject("plain_text", "Thema", false, false), CallbackID: "topic", PrivateMetadata: "x",
		Submit: slack.NewTextBlockObject("plain_text", "Vorschlagen", false, false), Blocks: slack.Blocks{BlockSet: []slack.Block{block}},
	}
	act := w.Slash(w.ines, w.room, "/standleitung", "thema für @jan in #pr")
	if !act.Acked {
		t.Fatalf("the command: %+v", act)
	}
	cmd := a.heard()[0].Data.(slack.SlashCommand)
	if want := "thema für <@" + w.jan + "|jan> in <#" + w.room + "|pr>"; cmd.Text != want || cmd.TriggerID != act.Trigger {
		t.Errorf("command = %+v, want the text %q", cmd, want)
	}
	if _, err := w.api.OpenView(cmd.TriggerID, modal); err != nil {
		t.Fatal(err)
	}
	v := w.AwaitView(w.ines, patience)
	if v == nil || v.Title != "Thema" || len(v.Fields) != 1 || v.Fields[0].Label != "Worum geht es?" {
		t.Fatalf("view = %+v", v)
	}
	if act := w.Submit(w.ines, map[string]string{"text": ""}); act.Refused != "incomplete" || act.Errors["text"] == "" {
		t.Errorf("an empty form: %+v", act)
	}
	a.mu.Lock()
	a.answer = func(e socketmode.Event) any {
		if c, ok := e.Data.(slack.InteractionCallback); ok && c.View.State != nil && c.View.State.Values["text"]["value"].Value == "zu kurz" {
			return slack.NewErrorsViewSubmissionResponse(map[string]string{"text": "Bitte mehr."})
		}
		return nil
	}
	a.mu.Unlock()
	if act := w.Submit(w.ines, map[string]string{"Worum geht es?": "zu kurz"}); !act.Acked || act.Errors["text"] != "Bitte mehr." || w.TopView(w.ines) == nil {
		t.Errorf("a refused form: %+v", act)
	}
	if act := w.Submit(w.ines, map[string]string{"value": "lang genug"}); !act.Acked || w.TopView(w.ines) != nil {
		t.Errorf("a good form: %+v", act)
	}
	_, err := w.api.OpenView(cmd.TriggerID, modal)
	if err == nil || err.Error() != "exchanged_trigger_id" || len(w.Forgive()) != 1 {
		t.Errorf("the trigger again: %v, want exchanged_trigger_id and a breach", err)
	}
	late := w.Shortcut(w.jan, "idea_new", "", "")
	w.Advance(4 * time.Second)
	if _, err := w.api.OpenView(late.Trigger, modal); err == nil || err.Error() != "expired_trigger_id" {
		t.Errorf("after four seconds: %v, want expired_trigger_id", err)
	}
}

func TestSDKPressAndResponseURL(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	a := w.connect()
	button := slack.NewButtonBlockElement("accept", "T-41", slack.NewTextBlockObject("plain_text", "Annehmen", false, false))
	_, ts, err := w.api.PostMessage(w.room, slack.MsgOptionText("Thema", false), slack.MsgOptionBlocks(
		slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", "Thema *T-41*", false, true), nil, nil), slack.NewActionBlock("b", button)))
	if err != nil {
		t.Fatal(err)
	}
	seen := w.Shown(w.room, w.jan)[0]
	if seen.Text != "Thema T-41" || seen.Notification != "Thema" || len(seen.Buttons) != 1 || len(seen.Active) != 1 || seen.Active[0].Kind != slacktest.Format {
		t.Errorf("seen = %+v", seen)
	}
	if act := w.Press(w.jan, w.room, ts, "Annehmen"); !act.Acked {
		t.Fatalf("press = %+v", act)
	}
	var c slack.InteractionCallback
	for _, e := range a.heard() {
		if got, ok := e.Data.(slack.InteractionCallback); ok {
			c = got
		}
	}
	if c.User.ID != w.jan || c.Container.MessageTs != ts || len(c.ActionCallback.BlockActions) != 1 || c.ActionCallback.BlockActions[0].Value != "T-41" {
		t.Fatalf("callback = %+v", c)
	}
	for i := range 6 {
		err := slack.PostWebhook(c.ResponseURL, &slack.WebhookMessage{Text: "danke"})
		if (err != nil) != (i == 5) {
			t.Errorf("answer %d: %v", i+1, err)
		}
	}
	if n := len(w.Forgive()); n != 1 {
		t.Errorf("%d breaches for six answers, want 1", n)
	}
	if mine, others := len(w.Shown(w.room, w.jan)), len(w.Shown(w.room, w.ines)); mine != 6 || others != 1 {
		t.Errorf("%d and %d messages are seen, want 6 and 1", mine, others)
	}
}

func TestSDKErrors(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	archived := w.AddChannel(slacktest.Channel{Name: "alt", Members: []string{slacktest.BotUser}, Archived: true})
	foreign := w.AddChannel(slacktest.Channel{Name: "fremd"})
	said := w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "meins"})
	post := func(channel string, o ...slack.MsgOption) error {
		_, _, err := w.api.PostMessage(channel, o...)
		return err
	}
	text := slack.MsgOptionText("x", false)
	_, _, _, notMine := w.api.UpdateMessage(w.room, said.TS, text)
	for _, c := range []struct {
		what, want string
		err        error
		breach     bool
	}{
		{"nowhere", "channel_not_found", post("C404", text), false},
		{"not a member", "not_in_channel", post(foreign.ID, text), false},
		{"archived", "is_archived", post(archived.ID, text), false},
		{"empty", "no_text", post(w.room, slack.MsgOptionText("", false)), true},
		{"a message of somebody else", "cant_update_message", notMine, false},
	} {
		if c.err == nil || c.err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.what, c.err, c.want)
		}
	}
	if n := len(w.Forgive()); n != 1 {
		t.Errorf("%d breaches, want that of the empty message", n)
	}
	w.Grant("users:read")
	var e slack.SlackErrorResponse
	if err := post(w.room, text); !errors.As(err, &e) || e.Err != "missing_scope" || e.Needed != "chat:write" || e.Provided != "users:read" {
		t.Errorf("without the scope: %+v", err)
	}
	w.Forgive()
	for _, code := range []string{"token_revoked", "account_inactive", "invalid_auth"} {
		w.Revoke(code)
		if err := post(w.room, text); err == nil || err.Error() != code {
			t.Errorf("revoked: %v, want %s", err, code)
		}
	}
	w.Revoke("")
	wrong := slack.New(w.Config().AppToken, slack.OptionAPIURL(w.APIURL()))
	if _, _, err := wrong.PostMessage(w.room, text); err == nil || err.Error() != "not_allowed_token_type" {
		t.Errorf("with the app's token: %v", err)
	}
	if n := len(w.Forgive()); n != 1 {
		t.Errorf("%d breaches for the wrong token, want 1", n)
	}
}

// inner decodes the event of an envelope as it came.
func inner(t *testing.T, e socketmode.Event) map[string]any {
	t.Helper()
	var outer struct {
		Event map[string]any `json:"event"`
	}
	if err := json.Unmarshal(e.Request.Payload, &outer); err != nil {
		t.Fatal(err)
	}
	return outer.Event
}
