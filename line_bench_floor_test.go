package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// lineFloor is the least that carries a line between Slack's channels, as a process of its own: a bare handler on the same
// library acknowledges at once and posts the copy from memory, in order by channel, again after a failure. Nothing is
// kept; what it holds is lost when it ends. Its arguments are the API and the routes, "C1=C2,C3".
func lineFloor() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost, transport.MaxIdleConns = 512, 512
	f := &floorBot{
		api: slack.New("xoxb-1", slack.OptionAppLevelToken("xapp-1"), slack.OptionAPIURL(os.Args[1]),
			slack.OptionHTTPClient(&http.Client{Transport: transport})),
		routes: map[string][]string{}, queues: map[string]chan floorCopy{}, names: map[string]string{},
	}
	for _, route := range os.Args[2:] {
		from, to, _ := strings.Cut(route, "=")
		f.routes[from] = strings.Split(to, ",")
	}
	profiled()
	client := socketmode.New(f.api)
	go func() {
		for e := range client.Events {
			if e.Type == socketmode.EventTypeEventsAPI {
				_ = client.Ack(*e.Request)
				f.take(ctx, e.Data.(slackevents.EventsAPIEvent))
			}
		}
	}()
	if err := client.RunContext(ctx); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(exitFault)
	}
}

type floorBot struct {
	api    *slack.Client
	routes map[string][]string
	queues map[string]chan floorCopy
	mu     sync.Mutex
	names  map[string]string
}

type floorCopy struct{ author, text string }

// take passes a message on to the channels that hear it.
func (f *floorBot) take(ctx context.Context, e slackevents.EventsAPIEvent) {
	m, ok := e.InnerEvent.Data.(*slackevents.MessageEvent)
	if !ok || m.SubType != "" || m.BotID != "" {
		return
	}
	for _, channel := range f.routes[m.Channel] {
		queue := f.queues[channel]
		if queue == nil {
			queue = make(chan floorCopy, 1<<16)
			f.queues[channel] = queue
			go f.post(ctx, channel, queue)
		}
		queue <- floorCopy{f.name(ctx, m.User), m.Text}
	}
}

// name is what somebody is called; asked once.
func (f *floorBot) name(ctx context.Context, id string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.names[id] == "" {
		if u, err := f.api.GetUserInfoContext(ctx, id); err == nil {
			f.names[id] = u.RealName
		}
	}
	return f.names[id]
}

// post posts what waits for a channel.
func (f *floorBot) post(ctx context.Context, channel string, queue <-chan floorCopy) {
	for c := range queue {
		for {
			_, _, err := f.api.PostMessageContext(ctx, channel, slack.MsgOptionText(c.text, false), slack.MsgOptionUsername(c.author))
			if err == nil || ctx.Err() != nil {
				break
			}
			pause := 100 * time.Millisecond
			var limited *slack.RateLimitedError
			if errors.As(err, &limited) {
				pause = limited.RetryAfter
			}
			time.Sleep(pause)
		}
	}
}

// lineProgram is the program itself, as a process that can be profiled.
func lineProgram() {
	profiled()
	main()
}

// profileTo is the environment variable that names the folder for a CPU profile of each process.
const profileTo = "LINE_BENCH_PROFILE"

// profiled writes a CPU profile until SIGUSR1 ends it, where the environment asks for one.
func profiled() {
	dir := os.Getenv(profileTo)
	if dir == "" {
		return
	}
	out, err := os.CreateTemp(dir, os.Args[0]+"-*.pprof")
	if err != nil || pprof.StartCPUProfile(out) != nil {
		fmt.Fprintln(os.Stderr, "no profile:", err)
		return
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGUSR1)
	go func() {
		<-end
		pprof.StopCPUProfile()
		_ = out.Close()
	}()
}
