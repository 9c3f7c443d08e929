package teamstest_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"standleitung/adapters/teams/teamstest"
)

// TestMain runs the tests or, as a child, a fake or a bot that takes everything.
func TestMain(m *testing.M) {
	switch os.Getenv("TEAMSTEST_CHILD") {
	case "fake":
		fake, err := teamstest.New(teamstest.Config{})
		if err != nil {
			panic(err)
		}
		fmt.Println(fake.URL)
		select {}
	case "bot":
		l, err := net.Listen("tcp", os.Getenv("TEAMSTEST_ADDRESS"))
		if err != nil {
			panic(err)
		}
		fmt.Println("ready")
		panic(http.Serve(l, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			fmt.Println("heard")
			if os.Getenv("TEAMSTEST_DEAF") != "" {
				select {}
			}
		})))
	}
	goleak.VerifyTestMain(m)
}

// child starts this test binary as something else.
func child(t *testing.T, env ...string) (*exec.Cmd, *bufio.Scanner) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the child said nothing")
	}
	return cmd, lines
}

// TestRemote orders everything from another process.
func TestRemote(t *testing.T) {
	_, lines := child(t, "TEAMSTEST_CHILD=fake")
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	r := teamstest.Remote{URL: lines.Text(), Client: client}
	do := func(result any, method string, args ...any) {
		t.Helper()
		if err := r.Do(t.Context(), result, method, args...); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	do(nil, "SetEndpoint", server.URL)
	var ines teamstest.User
	do(&ines, "AddUser", teamstest.User{Name: "Ines Albrecht"})
	var room teamstest.Conversation
	do(&room, "AddConversation", teamstest.Conversation{Name: "PR", Members: []string{ines.ID}})
	var act teamstest.Act
	do(&act, "Say", teamstest.Speech{By: ines.ID, At: room.ID, Text: "aus der Ferne"})
	var seen []teamstest.Seen
	do(&seen, "Shown", room.ID, ines.ID)
	if !act.Acked || len(seen) != 1 || seen[0].Text != "aus der Ferne" {
		t.Errorf("act %+v, seen %+v", act, seen)
	}
	do(nil, "Fault", teamstest.Fault{Call: "token", Status: 500})
	do(nil, "Advance", 60)
	do(nil, "Forge", teamstest.Expired)
	do(&act, "Again")
	var breaches []teamstest.Breach
	if do(&breaches, "Breaches"); len(breaches) != 1 {
		t.Errorf("breaches = %v", breaches)
	}
	for _, err := range []error{r.Do(t.Context(), nil, "Nothing"), r.Do(t.Context(), nil, "Say"), r.Do(t.Context(), nil, "Say", 1)} {
		if err == nil {
			t.Error("an order that makes no sense was carried out")
		}
	}
}

// TestBotsComeAndGo kills a bot with something unacknowledged: the fake lives on and delivers it to the next one.
func TestBotsComeAndGo(t *testing.T) {
	w := newTown(t, teamstest.Config{Times: teamstest.Times{Retries: []time.Duration{time.Minute}}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	w.SetEndpoint("http://" + address)
	first, heard := child(t, "TEAMSTEST_CHILD=bot", "TEAMSTEST_ADDRESS="+address, "TEAMSTEST_DEAF=yes")
	act := make(chan teamstest.Act, 1)
	go func() { act <- w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, Text: "nicht verlieren"}) }()
	if !heard.Scan() {
		t.Fatal("the bot heard nothing")
	}
	_ = first.Process.Kill()
	_ = first.Wait()
	if a := <-act; a.Acked || a.Reason != "connection" {
		t.Errorf("a killed bot acknowledged: %+v", a)
	}
	_, heard = child(t, "TEAMSTEST_CHILD=bot", "TEAMSTEST_ADDRESS="+address)
	w.Advance(time.Minute)
	if !heard.Scan() || !w.AwaitSettled(patience) || w.Retrying() != 0 {
		t.Error("the next bot heard nothing")
	}
	got := w.Delivered()
	if len(got) != 2 || got[0]["id"] != got[1]["id"] {
		t.Errorf("delivered %v, want the same twice", got)
	}
}
