package main

import (
	"cmp"
	"fmt"

	"standleitung/adapters/slack"
	"standleitung/bot"
)

type manifestCommands struct {
	Slack slackManifest `cmd:"" help:"Slack: YAML, to be pasted at api.slack.com/apps."`
	Teams teamsManifest `cmd:"" help:"Teams: a package to be uploaded in the Teams admin centre."`
}

type slackManifest struct{}

// exampleURL stands where the address belongs at which the program is reached.
const exampleURL = "https://standleitung.example.com"

// Run implements manifest slack. Without an app token in the configuration the app is one for HTTP mode.
func (slackManifest) Run(cli *commandLine, w world) error {
	c, _, err := w.load(cli.Config)
	if err != nil {
		return err
	}
	m := slack.ManifestConfig{Language: c.Language, Slashes: bot.Slashes(), Shortcuts: bot.Shortcuts()}
	if c.Slack != nil && c.Slack.AppToken.Reveal() == "" {
		m.URL = cmp.Or(c.PublicURL, exampleURL)
	}
	fmt.Fprint(w.stdout, slack.Manifest(m))
	return nil
}
