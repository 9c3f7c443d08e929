package bot_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"standleitung/bot"
)

// TestCodeIsKeptNowhere gives out a code and looks for it, delivered, in every record and in the log: whoever reads the store
// cannot become somebody else.
func TestCodeIsKeptNowhere(t *testing.T) {
	l := newLeak(t)
	l.say("mara", "verbinden")
	l.deliver()
	code := ""
	for _, d := range l.sent {
		if m := regexp.MustCompile(`[A-Z2-9]{4}-[A-Z2-9]{4}`).FindString(d.Card.Title); m != "" {
			code = m
		}
		if strings.Contains(d.Card.Preview, code) {
			t.Errorf("the lock screen shows %q", d.Card.Preview)
		}
	}
	if code == "" {
		t.Fatal("no code was given out")
	}
	records := 0
	err := l.store.(bot.Auditor).Audit(t.Context(), func(s bot.Stored) error {
		records++
		for _, form := range []string{code, strings.ReplaceAll(code, "-", "")} {
			if strings.Contains(string(s.Value)+s.Key+fmt.Sprint(s.Entries), form) {
				t.Errorf("a record of kind %s holds the code", s.Kind)
			}
		}
		return nil
	}, func(words string) { t.Error(words) })
	if err != nil || records < 3 {
		t.Fatalf("%d records were looked at: %v", records, err)
	}
	if strings.Contains(l.log.String(), code) || strings.Contains(l.answers.String(), code) {
		t.Error("the code is in the log, or came back in the same breath")
	}
}

// TestCodesAreForgotten finds neither codes nor wrong tries two weeks later.
func TestCodesAreForgotten(t *testing.T) {
	l := newLeak(t)
	l.say("mara", "verbinden")
	l.say("jan", "verbinden AAAA-AAAA")
	left := func() (n int) {
		err := l.store.(bot.Auditor).Audit(t.Context(), func(s bot.Stored) error {
			if strings.HasPrefix(s.Kind, "link ") {
				n++
			}
			return nil
		}, func(words string) { t.Error(words) })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := left(); n != 2 {
		t.Fatalf("%d records of codes and tries, want 2", n)
	}
	l.offset += 15 * 24 * time.Hour
	if err := l.bot.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := left(); n != 0 {
		t.Errorf("%d records of codes and tries are left", n)
	}
}
