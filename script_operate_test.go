package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// operateCmds are the words of scripts for operators' commands.
var operateCmds = map[string]func(*testscript.TestScript, bool, []string){
	"mode": mode, "nothing": nothing, "kept": kept, "says": says, "flip": flip, "sealed": sealed,
}

// full is the program on a disk on which files cannot grow beyond a limit: full BYTES [ARG…].
func full() {
	limit, err := strconv.ParseUint(os.Args[1], 10, 64)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitUsage)
	}
	signal.Ignore(syscall.SIGXFSZ) // with it the write returns an error
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitUsage)
	}
	os.Args = append(os.Args[:1], os.Args[2:]...)
	main()
}

// mode checks the rights of a file: mode FILE OCTAL.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode FILE OCTAL")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has the mode %s, want %s", args[0], got, args[1])
	}
}

// nothing checks that no file has a name of a pattern: nothing PATTERN.
func nothing(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: nothing PATTERN")
	}
	found, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(found) > 0 {
		ts.Fatalf("left behind: %q", found)
	}
}

// kept checks that exactly one file has a name of a pattern, with the content of another: kept PATTERN FILE.
func kept(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: kept PATTERN FILE")
	}
	found, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("found %q, want one", found)
	}
	if ts.ReadFile(found[0]) != ts.ReadFile(args[1]) {
		ts.Fatalf("%s is not %s", found[0], args[1])
	}
}

// says writes a message into the chat: says PERSON PLACE TURN TEXT.
func says(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: says PERSON PLACE TURN TEXT")
	}
	body, err := json.Marshal(map[string]string{"person": args[0], "place": args[1], "id": "script-" + args[2], "text": args[3]})
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://127.0.0.1:"+ts.Getenv("PORT")+"/chat/say", bytes.NewReader(body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	ts.Check(res.Body.Close())
	if res.StatusCode != http.StatusOK {
		ts.Fatalf("answer %d", res.StatusCode)
	}
}

// flip replaces a text everywhere in a file by another of the same length: flip FILE OLD NEW.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 || len(args[1]) != len(args[2]) {
		ts.Fatalf("usage: flip FILE OLD NEW")
	}
	data := ts.ReadFile(args[0])
	if !strings.Contains(data, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(data, args[1], args[2])), 0o600))
}

// sealed waits until so many entries of the log are sealed: sealed CONFIG COUNT.
func sealed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sealed CONFIG COUNT")
	}
	for until := time.Now().Add(20 * time.Second); ; {
		ts.Check(ts.Exec("standleitung", "verify", "--config", args[0]))
		if strings.Contains(ts.ReadFile("stdout"), "log: "+args[1]+" sealed, 0 not sealed") {
			return
		}
		if time.Now().After(until) {
			ts.Fatalf("not sealed: %s", ts.ReadFile("stdout"))
		}
		time.Sleep(50 * time.Millisecond)
	}
}
