package teamstest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"standleitung/adapters/teams/teamstest"
)

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		fault teamstest.Fault
		code  string
	}{
		{teamstest.Fault{Status: 412}, "PreconditionFailed"},
		{teamstest.Fault{Status: 500}, "ServiceError"},
		{teamstest.Fault{Status: 502}, "ServiceError"},
		{teamstest.Fault{Status: 503}, "ServiceUnavailable"},
		{teamstest.Fault{Status: 504}, "GatewayTimeout"},
		{teamstest.Fault{Status: 403}, "BotNotInConversationRoster"},
		{teamstest.Fault{Status: 403, Code: "BotDisabledByAdmin"}, "BotDisabledByAdmin"},
		{teamstest.Fault{Status: 401}, "BotNotRegistered"},
	} {
		w := newTown(t, teamstest.Config{})
		c.fault.Call = "post"
		for _, after := range []bool{false, true} {
			c.fault.After = after
			w.Fault(c.fault)
			a := w.bot.call(http.MethodPost, text("einmal"), "conversations", w.room, "activities")
			if a.status != c.fault.Status || a.word("error", "code") != c.code {
				t.Errorf("%+v: %+v", c.fault, a)
			}
			if n := len(w.Shown(w.room, w.ines.ID)); (n == 1) != after {
				t.Errorf("%+v: %d messages are shown", c.fault, n)
			}
		}
		w.bot.post(w.room, text("danach"))
	}
}

// TestLost: the connection breaks or nothing comes, and the message may be there all the same.
func TestLost(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	w.bot.signIn(nil)
	w.bot.http.Timeout = 50 * time.Millisecond
	for i, f := range []teamstest.Fault{{Reset: true}, {Hang: true}, {Reset: true, After: true}, {Hang: true, After: true}, {Slow: time.Minute, After: true}} {
		w.Fault(f)
		if a := w.bot.call(http.MethodPost, text("vielleicht"), "conversations", w.room, "activities"); a.err == nil {
			t.Errorf("%+v: %+v, want no answer", f, a)
		}
		if n := len(w.Shown(w.room, w.ines.ID)); n != max(0, i-1) {
			t.Errorf("%+v: %d messages are shown", f, n)
		}
	}
	w.bot.http.Timeout = patience
	w.Fault(teamstest.Fault{Slow: 20 * time.Millisecond, After: true})
	if a := w.bot.call(http.MethodPost, text("spät"), "conversations", w.room, "activities"); a.status != 201 || a.word("id") == "" {
		t.Errorf("a slow answer: %+v", a)
	}
	w.Fault(teamstest.Fault{Status: 500, Times: -1})
	w.Heal()
	w.bot.post(w.room, text("geheilt"))
}

func TestRetryAfter(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	post := func(at string) answer {
		return w.bot.call(http.MethodPost, text("x"), "conversations", at, "activities")
	}
	w.Fault(teamstest.Fault{Call: "post", RetryAfter: 30})
	if a := post(w.room); a.status != 429 || a.header.Get("Retry-After") != "30" || a.word("error", "code") != "Throttled" {
		t.Errorf("%+v", a)
	}
	post(w.group) // another conversation is free
	post(w.room)
	w.forgiven("before Retry-After")
	w.Advance(30 * time.Second)
	post(w.room)
	w.Fault(teamstest.Fault{Call: "post", RetryAfter: -1})
	if a := post(w.room); a.status != 429 || a.header.Get("Retry-After") != "" {
		t.Errorf("without the header: %+v", a)
	}
}

// TestLimits are the documented ones: seven messages in a second, eight in two, for a channel with its threads.
func TestLimits(t *testing.T) {
	w := newTown(t, teamstest.Config{RateLimits: true})
	root := w.bot.post(w.room, text("Wurzel"))
	for range 6 {
		w.bot.post(w.room, text("x"))
	}
	a := w.bot.call(http.MethodPost, text("x"), "conversations", teamstest.Thread(w.room, root), "activities")
	if a.status != 429 || a.header.Get("Retry-After") != "1" {
		t.Errorf("the eighth: %+v", a)
	}
	w.bot.post(w.group, text("anderswo"))
	w.Advance(1100 * time.Millisecond)
	w.bot.post(w.room, text("x"))
	if a := w.bot.call(http.MethodPost, text("x"), "conversations", w.room, "activities"); a.status != 429 {
		t.Errorf("the ninth within two seconds: %+v", a)
	}
	w.Advance(time.Hour)
	w.bot.signIn(nil)
	w.bot.post(w.room, text("x"))
}

func TestSize(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	if a := w.bot.call(http.MethodPost, text(strings.Repeat("x", 28<<10)), "conversations", w.room, "activities"); a.status != 413 || a.word("error", "code") != "MessageSizeTooBig" {
		t.Errorf("too big: %d", a.status)
	}
	w.forgiven("at most 28672")
	w.bot.post(w.room, text(strings.Repeat("x", 27<<10)))
}
