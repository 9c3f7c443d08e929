package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

var update = flag.Bool("update", false, "rewrite the expected parts of testdata; read the diff")

// hidden stands for every secret in these tests: no message may hold it.
const hidden = "hunter2-do-not-show"

func environment(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, p := range pairs {
			if k, v, _ := strings.Cut(p, "="); k == name {
				return v, true
			}
		}
		return "", false
	}
}

// TestFaults plays testdata/config: each file holds a configuration and all the faults that are told about it.
func TestFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/config/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(ar.Files) != 2 {
				t.Fatalf("want the sections config.yaml and faults, got %d", len(ar.Files))
			}
			_, err = ParseConfig("config.yaml", ar.Files[0].Data, environment("SECRET="+hidden, "LANGUAGE=en", "EMPTY="))
			var faults Faults
			if !errors.As(err, &faults) {
				t.Fatalf("got error %v, want faults", err)
			}
			got := faults.Error() + "\n"
			if strings.Contains(got, hidden) {
				t.Errorf("a secret is shown:\n%s", got)
			}
			if *update {
				ar.Files[1].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(ar), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(ar.Files[1].Data), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestOneFault holds one fault a row, for what a txtar file cannot hold or what is best seen side by side.
func TestOneFault(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, tc := range map[string]struct{ text, want string }{
		"empty":         {"", "c:1: is empty: start with"},
		"only comments": {"# nothing\n\n", "c:1: is empty: start with"},
		"binary":        {"language: de\n\x00\x01\x02", "c:2: holds the control character U+0000"},
		"ELF":           {"\x7fELF\x02\x01", "c:1: holds the control character U+007F"},
		"latin 1":       {"language: de\n# M\xfcnchen\n", "c:2: is not UTF-8"},
		"utf-16":        {"\xff\xfel\x00a\x00", "c:1: is not UTF-8"},
		"huge":          {"# " + strings.Repeat("x", maxConfig), "c:1: is larger than 1024 KiB"},
		"deep":          {"rooms: " + strings.Repeat("[", 10000), "c:1: is nested too deeply"},
		"deep dashes":   {"rooms:\n  " + strings.Repeat("- ", 10000) + "a", "c:2: is nested too deeply"},
		"tab":           {"web:\n\tchat: true\n", "c:2: is not YAML here: found character '\\t' that cannot start any token"},
		"windows":       {"language: de\r\naddress: er\r\n", "c:2: address: write sie or du"},
		"a list":        {"- a\n- b\n", "c:1: must be a section with keys, not a list"},
		"two documents": {"language: de\n---\nlanguage: en\n", "c:2: a configuration is one YAML document"},
		"directive":     {"%YAML 1.2\n---\nlanguage: de\n", "c:1: a configuration is one YAML document"},
		"secret file":   {"store: {url_file: " + filepath.Join(dir, "none") + "}", "c:1: store.url_file: the file cannot be read: no such file or directory"},
		"empty file":    {"store: {url_file: " + write("empty", "\n") + "}", "c:1: store.url_file: the file is empty"},
		"both":          {"store:\n  url: bbolt:x\n  url_file: " + write("url", "bbolt:x") + "\n", "c:3: store.url_file: write either url or url_file, not both"},
	} {
		_, err := ParseConfig("c", []byte(tc.text), environment())
		var faults Faults
		if !errors.As(err, &faults) || len(faults) != 1 || !strings.HasPrefix(faults[0].String(), tc.want) {
			t.Errorf("%s: got\n%v\nwant one fault that begins with\n%s", name, err, tc.want)
		}
	}
}

// TestExampleFile loads config.example.yaml and finds every field of [Config] explained there.
func TestExampleFile(t *testing.T) {
	data, err := os.ReadFile("config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{file: "config.example.yaml", marks: map[any]mark{}, lookup: func(string) (string, bool) { return hidden, true }}
	c := r.config(data)
	if len(r.faults) > 0 {
		t.Fatal(r.faults)
	}
	// These take their value from the key of their section, or are no part of the file.
	given := map[string]bool{
		".Rooms[].Name": true, ".Lines[].Name": true, ".People[].Name": true, ".Roles[].Name": true,
		".Templates[].Format": true, ".Templates[].Milestones[].Name": true, ".Example": true,
	}
	// A field is explained when one of its owners sets it.
	explained := map[string]bool{}
	walkFields(reflect.ValueOf(c).Elem(), "", func(path string, field reflect.Value) {
		explained[path] = explained[path] || given[path] || r.has(field.Addr().Interface())
	})
	for path, ok := range explained {
		if !ok {
			t.Errorf("config.example.yaml does not set Config%s", path)
		}
	}
	if len(explained) < 50 {
		t.Errorf("looked at %d fields only", len(explained))
	}
}

// walkFields visits every field that is read from one value, with a path in which all elements of a list are equal.
func walkFields(v reflect.Value, path string, visit func(string, reflect.Value)) {
	switch {
	case v.Kind() == reflect.Pointer && v.Type() != reflect.TypeFor[*time.Location]() && v.Type() != reflect.TypeFor[*when.Calendar]():
		walkFields(v.Elem(), path, visit)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		for i := range v.Len() {
			walkFields(v.Index(i), path+"[]", visit)
		}
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[Secret]():
		for i := range v.NumField() {
			walkFields(v.Field(i), path+"."+v.Type().Field(i).Name, visit)
		}
	default:
		visit(path, v)
	}
}

// TestNordpumpe loads the built-in example by the way of every other configuration.
func TestNordpumpe(t *testing.T) {
	c, err := ParseConfig("nordpumpe.yaml", nordpumpe, environment())
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Unbuilt(); len(got) > 0 {
		t.Errorf("the example configures what is not built: %v", got)
	}
	if len(c.Rooms) != 3 || !c.Web.Chat || c.Zone.String() != "Europe/Berlin" {
		t.Errorf("got %d rooms, chat %v, zone %v", len(c.Rooms), c.Web.Chat, c.Zone)
	}
	roles := map[string]bool{}
	english := false
	for _, p := range c.People {
		english = english || p.Language == say.English
		for _, r := range p.Roles {
			roles[r] = true
		}
	}
	for _, want := range []string{"lead", "pr", "sales", "social", "staff"} {
		if !roles[want] {
			t.Errorf("nobody in the example has the role %s", want)
		}
	}
	if !english {
		t.Error("nobody in the example speaks English")
	}
}

func TestDefaults(t *testing.T) {
	const rest = "rooms: {pr: {party: pr, web: pr}}\npeople: {ines: {}}\n"
	c, err := ParseConfig("c", []byte("\ufeffaddress: du\n"+rest), environment())
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintln(c.Language, c.Address, c.Zone, c.Listen, c.Web.Chat, c.Store.URL.Reveal())
	if want := "de du Europe/Berlin 127.0.0.1:8080 true bbolt:standleitung.db\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if c.Retention != (Retention{Messages: 400 * day, Cards: 180 * day}) {
		t.Errorf("got the retention %+v", c.Retention)
	}
	c, err = ParseConfig("c", []byte("slack: {bot_token: a, app_token: b}\n"), environment())
	if err != nil {
		t.Fatal(err)
	}
	if c.Web.Chat {
		t.Error("the web chat is on by default beside Slack")
	}
}

// TestRetentionAges: days, hours, for ever, and what is refused.
func TestRetentionAges(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"90d": 90 * day, "1d": day, "36h": 36 * time.Hour, "0": 0, `"0"`: 0, "36500d": 36500 * day,
		"0d": -1, "90": -1, "1h": -1, "15m": -1, "-5d": -1, "1.5d": -1, "36501d": -1, "99999999999d": -1, "d": -1, "always": -1, "010d": -1,
	} {
		c, err := ParseConfig("c", []byte("retention: {messages: "+in+"}\n"), environment())
		switch {
		case want < 0 && (err == nil || !strings.Contains(err.Error(), "c:1: retention.messages: write a number of days such as 90d")):
			t.Errorf("%s: got %v", in, err)
		case want >= 0 && (err != nil || c.Retention.Messages != want):
			t.Errorf("%s: got %v, want %v", in, err, want)
		}
	}
}

func TestVariables(t *testing.T) {
	for in, want := range map[string]string{
		`"${A}"`: "one", `x${A}y${B}z`: "xoneytwoz", `"$${A} ${A}"`: "${A} one", `"${EMPTY}x"`: "x", `$A`: "$A", `"a$b"`: "a$b",
		"|\n   ${A}\n": "one",
	} {
		c, err := ParseConfig("c", []byte("people:\n anna:\n  name: "+in+"\n"), environment("A=one", "B=two", "EMPTY="))
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := c.People[0].FullName; got != want {
			t.Errorf("%s = %q, want %q", in, got, want)
		}
	}
}

func TestSecretFile(t *testing.T) {
	for in, want := range map[string]string{"bbolt:a\n": "bbolt:a", "bbolt:a\r\n": "bbolt:a", "bbolt:a": "bbolt:a", "bbolt:${A}": "bbolt:${A}"} {
		path := filepath.Join(t.TempDir(), "url")
		if err := os.WriteFile(path, []byte(in), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := ParseConfig("c", []byte("store: {url_file: '${FILE}'}"), environment("FILE="+path))
		if err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		if got := c.Store.URL.Reveal(); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestRedaction(t *testing.T) {
	s := NewSecret(hidden)
	c := &Config{Store: StoreConfig{URL: s}, Slack: &SlackConfig{BotToken: s}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb+verb, s, &s, c, struct{ unexported Secret }{s})
	}
	for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
		log.Info("x", "secret", s, "pointer", &s, "config", c)
	}
	if err := json.NewEncoder(&out).Encode(c.Slack); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Contains(text, hidden) || strings.Contains(text, fmt.Sprintf("%x", hidden)) {
		t.Errorf("the secret is shown in %s", text)
	}
	if s.Reveal() != hidden || s.IsZero() || !(Secret{}).IsZero() {
		t.Error("a secret cannot be revealed")
	}
}

func FuzzParseConfig(f *testing.F) {
	files, _ := filepath.Glob("testdata/config/*.txtar")
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(ar.Files[0].Data)
	}
	for _, file := range []string{"config.example.yaml", "nordpumpe.yaml"} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<13 {
			return // the parser takes quadratic time
		}
		c, err := ParseConfig("c", data, func(string) (string, bool) { return hidden, true })
		if (c == nil) == (err == nil) {
			t.Fatalf("got configuration %v and error %v", c, err)
		}
		var faults Faults
		if err != nil && !errors.As(err, &faults) {
			t.Fatalf("got %T, want faults: %v", err, err)
		}
		lines := 1 + bytes.Count(data, []byte("\n"))
		for _, one := range faults {
			if one.Line < 1 || one.Line > lines || one.Text == "" {
				t.Errorf("a fault without its place among %d lines: %+v", lines, one)
			}
			if strings.Contains(one.String(), hidden) {
				t.Errorf("a secret is shown: %s", one)
			}
		}
	})
}
