package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// BenchmarkLine measures the line from Slack to Slack beside a floor in the same run: a bare handler on the same library
// that posts the copy from memory. The program, which has each message on the disk before it acknowledges it, and the
// floor are processes of their own; CPU is theirs alone, user and system, while Slack is played by the benchmark. They
// work in turns, a slice of messages each, so that both meet the same machine. Every route is a room and the one that
// hears it, unless said otherwise. Nothing here fails for being slow. Run it with a fixed number of messages:
//
//	go test . -run '^$' -bench Line -benchtime 4000x -count 5
func BenchmarkLine(b *testing.B) {
	if _, err := cpuOf(os.Getpid()); err != nil {
		b.Skip("the CPU time of a process cannot be read here:", err)
	}
	var ten float64 // CPU per message with ten rooms
	b.Run("rooms=10", func(b *testing.B) { ten = benchCPU(b, pairs(10)) })
	b.Run("rooms=200", func(b *testing.B) {
		if all := benchCPU(b, pairs(200)); ten > 0 {
			b.ReportMetric(all/ten, "xten")
		}
	})
	b.Run("fan=9", func(b *testing.B) { benchCPU(b, fan(9)) })
	for _, rooms := range []int{10, 100} {
		b.Run(fmt.Sprintf("latency=50ms/rooms=%d", rooms), func(b *testing.B) { benchLatency(b, rooms) })
	}
	b.Run("room=limited", func(b *testing.B) { benchIsolation(b, onceASecond()) })
	b.Run("room=hanging", func(b *testing.B) { benchIsolation(b, always(failHang)) })
	b.Run("ack/disk", benchDisk)
	for _, f := range []struct {
		name  string
		fault postFault
	}{
		{"none", nil},
		{"5%=500", sometimes(failStatus(http.StatusInternalServerError))},
		{"5%=refused", sometimes(failCode("internal_error"))},
		{"5%=429", sometimes(failLimited)},
		{"all=503", always(failStatus(http.StatusServiceUnavailable))},
		{"all=reset", always(failReset)},
		{"all=hang", always(failHang)},
	} {
		b.Run("ack/"+f.name, func(b *testing.B) { benchAck(b, f.fault) })
	}
}

// postFault answers a post with a failure, or not.
type postFault = func(w http.ResponseWriter, r *http.Request, channel string, n int) bool

func always(fail func(http.ResponseWriter, *http.Request)) postFault {
	return func(w http.ResponseWriter, r *http.Request, _ string, _ int) bool { fail(w, r); return true }
}

// sometimes is every twentieth time.
func sometimes(fail func(http.ResponseWriter, *http.Request)) postFault {
	return func(w http.ResponseWriter, r *http.Request, _ string, n int) bool {
		if n%20 != 0 {
			return false
		}
		fail(w, r)
		return true
	}
}

// onceASecond lets one post a second pass.
func onceASecond() postFault {
	var mu sync.Mutex
	var last time.Time
	return func(w http.ResponseWriter, r *http.Request, _ string, _ int) bool {
		mu.Lock()
		free := time.Since(last) > time.Second
		if free {
			last = time.Now()
		}
		mu.Unlock()
		if !free {
			failLimited(w, r)
		}
		return !free
	}
}

// route is a channel and those that hear it.
type route struct {
	from string
	to   []string
}

// pairs are n channels, each heard by one other.
func pairs(n int) (routes []route) {
	for i := range n {
		routes = append(routes, route{fmt.Sprintf("C0FROM%04d", i), []string{fmt.Sprintf("C0TO00%04d", i)}})
	}
	return routes
}

// fan is one channel that n others hear.
func fan(n int) []route {
	r := route{from: "C0FROM0000"}
	for i := range n {
		r.to = append(r.to, fmt.Sprintf("C0TO00%04d", i))
	}
	return []route{r}
}

// side is a process with a Slack of its own.
type side struct {
	slack  *benchSlack
	routes []route
	pid    int
	next   atomic.Int64
}

// newFloorSide starts the floor.
func newFloorSide(b *testing.B, routes []route) *side {
	s := &side{slack: newBenchSlack(b), routes: routes}
	args := []string{s.slack.url()}
	for _, r := range routes {
		args = append(args, r.from+"="+strings.Join(r.to, ","))
	}
	s.start(b, 1, 0, exec.Command("line-floor", args...))
	return s
}

// newProgramSide starts the program with a store of its own.
func newProgramSide(b *testing.B, routes []route) *side {
	s := &side{slack: newBenchSlack(b), routes: routes}
	dir := b.TempDir()
	port, err := freePort(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var rooms, lines strings.Builder
	n := 0
	room := func(party, channel string) string {
		n++
		fmt.Fprintf(&rooms, "  r%d: {party: %s, slack: %s}\n", n, party, channel)
		return fmt.Sprintf("r%d", n)
	}
	for i, r := range routes {
		all := []string{room("sales", r.from)}
		for _, channel := range r.to {
			all = append(all, room("pr", channel))
		}
		fmt.Fprintf(&lines, "  l%d: {rooms: [%s]}\n", i, strings.Join(all, ", "))
	}
	config := fmt.Sprintf("listen: 127.0.0.1:%s\nstore: {url: \"bbolt:%s\"}\nslack: {bot_token: xoxb-1, app_token: xapp-1, api_url: %q}\nrooms:\n%slines:\n%s",
		port, filepath.Join(dir, "line.db"), s.slack.url(), rooms.String(), lines.String())
	file := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		b.Fatal(err)
	}
	s.start(b, 2, n, exec.Command("line-program", "--config", file, "--log-level", "error"))
	return s
}

// start runs a process until the benchmark ends, waits until it is connected, and warms it up.
func (s *side) start(b *testing.B, sockets, histories int, command *exec.Cmd) {
	stderr := &bytes.Buffer{}
	command.Stderr = stderr
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	s.pid = command.Process.Pid
	b.Cleanup(func() {
		if os.Getenv(profileTo) != "" {
			_ = command.Process.Signal(syscall.SIGUSR1)
			time.Sleep(300 * time.Millisecond) // the profile is written meanwhile
		}
		_ = command.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(20*time.Second, func() { _ = command.Process.Kill() })
		_ = command.Wait()
		late.Stop()
		s.slack.mu.Lock()
		defer s.slack.mu.Unlock()
		if len(s.slack.wrong) > 0 {
			b.Logf("%s asked for %v, which nobody expected", command.Args[0], s.slack.wrong)
		}
		if b.Failed() {
			b.Logf("%s: %.2000s", command.Args[0], stderr)
		}
	})
	for late := time.After(30 * time.Second); !s.slack.settled(sockets, histories); {
		select {
		case <-late:
			b.Fatalf("%s is not connected: %.2000s", command.Args[0], stderr)
		case <-time.After(5 * time.Millisecond):
		}
	}
	s.rush(b, max(500, len(s.routes)), 10)
	s.slack.takeAcks()
}

// patience is how long a copy may take before the benchmark gives up.
const patience = time.Minute

// rush has n messages said over all routes by so many people, each of whom waits for their copy before they go on. It
// returns how long each took.
func (s *side) rush(b *testing.B, n, people int) (took []time.Duration, all time.Duration) {
	var mu sync.Mutex
	var left atomic.Int64
	left.Store(int64(n))
	var talking sync.WaitGroup
	began := time.Now()
	for person := range people {
		talking.Go(func() {
			for i := person; left.Add(-1) >= 0; i += people {
				one, ok := s.one(b, s.routes[i%len(s.routes)])
				if !ok {
					return
				}
				mu.Lock()
				took = append(took, one)
				mu.Unlock()
			}
		})
	}
	talking.Wait()
	return took, time.Since(began)
}

// one has a message said and waits until its copies are there.
func (s *side) one(b *testing.B, r route) (time.Duration, bool) {
	began := time.Now()
	arrived, err := s.slack.say(r.from, benchKey(s.next.Add(1)), len(r.to))
	if err != nil {
		b.Error(err)
		return 0, false
	}
	select {
	case at := <-arrived:
		return at.Sub(began), true
	case <-time.After(patience):
		b.Errorf("a copy from %s did not arrive", r.from)
		return 0, false
	}
}

// pace has n messages said at a rate a second, whatever comes of them, to the routes in turn. It returns how long those
// took that counts picks, by the number of the route; nil for none.
func (s *side) pace(b *testing.B, n, rate int, counts func(route int) bool) (took []time.Duration) {
	var mu sync.Mutex
	var under sync.WaitGroup
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for i := range n {
		<-tick.C
		r := s.routes[i%len(s.routes)]
		if counts == nil || !counts(i%len(s.routes)) {
			if _, err := s.slack.say(r.from, benchKey(s.next.Add(1)), len(r.to)); err != nil {
				b.Error(err)
			}
			continue
		}
		under.Go(func() {
			if one, ok := s.one(b, r); ok {
				mu.Lock()
				took = append(took, one)
				mu.Unlock()
			}
		})
	}
	under.Wait()
	return took
}

// cpuOf is the CPU time that a process has used, in steps of 10 ms.
func cpuOf(pid int) (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("process %d: no times", pid)
	}
	var ticks int64
	for _, f := range fields[11:13] { // utime and stime: proc(5)
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

func (s *side) cpu(b *testing.B) time.Duration {
	used, err := cpuOf(s.pid)
	if err != nil {
		b.Fatal(err)
	}
	return used
}

// tally is what one side did over all slices.
type tally struct {
	cpu, all time.Duration
	took     []time.Duration
}

func (t *tally) rush(b *testing.B, s *side, n, people int) {
	before := s.cpu(b)
	took, all := s.rush(b, n, people)
	t.cpu, t.all, t.took = t.cpu+s.cpu(b)-before, t.all+all, append(t.took, took...)
}

// copies are those of a message over one of the routes.
func copies(routes []route) float64 { return float64(len(routes[0].to)) }

// benchCPU has ten people talk as fast as the copies come and returns the program's CPU per copy in microseconds.
func benchCPU(b *testing.B, routes []route) float64 {
	floor, program := newFloorSide(b, routes), newProgramSide(b, routes)
	var theirs, ours tally
	const slice = 500
	b.ResetTimer()
	for done := 0; done < b.N; done += slice {
		n := min(slice, b.N-done)
		theirs.rush(b, floor, n, 10)
		ours.rush(b, program, n, 10)
	}
	b.StopTimer()
	n := float64(b.N) * copies(routes)
	micros := func(t tally) float64 { return float64(t.cpu.Microseconds()) / n }
	b.ReportMetric(micros(ours), "cpu-us/copy")
	b.ReportMetric(micros(theirs), "floor-cpu-us/copy")
	b.ReportMetric(micros(ours)/max(micros(theirs), 1), "xfloor-cpu")
	b.ReportMetric(n/ours.all.Seconds(), "copies/s")
	b.ReportMetric(n/theirs.all.Seconds(), "floor-copies/s")
	report(b, "", ours.took)
	report(b, "floor-", theirs.took)
	return micros(ours)
}

// report reports how long things took.
func report(b *testing.B, prefix string, took []time.Duration) {
	b.ReportMetric(percentile(took, 50), prefix+"p50-ms")
	b.ReportMetric(percentile(took, 99), prefix+"p99-ms")
	b.ReportMetric(0, "ns/op") // says nothing here
}

// percentile is in milliseconds; 0 of nothing.
func percentile(took []time.Duration, p int) float64 {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return float64(took[min(len(took)-1, len(took)*p/100)].Microseconds()) / 1000
}

// benchLatency has posts take 50 ms and four people talk in each room, so that a room always has something to post:
// a room's copies go one after the other, so rooms/50 ms is the most that can be done.
func benchLatency(b *testing.B, rooms int) {
	const latency = 50 * time.Millisecond
	routes := pairs(rooms)
	floor, program := newFloorSide(b, routes), newProgramSide(b, routes)
	floor.slack.slow(latency)
	program.slack.slow(latency)
	var theirs, ours tally
	slice := 40 * rooms // two seconds
	done := 0
	b.ResetTimer()
	for done == 0 || done < b.N {
		theirs.rush(b, floor, slice, 4*rooms)
		ours.rush(b, program, slice, 4*rooms)
		done += slice
	}
	b.StopTimer()
	most := float64(rooms) / latency.Seconds()
	b.ReportMetric(float64(done)/ours.all.Seconds(), "copies/s")
	b.ReportMetric(float64(done)/ours.all.Seconds()/most, "xlimit")
	b.ReportMetric(float64(done)/theirs.all.Seconds()/most, "floor-xlimit")
	b.ReportMetric(theirs.all.Seconds()/ours.all.Seconds(), "xfloor")
	b.ReportMetric(0, "ns/op")
}

// benchIsolation has 50 messages a second said in ten rooms, where all is well and where posts to the first one fail, and
// reports how long the copies of the nine others took. Well and ill are processes of their own that work at the same time,
// so that what else the machine does meets both; program and floor take turns, window by window.
func benchIsolation(b *testing.B, fault postFault) {
	routes := pairs(10)
	broken := func(w http.ResponseWriter, r *http.Request, channel string, n int) bool {
		return channel == routes[0].to[0] && fault(w, r, channel, n)
	}
	others := func(route int) bool { return route > 0 }
	kinds := []struct {
		prefix    string
		well, ill *side
		took      [2][]time.Duration
	}{
		{prefix: "", well: newProgramSide(b, routes), ill: newProgramSide(b, routes)},
		{prefix: "floor-", well: newFloorSide(b, routes), ill: newFloorSide(b, routes)},
	}
	for _, k := range kinds {
		k.ill.slack.breaks(broken)
		defer k.ill.slack.breaks(nil)
	}
	const rate, window = 50, 100 // two seconds
	b.ResetTimer()
	for done := 0; done == 0 || done < b.N; done += window {
		for i := range kinds {
			var both sync.WaitGroup
			for n, s := range []*side{kinds[i].well, kinds[i].ill} {
				both.Go(func() { kinds[i].took[n] = append(kinds[i].took[n], s.pace(b, window, rate, others)...) })
			}
			both.Wait()
		}
	}
	b.StopTimer()
	for _, k := range kinds {
		well, ill := percentile(k.took[0], 99), percentile(k.took[1], 99)
		b.ReportMetric(well, k.prefix+"well-p99-ms")
		b.ReportMetric(ill, k.prefix+"p99-ms")
		b.ReportMetric(ill/max(well, 0.001), k.prefix+"xwell")
	}
	b.ReportMetric(0, "ns/op")
}

// benchAck has 100 messages a second said in ten rooms while posts fail, and reports how long the acknowledgements took,
// each of which follows the commit of its message.
func benchAck(b *testing.B, fault postFault) {
	program := newProgramSide(b, pairs(10))
	program.slack.breaks(fault)
	b.ResetTimer()
	program.pace(b, max(b.N, 200), 100, nil)
	b.StopTimer()
	waitFor(b.Context(), 5*time.Second, func() bool {
		program.slack.mu.Lock()
		defer program.slack.mu.Unlock()
		return len(program.slack.sent) == 0
	})
	took, missing := program.slack.takeAcks()
	b.ReportMetric(percentile(took, 50), "ack-p50-ms")
	b.ReportMetric(percentile(took, 99), "ack-p99-ms")
	b.ReportMetric(percentile(took, 100), "ack-max-ms")
	b.ReportMetric(float64(missing), "unacked")
	b.ReportMetric(0, "ns/op")
}

// benchDisk is the floor of benchAck: 100 times a second about what a commit of one message does to the disk, and nothing
// else. It tells the disk's part, and what else the machine has to do.
func benchDisk(b *testing.B) {
	const page, pages = 4096, 12
	f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	write := func(n int, at int64) {
		if _, err := f.WriteAt(make([]byte, n*page), at); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	write(100*pages, 0)
	var took []time.Duration
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	b.ResetTimer()
	for i := range max(b.N, 200) {
		<-tick.C
		began := time.Now()
		write(pages, int64(1+i%90)*pages*page) // the pages, then the one that makes them count
		write(1, 0)
		took = append(took, time.Since(began))
	}
	b.StopTimer()
	b.ReportMetric(percentile(took, 50), "ack-p50-ms")
	b.ReportMetric(percentile(took, 99), "ack-p99-ms")
	b.ReportMetric(percentile(took, 100), "ack-max-ms")
	b.ReportMetric(0, "ns/op")
}

// waitFor looks until something holds, for so long at most.
func waitFor(ctx context.Context, most time.Duration, holds func() bool) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for !holds() && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
}
