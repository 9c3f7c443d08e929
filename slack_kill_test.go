package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"standleitung/adapters/slack/slacktest"
)

// slackKills is how often the program is killed in each way in.
const slackKills = 20

const slackKillConfig = `
listen: %%s
store: {url: "bbolt:store.db"}
slack: {bot_token: %s, %s, api_url: "%s/api/"}
rooms:
  sales: {party: sales, slack: %s}
  pr: {party: pr, slack: %s}
lines:
  main: {rooms: [sales, pr]}
`

// TestKillSlack kills the program at a fake Slack, again and again, without a warning, while somebody writes. The fake is a
// process of its own: it outlives the program and counts. In the end every message has crossed the line once, or once more and
// then marked as a possible repetition.
func TestKillSlack(t *testing.T) {
	for _, way := range []string{"sockets", "http"} {
		t.Run(way, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			killSlack(ctx, t, way == "http")
		})
	}
}

func killSlack(ctx context.Context, t *testing.T, overHTTP bool) {
	p := newProgram(ctx, t, "listen: %s\n")
	c := slacktest.Config{Times: slacktest.Times{Ack: time.Second, Retries: []time.Duration{0, 100 * time.Millisecond, 500 * time.Millisecond}}}
	if overHTTP {
		c.RequestURL = "http://" + p.address + "/slack/events"
	}
	fake, c := startFake(ctx, t, c)
	mara := ordered[slacktest.User](ctx, t, fake, "AddUser", slacktest.User{Name: "mara", RealName: "Mara Lindner"})
	members := []string{mara.ID, slacktest.BotUser}
	sales := ordered[slacktest.Channel](ctx, t, fake, "AddChannel", slacktest.Channel{Name: "vertrieb", Members: members})
	press := ordered[slacktest.Channel](ctx, t, fake, "AddChannel", slacktest.Channel{Name: "presse", Members: members})
	way := "app_token: " + c.AppToken
	if overHTTP {
		way = "signing_secret: " + c.SigningSecret
	}
	p.configure(t, fmt.Sprintf(slackKillConfig, c.BotToken, way, fake.URL, sales.ID, press.ID))

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	p.start(ctx, t)
	p.waitUntilReady(ctx, t)
	marked := func() bool { return ordered[int](ctx, t, fake, "Calls", "conversations.history") >= 2 }
	for !marked() { // from here on nothing may be missing
		pause(ctx, 10*time.Millisecond)
	}

	// A post has arrived a while before its answer does: many a kill meets one whose fate nobody knows.
	slow := slacktest.Fault{Method: "chat.postMessage", Times: -1, Slow: 30 * time.Millisecond, After: true}
	if err := fake.Do(ctx, nil, "Fault", slow); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var talking sync.WaitGroup
	written := 0
	talking.Go(func() {
		for ; ; written++ {
			select {
			case <-stop:
				return
			case <-time.After(40 * time.Millisecond):
			}
			text := fmt.Sprintf("Nachricht N%05d.", written)
			talking.Go(func() {
				if err := fake.Do(ctx, nil, "Say", slacktest.Speech{By: mara.ID, Channel: sales.ID, Text: text}); err != nil {
					t.Error(err)
				}
			})
		}
	})
	for range slackKills {
		pause(ctx, time.Duration(random.IntN(700))*time.Millisecond)
		p.kill(t)
		p.start(ctx, t)
	}
	close(stop)
	talking.Wait()

	calm := time.Now()
	once, again := map[string]int{}, map[string]int{}
	for len(once) < written && time.Since(calm) < time.Minute && ctx.Err() == nil {
		pause(ctx, 50*time.Millisecond)
		once, again = numbers(ordered[[]slacktest.Seen](ctx, t, fake, "Shown", press.ID, mara.ID))
	}
	calmed := time.Since(calm)
	p.terminate(t)
	repeated := 0
	for i := range written {
		n := fmt.Sprintf("N%05d", i)
		repeated += again[n]
		if once[n]+min(again[n], 1) == 0 || once[n] > 1 || again[n] > 1 {
			t.Errorf("%s crossed %d times, and %d times marked as a repetition", n, once[n], again[n])
		}
	}
	t.Logf("%d kills: %d messages, each crossed; %d once more, marked; all there %v after the last start", slackKills, written, repeated, calmed)
	if written < 5*slackKills {
		t.Errorf("only %d messages: too little load to prove anything", written)
	}
	for _, b := range ordered[[]slacktest.Breach](ctx, t, fake, "Breaches") {
		t.Errorf("slack was treated badly: %v", b)
	}
}

var number = regexp.MustCompile(`N\d{5}`)

// numbers counts the numbers that messages of the bot show, apart for those marked as possible repetitions.
func numbers(all []slacktest.Seen) (once, again map[string]int) {
	once, again = map[string]int{}, map[string]int{}
	for _, m := range all {
		into := once
		if strings.Contains(m.Text, "vielleicht schon einmal angekommen") {
			into = again
		}
		for _, n := range number.FindAllString(m.Text, -1) {
			into[n]++
		}
	}
	return once, again
}

// ordered has the fake do something and returns what it says.
func ordered[T any](ctx context.Context, t *testing.T, fake slacktest.Remote, method string, args ...any) T {
	t.Helper()
	var result T
	if err := fake.Do(ctx, &result, method, args...); err != nil {
		t.Fatal(err)
	}
	return result
}

// fakeSlack is the variable with the configuration of the fake, in the process that is one.
const fakeSlack = "STANDLEITUNG_TEST_FAKE_SLACK"

// startFake starts a fake Slack as a process of its own, from this test's binary, and returns it with its tokens.
func startFake(ctx context.Context, t *testing.T, c slacktest.Config) (slacktest.Remote, slacktest.Config) {
	t.Helper()
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(context.WithoutCancel(ctx), os.Args[0], "-test.run=^TestFakeSlackProcess$")
	command.Env = append(os.Environ(), fakeSlack+"="+string(raw))
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // it ends when nobody listens any more
		_, _ = io.Copy(io.Discard, stdout)
		if err := command.Wait(); err != nil {
			t.Errorf("the fake ended with %v", err)
		}
	})
	var started struct {
		URL    string
		Config slacktest.Config
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(line, &started); err != nil {
		t.Fatalf("the fake says %q: %v", line, err)
	}
	return slacktest.Remote{URL: started.URL}, started.Config
}

// TestFakeSlackProcess is the fake Slack of other tests when it runs in a process of its own, until its input ends; else it
// has nothing to do.
func TestFakeSlackProcess(t *testing.T) {
	raw, ok := os.LookupEnv(fakeSlack)
	if !ok {
		return
	}
	var c slacktest.Config
	if err := json.Unmarshal([]byte(raw), &c); err != nil {
		t.Fatal(err)
	}
	fake, err := slacktest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer fake.Close()
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"URL": fake.URL, "Config": fake.Config()}); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}
