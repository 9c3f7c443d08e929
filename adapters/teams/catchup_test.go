package teams_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/faketest"
	"standleitung/adapters/teams"
	"standleitung/adapters/teams/teamstest"
	"standleitung/bot"
)

// outage is a tenant whose adapter comes and goes; the core stays.
type outage struct {
	*tenant
	core    *adaptertest.Core
	adapter *teams.Adapter
	stop    func()
}

func newOutage(t *testing.T, kind teamstest.Kind) *outage {
	o := &outage{tenant: newTenant(t, kind), core: adaptertest.NewCore(), stop: func() {}}
	t.Cleanup(func() { o.stop() })
	return o
}

// up starts the adapter, as a fresh program does.
func (o *outage) up() {
	o.t.Helper()
	o.adapter = o.tenant.adapter()
	o.stop = runWith(o.t, o.adapter, o.core)
}

// down ends it. What people do from now on, nobody hears.
func (o *outage) down() {
	o.stop()
	o.tick()
	o.stop = func() {}
	o.back.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
}

// say has somebody say something in the first room, or in a thread of it, and returns its id.
func (o *outage) say(text string, more ...func(*teamstest.Speech)) string {
	o.t.Helper()
	sp := teamstest.Speech{By: o.staff[0].ID, At: o.rooms[0].ID, Text: text}
	for _, f := range more {
		f(&sp)
	}
	act := o.Server.Say(sp)
	if act.ID == "" {
		o.t.Fatalf("nobody can say %q: %+v", text, act)
	}
	return act.ID
}

func (o *outage) under(root string) func(*teamstest.Speech) {
	return func(s *teamstest.Speech) {
		if o.rooms[0].Kind == teamstest.Channel {
			s.At = teamstest.Thread(s.At, root)
		}
	}
}

// tick waits until it is a later time in histories, which know milliseconds.
func (o *outage) tick() {
	began := time.Now()
	o.until("time goes by", func() bool { return time.Since(began) > 2*time.Millisecond })
}

// until waits for something.
func (o *outage) until(what string, ok func() bool) {
	o.t.Helper()
	if !faketest.Await(time.Minute, ok) {
		o.t.Fatalf("%s: not so; what had an effect is\n%s", what, strings.Join(o.effects(), "\n"))
	}
}

// marked waits until the first room is read from now on.
func (o *outage) marked() {
	o.t.Helper()
	o.until("the room is read from now on", func() bool { return o.mark() != "" })
}

func (o *outage) mark() string {
	kept, err := o.core.Kept(o.t.Context(), "mark/"+o.rooms[0].ID)
	if err != nil || len(kept) == 0 {
		return ""
	}
	return string(kept[0].Value)
}

// read waits until the history was read once more.
func (o *outage) read() {
	o.t.Helper()
	o.tick()
	before := o.mark()
	o.adapter.Look()
	o.until("the history was read", func() bool { return o.mark() != before })
}

// effects are what had an effect, in words.
func (o *outage) effects() []string {
	var all []string
	for _, m := range o.core.Effects() {
		line := fmt.Sprintf("%s %s %s: %s", m.Kind, m.ID, m.From.Name, m.Text)
		if m.Place.Thread != "" {
			line += " (under " + m.Place.Thread + ")"
		}
		if m.Addressed {
			line += " (to the bot)"
		}
		for _, f := range m.Files {
			line += " [" + f.Name + "]"
		}
		all = append(all, line)
	}
	return all
}

// TestCatchUp: what people wrote, changed and deleted while the program was away comes in, in order, as if it had been heard;
// nothing comes twice, and nothing that is none of the line's business.
func TestCatchUp(t *testing.T) {
	for _, kind := range []teamstest.Kind{teamstest.Channel, teamstest.GroupChat} {
		t.Run(string(kind), func(t *testing.T) {
			o := newOutage(t, kind)
			o.say("vor aller Zeit")
			o.tick()
			o.up()
			root := o.say("die Wurzel")
			o.marked()
			gone := o.say("wird gelöscht")
			kept := o.say("wird geändert")
			before := o.effects()
			o.down()

			missed := o.say("verpasst, mit <b>Zeichen</b> & Umlauten äöü")
			answer := o.say("Antwort", o.under(root))
			second := o.say("noch eine", o.under(root))
			o.OtherApp(o.rooms[0].ID, "Wetterbericht")
			o.Server.Edit(o.staff[0].ID, o.rooms[0].ID, kept, "ist geändert")
			o.Server.Delete(o.staff[0].ID, o.rooms[0].ID, gone)
			o.Server.Delete(o.staff[0].ID, o.rooms[0].ID, o.say("Irrtum"))
			asked := o.say("hilfe", func(s *teamstest.Speech) { s.Mentions = []string{o.BotID()} })
			hailed := o.say("schau", func(s *teamstest.Speech) { s.By, s.Mentions = o.staff[1].ID, []string{o.staff[0].ID} })
			filed := o.say("anbei", func(s *teamstest.Speech) { s.Files = []teamstest.Upload{{Name: "plan.pdf", Bytes: []byte("x")}} })
			o.Server.React(o.staff[1].ID, o.rooms[0].ID, root, "like")

			o.up()
			o.until("all is there", func() bool { return len(o.core.Effects()) >= len(before)+9 })
			thread := " (under " + root + ")"
			if kind == teamstest.GroupChat {
				thread = ""
			}
			want := append(slices.Clone(before),
				"said "+missed+" Ines Brandt: verpasst, mit <b>Zeichen</b> & Umlauten äöü",
				"said "+answer+" Ines Brandt: Antwort"+thread, "said "+second+" Ines Brandt: noch eine"+thread,
				"edited "+kept+" Ines Brandt: ist geändert", "deleted "+gone+" Ines Brandt: ", "deleted IRRTUM Ines Brandt: ",
				"said "+asked+" Ines Brandt: hilfe (to the bot)", "said "+hailed+" Jan Okafor: @Ines Brandt schau",
				"said "+filed+" Ines Brandt: anbei [plan.pdf]")
			got := o.effects()
			want[len(before)+5] = got[len(before)+5] // its id was never told
			if diff := gocmp.Diff(want, got); diff != "" || !strings.HasPrefix(got[len(before)+5], "deleted ") {
				t.Errorf("what had an effect (-want +got):\n%s", diff)
			}
			o.read()
			o.say("wieder live")
			o.read()
			o.down()
			o.up()
			o.read()
			if n := len(o.core.Effects()); n != len(want)+1 {
				t.Errorf("%d effects after it was read again, and after a restart, want %d:\n%s", n, len(want)+1, strings.Join(o.effects(), "\n"))
			}
			for _, m := range o.core.Effects() {
				if m.From.ID != o.staff[0].ID && m.From.ID != o.staff[1].ID || m.From.Guest || m.From.Email == "" || m.At.IsZero() {
					t.Errorf("%s of %s came from %+v at %v", m.Kind, m.ID, m.From, m.At)
				}
			}
		})
	}
}

// TestCatchUpSameTurns: what was caught up has the turns that it would have had live, so that a delivery that comes late has no
// second effect.
func TestCatchUpSameTurns(t *testing.T) {
	for _, kind := range []teamstest.Kind{teamstest.Channel, teamstest.GroupChat} {
		o := newOutage(t, kind)
		o.up()
		root := o.say("die Wurzel")
		o.marked()
		o.down()
		o.say("Antwort", o.under(root))
		o.up()
		o.until("it is caught up", func() bool { return len(o.core.Effects()) == 2 })
		if a := o.Server.Again(); !a.Acked {
			t.Fatalf("the late delivery is not taken: %+v", a)
		}
		if n := len(o.core.Effects()); n != 2 {
			t.Errorf("%s: %d effects after the late delivery, want 2", kind, n)
		}
		o.down()
	}
}

// TestCatchUpRestored: a deletion that was heard, and taken back while the program was away, is taken back.
func TestCatchUpRestored(t *testing.T) {
	o := newOutage(t, teamstest.Channel)
	o.up()
	id := o.say("doch richtig")
	o.marked()
	o.Server.Delete(o.staff[0].ID, o.rooms[0].ID, id)
	o.down()
	o.tick()
	o.Undelete(o.staff[0].ID, o.rooms[0].ID, id)
	o.up()
	o.until("it is back", func() bool { return len(o.core.Effects()) == 3 })
	if m := o.core.Effects()[2]; m.Kind != bot.Restored || m.ID != id || m.Text != "doch richtig" || !m.At.After(o.core.Effects()[1].At) {
		t.Errorf("it came as %+v", m)
	}
}

// TestCatchUpPages: long histories and long threads are read to their ends.
func TestCatchUpPages(t *testing.T) {
	for _, kind := range []teamstest.Kind{teamstest.Channel, teamstest.GroupChat} {
		o := newOutage(t, kind)
		o.up()
		root := o.say("die Wurzel")
		o.marked()
		o.down()
		const n = 130
		for i := range n {
			if i%2 == 0 {
				o.say(fmt.Sprintf("Nachricht %d", i))
			} else {
				o.say(fmt.Sprintf("Nachricht %d", i), o.under(root))
			}
		}
		o.Limit(teamstest.Pages{Page: 7, Replies: 3})
		o.up()
		o.until("all is there", func() bool { return len(o.core.Effects()) == n+1 })
		for i, m := range o.core.Effects()[1:] {
			if m.Text != fmt.Sprintf("Nachricht %d", i) {
				t.Fatalf("message %d is %q", i, m.Text)
			}
		}
		o.down()
	}
}

// TestCatchUpOrder: what comes in right after the start waits for what was missed before it, also when the history cannot be read at
// once.
func TestCatchUpOrder(t *testing.T) {
	for name, fault := range map[string]teamstest.Fault{
		"slow":    {Call: "history", Slow: 300 * time.Millisecond},
		"broken":  {Call: "history", Status: 502, Times: 2},
		"limited": {Call: "history", RetryAfter: 1},
		"cut off": {Call: "history", Reset: true, Times: 2},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOutage(t, teamstest.Channel)
			o.up()
			o.say("eins")
			o.marked()
			o.down()
			o.say("zwei")
			o.Fault(fault)
			o.up()
			o.say("drei")
			o.heard("eins", "zwei", "drei")
		})
	}
}

// TestCatchUpCutShort: when the program ends while it waits for a history, what waited behind it is not taken, and comes after what was
// missed at the next start.
func TestCatchUpCutShort(t *testing.T) {
	o := newOutage(t, teamstest.Channel)
	o.up()
	o.say("eins")
	o.marked()
	o.down()
	o.say("zwei")
	o.Fault(teamstest.Fault{Call: "history", At: o.rooms[0].ID, Hang: true, Times: -1})
	o.up()
	acked := make(chan bool)
	go func() {
		acked <- o.Server.Say(teamstest.Speech{By: o.staff[0].ID, At: o.rooms[0].ID, Text: "drei"}).Acked
	}()
	o.until("it waits", func() bool { return len(o.Server.Shown(o.rooms[0].ID, o.staff[0].ID)) == 3 })
	o.tick()
	o.down()
	if <-acked {
		t.Error("what waited behind an unread history was taken")
	}
	o.Heal()
	o.up()
	o.heard("eins", "zwei", "drei")
}

// heard waits until as much was heard, and compares it.
func (o *outage) heard(want ...string) {
	o.t.Helper()
	o.until("all is there", func() bool { return len(o.core.Effects()) >= len(want) })
	var got []string
	for _, m := range o.core.Effects() {
		got = append(got, m.Text)
	}
	if !slices.Equal(got, want) {
		o.t.Errorf("heard: %q, want %q", got, want)
	}
}

// TestNothingOvertakesWhatCouldNotBeStored: Teams delivers again what was not taken, when it likes; what comes in meanwhile waits for
// it.
func TestNothingOvertakesWhatCouldNotBeStored(t *testing.T) {
	o := newOutage(t, teamstest.Channel)
	o.up()
	o.say("eins")
	o.marked()
	o.tick()
	o.core.Answer(func(bot.Message) (bot.Outcome, error) { return bot.Outcome{}, errors.New("disk full") })
	o.say("zwei")
	o.core.Answer(nil)
	o.tick()
	o.say("drei")
	o.AwaitSettled(time.Minute)
	o.heard("eins", "zwei", "drei")
}

// TestCatchUpTrouble: while Microsoft Graph is in trouble, what comes in is heard all the same, operators and people are told, and
// nothing of what was missed is lost.
func TestCatchUpTrouble(t *testing.T) {
	for name, fault := range map[string]teamstest.Fault{
		"broken":     {Call: "history", Status: 500, Times: -1},
		"throttled":  {Call: "history", RetryAfter: 30},
		"cut off":    {Call: "history", Reset: true, Times: -1},
		"no roster":  {Call: "member", Status: 503, Times: -1},
		"no team":    {Call: "team", Status: 502, Times: -1},
		"bad answer": {Call: "history", Status: 200, Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOutage(t, teamstest.Channel)
			o.up()
			o.say("eins")
			o.marked()
			if name == "no team" {
				o.until("the group is kept", func() bool {
					kept, err := o.core.Kept(t.Context(), "group/19:general@thread.tacv2")
					return err == nil && len(kept) == 1
				})
				if err := o.core.Keep(t.Context(), bot.Kept{Key: "group/19:general@thread.tacv2"}); err != nil {
					t.Fatal(err)
				}
			}
			o.down()
			o.say("zwei", func(s *teamstest.Speech) { s.By = o.staff[1].ID })
			if fault.Call == "history" {
				fault.At = o.rooms[0].ID
			}
			o.Fault(fault)
			o.up()
			room := teams.RoomPlace(o.rooms[0].ID)
			o.until("it is told", func() bool { return o.adapter.Hearing(room) == "no_history" })
			if trouble := o.adapter.Trouble(room); trouble != "" {
				t.Errorf("the room is said to hear nothing: %s", trouble)
			}
			o.Heal()
			o.Advance(31 * time.Second)
			o.say("drei")
			o.read()
			o.until("all is there", func() bool { return len(o.core.Effects()) == 3 })
			o.until("nothing is told any more", func() bool { return o.adapter.Hearing(room) == "" })
		})
	}
}

// TestConsent: without consent only mentions are heard, and nothing is caught up; that is told. What was said before it was given
// stays where it is.
func TestConsent(t *testing.T) {
	o := newOutage(t, teamstest.Channel)
	room := teams.RoomPlace(o.rooms[0].ID)
	o.SetConsented(o.rooms[0].ID, false)
	o.up()
	o.say("leise")
	o.say("hilfe", func(s *teamstest.Speech) { s.Mentions = []string{o.BotID()} })
	o.until("it is told", func() bool { return o.adapter.Hearing(room) == "mentions_only" })
	if trouble := o.adapter.Trouble(room); trouble != "" || len(o.core.Effects()) != 1 {
		t.Errorf("trouble %q, %d effects, want none and the mention", trouble, len(o.core.Effects()))
	}
	o.SetConsented(o.rooms[0].ID, true)
	o.adapter.Look()
	o.marked()
	if code := o.adapter.Hearing(room); code != "" {
		t.Errorf("with consent it is %q", code)
	}
	o.down()
	o.say("verpasst")
	o.up()
	o.until("it is caught up", func() bool { return len(o.core.Effects()) == 2 })
	o.SetConsented(o.rooms[0].ID, false)
	o.adapter.Look()
	o.until("the mark is forgotten", func() bool { return o.mark() == "" })
	o.say("zwischendurch")
	o.tick()
	o.SetConsented(o.rooms[0].ID, true)
	o.adapter.Look()
	o.marked()
	o.read()
	if got := o.effects(); len(got) != 2 || !strings.Contains(got[1], "verpasst") {
		t.Errorf("what had an effect is\n%s", strings.Join(got, "\n"))
	}
}

// TestRemovedAndAdded: what is said while the bot is not in the team is none of its business, in any channel; what is said once it
// is there again is.
func TestRemovedAndAdded(t *testing.T) {
	o := newOutage(t, teamstest.Channel)
	o.up()
	o.say("eins")
	o.say("zwei", func(s *teamstest.Speech) { s.At = o.rooms[1].ID })
	o.marked()
	if a := o.Uninstall(o.staff[0].ID, o.rooms[1].ID); !a.Acked {
		t.Fatalf("the removal is not taken: %+v", a)
	}
	for _, room := range o.rooms {
		if code := o.adapter.Trouble(teams.RoomPlace(room.ID)); code != "BotNotInConversationRoster" {
			t.Errorf("after the removal %s is %q", room.Name, code)
		}
	}
	if o.mark() != "" {
		t.Errorf("the mark is still there")
	}
	o.say("unter uns")
	o.tick()
	if a := o.Install(o.staff[0].ID, o.rooms[1].ID); !a.Acked {
		t.Fatalf("the installation is not taken: %+v", a)
	}
	o.marked()
	for _, room := range o.rooms {
		if code := o.adapter.Trouble(teams.RoomPlace(room.ID)); code != "" {
			t.Errorf("after it was added %s is %q", room.Name, code)
		}
	}
	o.down()
	o.say("drei")
	o.up()
	o.until("it is caught up", func() bool { return len(o.core.Effects()) == 3 })
	if got := o.core.Effects()[2].Text; got != "drei" {
		t.Errorf("the third is %q", got)
	}
}

// TestForgottenRoom: a room that was taken out of the configuration for a while begins anew.
func TestForgottenRoom(t *testing.T) {
	o := newOutage(t, teamstest.Channel)
	o.up()
	o.say("eins")
	o.marked()
	o.down()
	c := o.config()
	c.Rooms = []string{o.rooms[1].ID}
	a, err := teams.New(c)
	if err != nil {
		t.Fatal(err)
	}
	stop := runWith(t, a, o.core)
	o.say("unter uns")
	o.tick()
	stop()
	o.up()
	o.marked()
	o.read()
	if n := len(o.core.Effects()); n != 1 {
		t.Errorf("%d effects, want the first alone", n)
	}
}

// TestOfferedOnce: a form that was offered in a room is not offered again because its command is read in the history.
func TestOfferedOnce(t *testing.T) {
	o := newOutage(t, teamstest.Channel)
	o.core.Answer(func(bot.Message) (bot.Outcome, error) {
		return bot.Outcome{Form: &bot.Form{Do: "topic.suggest", Title: "Thema", Submit: "Los", Cancel: "Nein"}}, nil
	})
	o.up()
	o.say("thema", func(s *teamstest.Speech) { s.Mentions = []string{o.BotID()} })
	o.marked()
	ask := o.say("thema", func(s *teamstest.Speech) { s.Mentions = []string{o.BotID()} })
	o.down()
	o.up()
	o.read()
	if seen := o.Server.Shown(teamstest.Thread(o.rooms[0].ID, ask), o.staff[0].ID); len(seen) != 2 {
		t.Errorf("%d messages in the thread, want the command and one offer", len(seen))
	}
}
