// Standleitung joins the chats of the people who speak for a company. This package holds what sees every room of the
// program: flags, configuration, wiring and signals. Where to read on: bot/doc.go has the words and the path of a
// message.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"standleitung/adapters/slack"
	"standleitung/adapters/teams"
)

// nordpumpe is the configuration of the built-in example.
//
//go:embed nordpumpe.yaml
var nordpumpe []byte

// Exit codes of the program.
const (
	exitOK    = 0
	exitFault = 1
	exitUsage = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Once the first signal has asked to stop, the next one ends the program at once, as if nobody listened.
	context.AfterFunc(ctx, stop)
	w := world{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		lookup: os.LookupEnv, now: time.Now,
	}
	os.Exit(w.run(ctx, os.Args[1:]))
}

// world is everything outside that the program touches, so that tests can give it another one.
type world struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	lookup         func(name string) (string, bool) // the environment
	now            func() time.Time
	// sparing reads a configuration without the platforms' secrets; see [LoadStoreConfig].
	sparing bool
}

// commandLine is what can be typed; the fields' tags make the help.
type commandLine struct {
	Config    string     `short:"c" placeholder:"FILE" help:"The configuration. Without it config.yaml is read if there is one; else the built-in example runs."`
	LogLevel  slog.Level `default:"info" placeholder:"LEVEL" help:"The least level that is logged: debug, info, warn or error."`
	LogFormat string     `default:"auto" enum:"auto,text,json" placeholder:"FORMAT" help:"How logs are written to stderr: text or json; auto is text on a terminal, else json."`

	Serve    serveCommand     `cmd:"" default:"withargs" help:"Run until a signal to stop (the default)."`
	Check    checkCommand     `cmd:"" help:"Tell all faults of the configuration."`
	Manifest manifestCommands `cmd:"" help:"Write the manifest of the app for a platform."`
	Backup   backupCommand    `cmd:"" help:"Write a consistent copy of the store, of a running server or of a stopped one."`
	Restore  restoreCommand   `cmd:"" help:"Put a backup in the place of the store."`
	Export   exportCommand    `cmd:"" help:"Write records to stdout."`
	Verify   verifyCommand    `cmd:"" help:"Prove the chain of the log and the indexes of the store."`
	Try      tryCommands      `cmd:"" help:"Try the hard parts by themselves."`
	Version  versionCommand   `cmd:"" help:"Tell version, commit and Go version."`
}

// run runs one command line and returns the exit code.
func (w world) run(ctx context.Context, args []string) int {
	var cli commandLine
	exit := -1 // kong asks to exit after --help; it goes on when that returns
	parser, err := kong.New(&cli,
		kong.Name("standleitung"),
		kong.Description("A line between the people who speak for a company, in the chats where they work."),
		kong.Writers(w.stdout, w.stderr),
		kong.Exit(func(code int) { exit = code }),
		kong.UsageOnError(),
	)
	if err != nil {
		fmt.Fprintln(w.stderr, "standleitung:", err)
		return exitFault
	}
	chosen, err := parser.Parse(args)
	switch {
	case exit >= 0:
		return exit
	case err != nil:
		fmt.Fprintf(w.stderr, "standleitung: %v\nTry: standleitung --help\n", err)
		return exitUsage
	}
	chosen.BindTo(ctx, (*context.Context)(nil))
	if err := chosen.Run(&cli, w); err != nil {
		w.explain(err)
		return exitFault
	}
	return exitOK
}

// explain tells the operator what went wrong: faults of the configuration a line each, all else in one line.
func (w world) explain(err error) {
	var faults Faults
	if errors.As(err, &faults) {
		fmt.Fprintln(w.stderr, faults)
		return
	}
	fmt.Fprintln(w.stderr, "standleitung:", err)
}

// defaultConfig is read when no other file is named and it exists.
const defaultConfig = "config.yaml"

// load reads the configuration, or the built-in example when there is none; name is what to call it.
func (w world) load(file string) (c *Config, name string, err error) {
	if file == "" {
		if _, err := os.Stat(defaultConfig); errors.Is(err, fs.ErrNotExist) {
			c, err = ParseConfig("nordpumpe.yaml", nordpumpe, w.lookup)
			if err == nil {
				c.Example = true
			}
			return c, "the built-in example", err
		}
		file = defaultConfig
	}
	if w.sparing {
		c, err = LoadStoreConfig(file, w.lookup)
	} else {
		c, err = LoadConfig(file, w.lookup)
	}
	return c, file, err
}

// logger makes the program's log.
func (w world) logger(cli *commandLine) *slog.Logger {
	options := &slog.HandlerOptions{Level: cli.LogLevel}
	if cli.LogFormat == "text" || cli.LogFormat == "auto" && isTerminal(w.stderr) {
		return slog.New(slog.NewTextHandler(w.stderr, options))
	}
	return slog.New(slog.NewJSONHandler(w.stderr, options))
}

// isTerminal reports whether somebody may be watching.
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

type checkCommand struct {
	Online bool `help:"Try the credentials at the platforms, too."`
}

// Run implements check.
func (check checkCommand) Run(ctx context.Context, cli *commandLine, w world) error {
	c, name, err := w.load(cli.Config)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "%s: no faults\n", name)
	for _, part := range c.Unbuilt() {
		fmt.Fprintf(w.stdout, "%s: %s: this version of the program does not have it yet\n", name, part)
	}
	if check.Online {
		return w.checkOnline(ctx, c)
	}
	return nil
}

// errMissing is returned when a platform does not give what the configuration needs; what, stands on stdout.
var errMissing = errors.New("something is missing: see above")

// checkOnline tries the credentials of the platforms.
func (w world) checkOnline(ctx context.Context, c *Config) error {
	if c.Slack == nil && c.Teams == nil {
		fmt.Fprintln(w.stdout, "there is no platform to ask")
		return nil
	}
	log := slog.New(slog.DiscardHandler)
	allFine := true
	if c.Slack != nil {
		fine, err := slack.Check(ctx, slackConfig(c, w.now, log, nil), w.stdout)
		if err != nil {
			return err
		}
		allFine = fine
	}
	if c.Teams != nil {
		fine, err := teams.Check(ctx, teamsConfig(c, w.now, log, nil), w.stdout)
		if err != nil {
			return err
		}
		allFine = allFine && fine
	}
	if !allFine {
		return errMissing
	}
	return nil
}

type versionCommand struct{}

// Run implements version.
func (versionCommand) Run(w world) error {
	b := readBuild()
	_, err := fmt.Fprintf(w.stdout, "standleitung %s, commit %s, %s\n", b.version, b.commit, b.goVersion)
	return err
}

// build says what the running program was made of.
type build struct{ version, commit, goVersion string }

func readBuild() build {
	b := build{"(unknown)", "(unknown)", "(unknown)"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.version, b.goVersion = info.Main.Version, info.GoVersion
	dirty := ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				dirty = " with changes"
			}
		}
	}
	b.commit += dirty
	return b
}
