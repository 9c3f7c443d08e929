package slacktest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"standleitung/adapters/slack/slacktest"
)

// events are what an app heard, as they came.
func (a *app) inner(t *testing.T) []object {
	var all []object
	for _, e := range a.heard() {
		all = append(all, inner(t, e))
	}
	return all
}

// kinds are the types and subtypes of events.
func kinds(all []object) string {
	var k []string
	for _, e := range all {
		kind := fmt.Sprint(e["type"])
		if e["subtype"] != nil {
			kind += "/" + fmt.Sprint(e["subtype"])
		}
		k = append(k, kind)
	}
	return strings.Join(k, " ")
}

func TestPeopleChangeTheirMinds(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	a := w.connect()
	said := w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "alt"})
	w.Edit(w.ines, w.room, said.TS, "neu")
	if act := w.Edit(w.jan, w.room, said.TS, "fremd"); act.Refused != "cant_update_message" {
		t.Errorf("an edit by somebody else: %+v", act)
	}
	w.Unfurl(w.room, said.TS, "Vorschau")
	answer := w.Say(slacktest.Speech{By: w.jan, Channel: w.room, Text: "Antwort", Thread: said.TS, Broadcast: true})
	w.React(w.jan, w.room, said.TS, "+1")
	w.Unreact(w.jan, w.room, said.TS, "+1")
	w.Delete(w.jan, w.room, answer.TS)
	got := a.inner(t)
	want := "message message/message_changed message/message_changed message/thread_broadcast reaction_added reaction_removed message/message_deleted"
	if k := kinds(got); k != want {
		t.Fatalf("events = %s\nwant %s", k, want)
	}
	edit, preview := got[1], got[2]
	if m := edit["message"].(object); m["text"] != "neu" || m["edited"].(object)["user"] != w.ines || edit["previous_message"].(object)["text"] != "alt" || m["ts"] != said.TS {
		t.Errorf("edit = %v", edit)
	}
	if m := preview["message"].(object); m["text"] != preview["previous_message"].(object)["text"] || m["attachments"] == nil {
		t.Errorf("preview = %v", preview)
	}
	if got[3]["thread_ts"] != said.TS || got[3]["parent_user_id"] != w.ines || got[3]["root"] == nil {
		t.Errorf("broadcast = %v", got[3])
	}
	if item := got[4]["item"].(object); item["ts"] != said.TS || got[4]["reaction"] != "+1" || got[4]["item_user"] != w.ines {
		t.Errorf("reaction = %v", got[4])
	}
	if got[6]["deleted_ts"] != answer.TS || got[6]["previous_message"].(object)["text"] != "Antwort" {
		t.Errorf("deletion = %v", got[6])
	}
}

func TestParentsLeaveTombstones(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	a := w.connect()
	root := w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "Wurzel"})
	below := w.Say(slacktest.Speech{By: w.jan, Channel: w.room, Text: "darunter", Thread: root.TS})
	w.Delete(w.ines, w.room, root.TS)
	got := a.inner(t)
	if k := kinds(got); k != "message message message/message_changed message/message_changed" {
		t.Fatalf("events = %s, want the tombstone and a replay of the reply", k)
	}
	if m := got[2]["message"].(object); m["subtype"] != "tombstone" || m["user"] != "USLACKBOT" || got[2]["previous_message"].(object)["user"] != w.ines {
		t.Errorf("event = %v, want a message_changed to a tombstone", got[2])
	}
	if m, before := got[3]["message"].(object), got[3]["previous_message"].(object); m["ts"] != below.TS || m["text"] != before["text"] {
		t.Errorf("event = %v, want the reply as it was", got[3])
	}
	if all := w.Shown(w.room, w.jan); len(all) != 2 || !all[0].Tombstone {
		t.Errorf("shown = %+v", all)
	}
	history := w.form("conversations.history", url.Values{"channel": {w.room}})
	if len(history.Messages) != 1 || history.Messages[0]["subtype"] != "tombstone" || history.Messages[0]["reply_count"] != 1.0 {
		t.Errorf("history = %v, want the tombstone with its reply counted", history.Messages)
	}
	w.Delete(w.jan, w.room, below.TS)
	got = a.inner(t)[len(got):]
	if k := kinds(got); k != "message/message_deleted message/message_deleted" {
		t.Fatalf("events = %s, want the last reply and its tombstone gone", k)
	}
	if got[1]["deleted_ts"] != root.TS || got[1]["previous_message"].(object)["subtype"] != "tombstone" {
		t.Errorf("event = %v, want the tombstone gone", got[1])
	}
	if all := w.Shown(w.room, w.jan); len(all) != 0 {
		t.Errorf("shown = %+v, want nothing", all)
	}
}

func TestMentionsComeTwice(t *testing.T) {
	for _, first := range []bool{false, true} {
		w := newTown(t, slacktest.Config{MentionFirst: first})
		a := w.connect()
		w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Mentions: []string{slacktest.BotUser}, Text: "hallo"})
		w.Say(slacktest.Speech{By: w.ines, Channel: w.Direct(w.ines), Mentions: []string{slacktest.BotUser}, Text: "hallo"})
		want := "message app_mention message"
		if first {
			want = "app_mention message message"
		}
		if got := kinds(a.inner(t)); got != want {
			t.Errorf("events = %s, want %s", got, want)
		}
		w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "tippt <@" + slacktest.BotUser + "> selbst"})
		if got := a.inner(t); strings.Contains(fmt.Sprint(got[3]["text"]), "<@") {
			t.Errorf("typed brackets became a mention: %v", got[3]["text"])
		}
	}
}

func TestOwnMessagesComeBack(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	a := w.connect()
	for _, o := range [][]slack.MsgOption{
		{slack.MsgOptionText("als Bot", false)}, {slack.MsgOptionText("als Mara", false), slack.MsgOptionUsername("Mara")},
	} {
		if _, _, err := w.api.PostMessage(w.room, o...); err != nil {
			t.Fatal(err)
		}
	}
	w.BotSays(w.room, "CI", "rot")
	w.until("the events arrived", func() bool { return len(a.heard()) == 3 })
	got := a.inner(t)
	if got[0]["bot_id"] != slacktest.BotID || got[0]["user"] != slacktest.BotUser || got[0]["app_id"] != slacktest.AppID || got[0]["subtype"] != nil {
		t.Errorf("as the bot: %v", got[0])
	}
	if got[1]["bot_id"] != slacktest.BotID || got[1]["user"] != nil || got[1]["subtype"] != "bot_message" || got[1]["username"] != "Mara" {
		t.Errorf("as Mara: %v", got[1])
	}
	if got[2]["bot_id"] == slacktest.BotID || got[2]["subtype"] != "bot_message" {
		t.Errorf("as another app: %v", got[2])
	}
}

func TestComingAndGoing(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	a := w.connect()
	room := w.AddChannel(slacktest.Channel{Name: "neu", Members: []string{w.ines}})
	w.Say(slacktest.Speech{By: w.ines, Channel: room.ID, Text: "noch ohne Bot"})
	w.Join(slacktest.BotUser, room.ID, w.ines)
	w.Join(w.jan, room.ID, "")
	w.Rename(w.ines, room.ID, "neuer")
	w.Leave(w.jan, room.ID)
	w.Archive(w.ines, room.ID)
	if act := w.Say(slacktest.Speech{By: w.ines, Channel: room.ID, Text: "zu spät"}); act.Refused != "is_archived" {
		t.Errorf("in an archived channel: %+v", act)
	}
	w.Unarchive(w.ines, room.ID)
	w.Leave(slacktest.BotUser, room.ID)
	want := "member_joined_channel message/channel_join member_joined_channel message/channel_join channel_rename member_left_channel channel_archive channel_unarchive member_left_channel"
	got := a.inner(t)
	if k := kinds(got); k != want {
		t.Fatalf("events = %s\nwant %s", k, want)
	}
	if got[0]["user"] != slacktest.BotUser || got[0]["inviter"] != w.ines || got[4]["channel"].(object)["name"] != "neuer" {
		t.Errorf("join %v, rename %v", got[0], got[4])
	}
}

func TestSpecialPeople(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	a := w.connect()
	guest := w.AddUser(slacktest.User{Name: "gast", Guest: true})
	other := w.AddUser(slacktest.User{Name: "partner", Team: slacktest.OtherTeam})
	shared := w.AddChannel(slacktest.Channel{Name: "extern", Shared: true, Members: []string{w.ines, guest.ID, other.ID, slacktest.BotUser}})
	w.Say(slacktest.Speech{By: other.ID, Channel: shared.ID, Text: "von draußen"})
	if got := a.inner(t)[0]; got["team"] != slacktest.OtherTeam || got["user_team"] != slacktest.OtherTeam {
		t.Errorf("from another workspace: %v", got)
	}
	if !strings.Contains(string(a.heard()[0].Request.Payload), `"is_ext_shared_channel":true`) {
		t.Error("the envelope does not say that the channel is shared")
	}
	if c, err := w.api.GetConversationInfo(&slack.GetConversationInfoInput{ChannelID: shared.ID}); err != nil || !c.IsExtShared {
		t.Errorf("info = %+v, %v", c, err)
	}
	if u, err := w.api.GetUserInfo(guest.ID); err != nil || !u.IsRestricted || u.IsUltraRestricted {
		t.Errorf("guest = %+v, %v", u, err)
	}
	w.Change(w.jan, func(u *slacktest.User) { u.Deleted = true })
	if act := w.Say(slacktest.Speech{By: w.jan, Channel: w.room, Text: "x"}); act.Refused != "account_inactive" {
		t.Errorf("a deactivated person speaks: %+v", act)
	}
	if _, _, _, err := w.api.OpenConversation(&slack.OpenConversationParameters{Users: []string{w.jan}}); err == nil || err.Error() != "user_disabled" {
		t.Errorf("a conversation with them: %v", err)
	}
	if _, err := w.api.GetUserByEmail("jan@nordpumpe.example"); err == nil || err.Error() != "users_not_found" {
		t.Errorf("their address: %v", err)
	}
}

func TestUninstalled(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	a := w.connect()
	w.OpenHome(w.ines, "messages")
	w.Uninstall()
	if got := kinds(a.inner(t)); got != "app_home_opened tokens_revoked app_uninstalled" {
		t.Errorf("events = %s", got)
	}
	if _, err := w.api.AuthTest(); err == nil || err.Error() != "account_inactive" {
		t.Errorf("auth.test = %v", err)
	}
}

func TestPeopleShareFiles(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	a := w.connect()
	w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "schau", Files: []slacktest.Upload{{Name: "a.png", Bytes: []byte("png")}, {Name: "b.pdf", Bytes: []byte("pdf"), Foreign: true}}})
	got := a.inner(t)[0]
	files := got["files"].([]any)
	if got["subtype"] != "file_share" || len(files) != 2 {
		t.Fatalf("event = %v", got)
	}
	first, second := files[0].(object), files[1].(object)
	if first["mimetype"] != "image/png" || first["size"] != float64(3) || second["file_access"] != "check_file_info" || second["url_private"] != nil {
		t.Errorf("files = %v", files)
	}
	page, err := http.Get(first["url_private"].(string))
	if err != nil || page.StatusCode != 200 || !strings.Contains(page.Header.Get("Content-Type"), "text/html") || len(w.Forgive()) != 1 {
		t.Errorf("without a token: %v, %v; want the sign-in page and a breach", page, err)
	}
	_ = page.Body.Close()
	w.DeleteFile(first["id"].(string))
	if _, _, _, err := w.api.GetFileInfo(first["id"].(string), 0, 0); err == nil || err.Error() != "file_deleted" {
		t.Errorf("a deleted file: %v", err)
	}
	if f, _, _, err := w.api.GetFileInfo(second["id"].(string), 0, 0); err != nil || f.Name != "b.pdf" {
		t.Errorf("a file of another workspace: %+v, %v", f, err)
	}
}

func TestMessageShortcut(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	a := w.connect()
	said := w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "gute Idee"})
	if act := w.Shortcut(w.jan, "idea_from_message", w.room, said.TS); !act.Acked {
		t.Fatalf("shortcut = %+v", act)
	}
	c := a.heard()[1].Data.(slack.InteractionCallback)
	if c.Type != slack.InteractionTypeMessageAction || c.CallbackID != "idea_from_message" || c.Message.Text != "gute Idee" || c.MessageTs != said.TS || c.User.ID != w.jan {
		t.Errorf("callback = %+v", c)
	}
}

func TestOutsidersSeeNothing(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	secret := w.AddChannel(slacktest.Channel{Name: "geheim", Kind: slacktest.Private, Members: []string{w.ines, slacktest.BotUser}})
	w.call("chat.postMessage", object{"channel": secret.ID, "text": "x"})
	w.call("chat.postMessage", object{"channel": w.Direct(w.ines), "text": "y"})
	for _, c := range []string{secret.ID, w.Direct(w.ines)} {
		if got := w.Shown(c, w.jan); len(got) > 0 {
			t.Errorf("somebody else sees %+v", got)
		}
		if got := w.Shown(c, w.ines); len(got) != 1 {
			t.Errorf("a member sees %d messages, want 1", len(got))
		}
	}
}

func TestTyping(t *testing.T) {
	w := newTown(t, slacktest.Config{NoRetries: true})
	for _, text := range []string{
		"Zeile eins\nZeile zwei\n\nnach einer leeren", "*Sterne* _Striche_ ~Wellen~ `Code` > Zitat # Titel",
		"<b>fett</b> &amp; & \" ' </div><script>window.hit=1</script>", "Größe ß – „Gänse“ 你好 👩‍👩‍👧 👍🏽 e\u0301 العربية",
		"[Text](https://example.com) https://example.com/a_b*c?d=1&e=2", "mail@standleitung.example, www.example.com.", "#pr @here <!channel>",
	} {
		ts := w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: text}).TS
		all := w.Shown(w.room, w.jan)
		seen := all[slices.IndexFunc(all, func(s slacktest.Seen) bool { return s.TS == ts })]
		if seen.Text != text || len(seen.Active) > 0 {
			t.Errorf("%q is shown as %q, active %v", text, seen.Text, seen.Active)
		}
	}
	w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "a & https://e.de/?a=1&b=2 <x> 👍 mail@e.de"})
	all := w.form("conversations.history", map[string][]string{"channel": {w.room}, "limit": {"1"}}).Messages
	want := "a &amp; <https://e.de/?a=1&amp;b=2> &lt;x&gt; :+1: <mailto:mail@e.de|mail@e.de>"
	if all[0]["text"] != want {
		t.Errorf("text = %q, want %q", all[0]["text"], want)
	}
}
