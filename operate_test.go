package main_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestBackupUnderLoad backs up a server while people write, again and again, stops it with SIGTERM under the same load,
// and restores. Every message that was accepted before a backup began is in it; every one that was accepted at all is in
// the store; both are proven; and the stop takes less than ten seconds.
func TestBackupUnderLoad(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	p := newProgram(ctx, t, killConfig)
	p.start(ctx, t)
	p.waitUntilReady(ctx, t)

	crowd := newCrowd(ctx, t, p.address)
	var before []string
	for n := range 4 {
		pause(ctx, 250*time.Millisecond)
		before = crowd.accepted()
		out := p.run(ctx, t, "backup", fmt.Sprintf("backup-%d.db", n))
		if !strings.Contains(out, "examined") {
			t.Errorf("backup: %s", out)
		}
		if out := p.run(ctx, t, "verify"); !strings.Contains(out, "no faults") {
			t.Errorf("verify: %s", out)
		}
	}
	pause(ctx, 250*time.Millisecond)
	began := time.Now()
	p.terminate(t)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("SIGTERM under load: it took %v to stop", took)
	} else {
		t.Logf("stopped under load within %v", took)
	}
	all := crowd.leave()
	if missing := without(all, p.exported(ctx, t)); len(missing) > 0 {
		t.Errorf("%d of %d accepted messages are lost, such as %q", len(missing), len(all), missing[0])
	}
	p.run(ctx, t, "restore", "backup-3.db", "--force")
	if out := p.run(ctx, t, "verify"); !strings.Contains(out, "no faults") {
		t.Errorf("verify after restore: %s", out)
	}
	restored := p.exported(ctx, t)
	if missing := without(before, restored); len(missing) > 0 {
		t.Errorf("%d of %d messages that were accepted before the backup are not in it, such as %q", len(missing), len(before), missing[0])
	}
	t.Logf("%d accepted before the last backup, %d restored, %d in all", len(before), len(restored), len(all))
	if len(before) < 10 {
		t.Error("too little load to prove anything")
	}
	p.start(ctx, t)
	p.waitUntilReady(ctx, t)
	p.terminate(t)
	if parts, _ := filepath.Glob(filepath.Join(p.dir, ".*.part")); len(parts) > 0 {
		t.Errorf("left behind: %q", parts)
	}
}

// run runs a command of the program, which must succeed, and returns what it said.
func (p *program) run(ctx context.Context, t *testing.T, args ...string) string {
	t.Helper()
	command := exec.CommandContext(ctx, p.binary, args...)
	command.Dir = p.dir
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", args[0], err, out)
	}
	return string(out)
}

// exported are the texts of all topics, as the export tells them.
func (p *program) exported(ctx context.Context, t *testing.T) (texts []string) {
	t.Helper()
	for line := range strings.Lines(p.run(ctx, t, "export", "--kind", "topics", "--format", "csv")) {
		if cells := strings.Split(line, ","); cells[0] != "ref" {
			texts = append(texts, cells[2])
		}
	}
	return texts
}

// without are the texts that are not among others.
func without(texts, others []string) []string {
	there := map[string]bool{}
	for _, o := range others {
		there[o] = true
	}
	return slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return there[s] })
}

// crowd are people who write until the server is gone.
type crowd struct {
	stop    chan struct{}
	writing sync.WaitGroup
	mu      sync.Mutex
	texts   []string
}

func newCrowd(ctx context.Context, t *testing.T, address string) *crowd {
	c := &crowd{stop: make(chan struct{})}
	ctx, cancel := context.WithCancel(ctx)
	go func() { <-c.stop; cancel() }()
	for i, person := range []string{"ines", "mara", "emma", "jan", "kim"} {
		w := &writer{t: t, address: address, person: person, place: "direct", random: rand.New(rand.NewPCG(1, uint64(i)))}
		c.writing.Go(func() {
			for n := 1; ctx.Err() == nil; n++ {
				text := words(person, n)
				if !w.suggest(ctx, fmt.Sprintf("%s-%08d", person, n), text) {
					return
				}
				c.mu.Lock()
				c.texts = append(c.texts, text)
				c.mu.Unlock()
				pause(ctx, time.Duration(w.random.IntN(15))*time.Millisecond)
			}
		})
	}
	return c
}

// accepted are the texts that were accepted so far.
func (c *crowd) accepted() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.texts)
}

// leave sends everybody home and returns what was accepted in all.
func (c *crowd) leave() []string {
	close(c.stop)
	c.writing.Wait()
	return c.accepted()
}

// TestReady measures how long the built-in example takes from its start until it is ready: it is what an operator waits
// for at every restart.
func TestReady(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p := newProgram(ctx, t, killConfig)
	var took []time.Duration
	for range 5 {
		began := time.Now()
		p.start(ctx, t)
		for !p.isReady(ctx) {
			if ctx.Err() != nil {
				t.Fatal("it never was ready")
			}
			pause(ctx, time.Millisecond)
		}
		took = append(took, time.Since(began))
		p.terminate(t)
	}
	slices.Sort(took)
	t.Logf("from start to ready: %v in the middle, %v at most", took[len(took)/2], took[len(took)-1])
	if took[len(took)/2] > time.Second {
		t.Errorf("it takes %v until it is ready", took[len(took)/2])
	}
	if _, err := os.Stat(filepath.Join(p.dir, "store.db.sock")); err == nil {
		t.Error("the admin socket is left after a clean stop")
	}
}

// isReady asks once whether the program is ready.
func (p *program) isReady(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/readyz", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close() // only the status is asked for
	return res.StatusCode == http.StatusOK
}
