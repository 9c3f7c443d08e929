package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"standleitung/adapters/slack"
	"standleitung/adapters/teams"
	"standleitung/adapters/web"
	"standleitung/bot"
	"standleitung/bot/say"
	"standleitung/schedules"
	"standleitung/store/bolt"
)

// stopTime is how long a clean stop may take. After it the program ends as it stands, which loses nothing: what was
// accepted is durable, and what was being sent is looked up or repeated at the next start.
const stopTime = 10 * time.Second

// heapGrowth is how far the heap may grow before garbage is collected, in percent of what is in use: four times Go's default.
// Little is in use, for the records stay in the file: a busy line was seen to hold 37 MB instead of the 25 with twice the default,
// and to spend 3 % of its CPU on collecting instead of 7.
const heapGrowth = 400

// spareCollector sets it, unless the operator chose another value with GOGC.
func spareCollector() {
	if set := debug.SetGCPercent(heapGrowth); set != 100 {
		debug.SetGCPercent(set)
	}
}

// exampleMark marks the stores that the built-in example made: invented people must not meet real ones.
const exampleMark = "example"

type serveCommand struct {
	Listen string `placeholder:"HOST:PORT" help:"Listen there instead of where the configuration says."`
}

// Run implements serve.
func (s *serveCommand) Run(ctx context.Context, cli *commandLine, w world) error {
	spareCollector()
	c, name, err := w.load(cli.Config)
	if err != nil {
		return err
	}
	if s.Listen != "" {
		if err := c.listenOn(s.Listen); err != nil {
			return fmt.Errorf("--listen: %w", err)
		}
	}
	log := w.logger(cli)
	if err := refuseUnbuilt(c, name, log); err != nil {
		return err
	}
	// The address first: who starts the program twice should hear of the port, and the store stays untouched.
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", c.Listen)
	if wasStopped(ctx, err) {
		return nil
	} else if err != nil {
		return explainListen(c.Listen, err)
	}
	defer listener.Close() //nolint:errcheck // the server closes it; this is for the ways out before
	h, err := newHouse(ctx, c, w, log)
	if wasStopped(ctx, err) {
		return nil
	} else if err != nil {
		return err
	}
	return h.serve(ctx, listener, w)
}

// wasStopped reports whether a start failed only because the program was told to stop meanwhile: that is no fault.
func wasStopped(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, context.Canceled)
}

// listenOn has the program listen somewhere else, under the same conditions as the configuration.
func (c *Config) listenOn(address string) error {
	listen, err := parseListen(address)
	if err != nil {
		return err
	}
	if c.Teams != nil && c.Teams.InsecureDev && !isLoopback(listen) {
		return errors.New("without authentication only 127.0.0.1:PORT is allowed")
	}
	if c.Web.Chat {
		if err := web.CheckListen(listen); err != nil {
			return err
		}
	}
	c.Listen = listen
	return nil
}

// refuseUnbuilt fails when a platform or an engine is configured that this version does not have, rather than run
// without it, and says what else will have no effect.
func refuseUnbuilt(c *Config, name string, log *slog.Logger) error {
	engine, _, _ := c.Store.Engine()
	if engine != Bolt {
		return fmt.Errorf("%s: this version of the program cannot run with %s yet: remove it, or use a later version",
			name, strings.Join(c.Unbuilt(), ", "))
	}
	if parts := c.Unbuilt(); len(parts) > 0 {
		log.Warn("configured, but this version does not have it yet", "parts", parts)
	}
	return nil
}

// explainListen says what to do when the address cannot be had.
func explainListen(address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use by another program, perhaps by standleitung itself: stop that one, or choose another port with --listen, or with listen in config.yaml", address)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s may not be used by this user: write a port above 1023 to listen in config.yaml", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is no address of this machine: correct listen in config.yaml", address)
	}
	return fmt.Errorf("listen on %s: %w", address, err)
}

// house is the whole program, wired.
type house struct {
	config   *Config
	log      *slog.Logger
	store    bot.Store
	admin    *http.Server
	socket   net.Listener // of admin
	adapters []bot.Adapter
	bot      *bot.Bot
	jobs     *schedules.Runner
	routes   http.Handler
}

// newHouse opens the store and wires the rooms. Nothing runs yet; serve closes the store.
func newHouse(ctx context.Context, c *Config, w world, log *slog.Logger) (*house, error) {
	h := &house{config: c, log: log}
	store, err := openStore(ctx, c, w, log)
	if err != nil {
		return nil, err
	}
	m := newMetrics(store)
	h.store = timedStore{store, m, w.now}
	if err := h.wire(w, m); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	h.admin = newAdmin(store, w.now, log)
	if h.socket, err = listenAdmin(ctx, c.Store.socketPath()); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return h, nil
}

func openStore(ctx context.Context, c *Config, w world, log *slog.Logger) (*bolt.Store, error) {
	_, path, err := c.Store.Engine()
	if err != nil {
		return nil, err
	}
	store, err := bolt.Open(ctx, bolt.Config{Path: path, Now: w.now, Log: log, Mark: c.mark(), Migrations: bot.Migrations()})
	if errors.Is(err, bolt.ErrLocked) {
		return nil, fmt.Errorf("%w: stop that one, or write another file to store.url", err)
	}
	if err != nil {
		return nil, explainStore(err, c)
	}
	return store, nil
}

// mark is that of the store that belongs to a configuration.
func (c *Config) mark() string {
	if c.Example {
		return exampleMark
	}
	return ""
}

// explainStore says what to do when a store is that of somebody else.
func explainStore(err error, c *Config) error {
	switch {
	case errors.Is(err, bolt.ErrMark) && c.Example:
		return fmt.Errorf("%w: it belongs to a configuration, and the built-in example does not touch it: name that with --config, or start the example in another folder", err)
	case errors.Is(err, bolt.ErrMark):
		return fmt.Errorf("%w: it holds the invented people of the built-in example: write another file to store.url", err)
	}
	return err
}

// wire makes the adapters, the core and the routes.
func (h *house) wire(w world, m *metrics) error {
	c := h.config
	front := http.HandlerFunc(frontPage)
	var chat http.Handler = front
	if c.Web.Chat {
		adapter, err := web.New(chatConfig(c, w.now, h.log))
		if err != nil {
			return err
		}
		h.adapters = append(h.adapters, adapter)
		chat = adapter.Routes()
	}
	platforms := map[string]http.Handler{}
	if c.Slack != nil {
		sc := slackConfig(c, w.now, h.log, m.observe)
		sc.Home = func(ctx context.Context, who bot.Identity) (bot.Card, say.Voice, error) { return h.bot.Desk(ctx, who) }
		adapter, err := slack.New(sc)
		if err != nil {
			return err
		}
		h.adapters = append(h.adapters, adapter)
		if c.Slack.AppToken.Reveal() == "" {
			platforms["/slack/"] = adapter.Routes()
		}
	}
	if c.Teams != nil {
		adapter, err := teams.New(teamsConfig(c, w.now, h.log, m.observe))
		if err != nil {
			return err
		}
		h.adapters = append(h.adapters, adapter)
		platforms["/api/messages"] = adapter.Routes()
	}
	var err error
	h.bot, err = bot.New(bot.Config{
		Store: h.store, Adapters: h.adapters, Rooms: coreRooms(c), Lines: coreLines(c), People: coreMembers(c),
		RoomRoles: coreRoomRoles(c), Organisation: c.Organisation,
		Voice: say.Voice{Language: c.Language, Address: c.Address}, Zone: c.Zone, Calendar: c.Holidays,
		Reminders: coreReminders(c), Briefing: coreBriefing(c),
		Retention: bot.Retention{Messages: c.Retention.Messages, Cards: c.Retention.Cards},
		Now:       w.now, Log: h.log, Observe: m.observe,
	})
	if err != nil {
		return err
	}
	h.jobs, err = schedules.New(schedules.Config{Jobs: schedules.Jobs(h.bot), Zone: c.Zone, Now: w.now, Log: h.log})
	if err != nil {
		return err
	}
	h.routes = routes(chat, platforms, newHealth(h.store, h.adapters), m)
	return nil
}

// slackConfig is what the adapter of Slack needs of the configuration.
func slackConfig(c *Config, now func() time.Time, log *slog.Logger, observe func(bot.Observation)) slack.Config {
	sc := slack.Config{
		BotToken: c.Slack.BotToken.Reveal(), AppToken: c.Slack.AppToken.Reveal(), SigningSecret: c.Slack.SigningSecret.Reveal(),
		APIURL: c.Slack.APIURL, Slashes: map[string]string{}, Observe: observe, Log: log, Now: now,
	}
	gives := coreRoomRoles(c)
	for _, r := range c.Rooms {
		if r.Slack != "" {
			sc.Rooms = append(sc.Rooms, r.Slack)
			if gives[r.Name] != 0 {
				sc.Following = append(sc.Following, r.Slack)
			}
		}
	}
	for _, p := range c.People {
		_, domain, _ := strings.Cut(strings.ToLower(p.Email), "@")
		switch {
		case p.Slack != "":
			sc.People = append(sc.People, bot.Identity{Adapter: slack.Name, ID: p.Slack})
		case slices.Contains(c.Organisation, domain):
			sc.People = append(sc.People, bot.Identity{Adapter: slack.Name, Email: p.Email})
		}
	}
	for _, s := range bot.Slashes() {
		sc.Slashes[s.Command] = s.Verb
	}
	return sc
}

// chatConfig is what the web chat needs of the configuration.
func chatConfig(c *Config, now func() time.Time, log *slog.Logger) web.Config {
	wc := web.Config{Now: now, Log: log}
	if _, path, err := c.Store.Engine(); err == nil {
		wc.Files = path + ".files" // beside the store: the two belong together
	}
	if c.Example {
		wc.Scene = exampleScene()
	}
	parties := map[string]bool{}
	for _, r := range c.Rooms {
		parties[r.Party] = true
		if r.Web != "" {
			wc.Rooms = append(wc.Rooms, web.Room{ID: r.Web, Party: r.Party, Hears: hears(c, r.Name)})
		}
	}
	for _, m := range coreMembers(c) {
		p := web.Person{ID: m.ID, Name: m.Name, Language: cmp.Or(m.Voice.Language, c.Language), Address: cmp.Or(m.Voice.Address, c.Address)}
		p.Title = m.Roles.Say(say.Voice{Language: p.Language})
		for _, name := range bot.RoleNames() {
			if role, _ := bot.ParseRole(name); m.Roles&role != 0 && parties[name] {
				p.Party = name
			}
		}
		wc.People = append(wc.People, p)
	}
	return wc
}

// teamsConfig is what the adapter of Teams needs of the configuration.
func teamsConfig(c *Config, now func() time.Time, log *slog.Logger, observe func(bot.Observation)) teams.Config {
	tc := teams.Config{
		AppID: c.Teams.AppID, AppPassword: c.Teams.AppPassword.Reveal(), TenantID: c.Teams.TenantID, TokenTenant: c.Teams.TokenTenant,
		LoginURL: c.Teams.LoginURL, OpenIDURL: c.Teams.OpenIDURL, ServiceURL: c.Teams.ServiceURL, GraphURL: c.Teams.GraphURL,
		GraphLag:     c.Teams.GraphLag,
		ServiceHosts: c.Teams.ServiceHosts,
		InsecureDev:  c.Teams.InsecureDev, Voice: say.Voice{Language: c.Language, Address: c.Address}, Observe: observe, Log: log, Now: now,
	}
	for _, r := range c.Rooms {
		if r.Teams != "" {
			tc.Rooms = append(tc.Rooms, r.Teams)
		}
	}
	return tc
}

// coreRooms are the rooms as the core knows them.
func coreRooms(c *Config) []bot.Room {
	var rooms []bot.Room
	for _, r := range c.Rooms {
		switch {
		case r.Web != "":
			rooms = append(rooms, bot.Room{Name: r.Name, Party: r.Party, Place: web.RoomPlace(r.Web)})
		case r.Slack != "":
			rooms = append(rooms, bot.Room{Name: r.Name, Party: r.Party, Place: slack.RoomPlace(r.Slack)})
		case r.Teams != "":
			rooms = append(rooms, bot.Room{Name: r.Name, Party: r.Party, Place: teams.RoomPlace(r.Teams)})
		}
	}
	return rooms
}

// coreReminders say when milestones remind; nil for the defaults.
func coreReminders(c *Config) *bot.Reminders {
	if c.Reminders == nil {
		return nil
	}
	return &bot.Reminders{Before: c.Reminders.Before, At: c.Reminders.At, Budget: c.Reminders.Budget}
}

// coreBriefing says when the briefing is sent, and to whom; nil for the defaults. Without anybody named it goes to the
// lead.
func coreBriefing(c *Config) *bot.Briefing {
	if c.Briefing == nil {
		return nil
	}
	b := bot.DefaultBriefing()
	b.At = c.Briefing.At
	if len(c.Briefing.To) > 0 {
		b.To = c.Briefing.To
	}
	return &b
}

// coreLines are the lines as the core knows them.
func coreLines(c *Config) []bot.Line {
	var lines []bot.Line
	for _, l := range c.Lines {
		lines = append(lines, bot.Line{Name: l.Name, Rooms: l.Rooms, Mode: bot.LineMode(l.Mode), Guard: l.Guard})
	}
	return lines
}

// hears are the rooms that get what is written in a room, by their names.
func hears(c *Config, room string) []string {
	var names []string
	for _, l := range c.Lines {
		if l.Mode == string(bot.Forward) || !slices.Contains(l.Rooms, room) {
			continue
		}
		for _, other := range l.Rooms {
			if other != room && !slices.Contains(names, other) {
				names = append(names, other)
			}
		}
	}
	return names
}

// coreRoomRoles are the roles that the people in a room have, by its name.
func coreRoomRoles(c *Config) map[string]bot.Roles {
	roles := map[string]bot.Roles{}
	for _, grant := range c.Roles {
		role, _ := bot.ParseRole(grant.Name) // checked with the configuration
		for _, room := range grant.Rooms {
			roles[room] |= role
		}
	}
	return roles
}

// coreMembers are the people as the core knows them, with the roles that the roles section gives them.
func coreMembers(c *Config) []bot.Member {
	var members []bot.Member
	for _, p := range c.People {
		m := bot.Member{
			ID: p.Name, Name: p.FullName, Email: p.Email, Zone: p.Zone,
			Voice: say.Voice{Language: p.Language, Address: p.Address},
		}
		names := slices.Clone(p.Roles)
		for _, g := range c.Roles {
			if slices.Contains(g.People, p.Name) {
				names = append(names, g.Name)
			}
		}
		for _, name := range names {
			role, _ := bot.ParseRole(name) // checked with the configuration
			m.Roles |= role
		}
		if c.Web.Chat {
			m.Identities = append(m.Identities, bot.Identity{Adapter: web.Name, ID: p.Name, Name: p.FullName, Email: p.Email})
		}
		if c.Slack != nil && p.Slack != "" {
			m.Identities = append(m.Identities, bot.Identity{Adapter: slack.Name, ID: p.Slack, Name: p.FullName, Email: p.Email})
		}
		if c.Teams != nil && p.Teams != "" {
			m.Identities = append(m.Identities, bot.Identity{Adapter: teams.Name, ID: p.Teams, Name: p.FullName, Email: p.Email})
		}
		members = append(members, m)
	}
	return members
}

// serve runs everything until ctx ends, then stops it in order: adapters, outbox, server, store.
func (h *house) serve(ctx context.Context, listener net.Listener, w world) error {
	server := newServer(h.routes, h.log)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	served := make(chan error, 1)
	go func() {
		served <- server.Serve(listener)
		cancel() // without the server there is nothing to run for
	}()
	go func() {
		if err := h.admin.Serve(h.socket); !errors.Is(err, http.ErrServerClosed) {
			h.log.Error("the admin socket does not work any more: restart before the next backup", "error", err)
		}
	}()
	h.announce(w, listener.Addr())

	ran := make(chan error, 1)
	go func() { ran <- h.run(ctx) }()
	<-ctx.Done()
	h.log.Info("stopping")
	ended := make(chan error, 1)
	go func() { ended <- h.stop(server, served, ran) }()
	select {
	case err := <-ended:
		h.log.Info("stopped")
		return err
	case <-time.After(stopTime):
		return fmt.Errorf("not everything stopped within %v; nothing that was accepted is lost", stopTime)
	}
}

// run runs the core and the jobs until ctx ends.
func (h *house) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var jobs sync.WaitGroup
	jobs.Go(func() { h.jobs.Run(ctx) })
	err := h.bot.Run(ctx)
	cancel()
	jobs.Wait()
	return err
}

// stop waits for the adapters and the outbox, then ends the server and closes the store. Operators' commands that are
// under way are broken off.
func (h *house) stop(server *http.Server, served, ran <-chan error) error {
	err := errors.Join(h.admin.Close(), <-ran)
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	err = errors.Join(err, server.Shutdown(ctx))
	if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return errors.Join(err, h.store.Close())
}

// announce tells where to go. It is the one line on stdout, so that scripts can wait for it.
func (h *house) announce(w world, listens net.Addr) {
	address := cmp.Or(h.config.PublicURL, "http://"+listens.String())
	text := say.T("Standleitung läuft: {address} (beenden mit Strg+C)", "Standleitung is running: {address} (stop with Ctrl+C)")
	if h.config.Example {
		text = say.T("Standleitung läuft mit dem eingebauten Beispiel: {address} (beenden mit Strg+C)",
			"Standleitung is running with the built-in example: {address} (stop with Ctrl+C)")
	}
	fmt.Fprintln(w.stdout, text.In(say.Voice{Language: h.config.Language}, "address", address))
	h.log.Info("running", "listen", listens.String(), "example", h.config.Example, "version", readBuild().version)
}
