package main

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"os"

	"standleitung/adapters/teams"
	"standleitung/bot"
)

type teamsManifest struct {
	Out string `default:"standleitung-teams.zip" placeholder:"FILE.zip" help:"Write the package there (default: ${default})."`
}

// Run implements manifest teams.
func (m *teamsManifest) Run(cli *commandLine, w world) error {
	c, _, err := w.load(cli.Config)
	if err != nil {
		return err
	}
	if c.Teams == nil || c.Teams.AppID == "" {
		return errors.New("teams.app_id is missing: the package names the bot by it; see docs/teams.md")
	}
	files, err := teams.Package(teams.ManifestConfig{
		AppID: c.Teams.AppID, URL: cmp.Or(c.PublicURL, exampleURL), Language: c.Language, Shortcuts: bot.Shortcuts(),
		Menu: bot.Menu(teams.MostCommands), Version: readBuild().version,
	})
	if err != nil {
		return fmt.Errorf("make the package: %w", err)
	}
	if err := writePackage(m.Out, files); err != nil {
		return fmt.Errorf("write the package: %w", err)
	}
	fmt.Fprintf(w.stdout, "%s: upload it in the Teams admin centre, under Manage apps\n", m.Out)
	return nil
}

// writePackage writes a zip file. One that is there is replaced when the new one is complete.
func writePackage(name string, files []teams.File) error {
	temporary := name + ".part"
	out, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644) //nolint:gosec // nothing in it is secret, and others upload it
	if err != nil {
		return err
	}
	z := zip.NewWriter(out)
	for _, f := range files {
		part, err2 := z.Create(f.Name)
		if err2 == nil {
			_, err2 = part.Write(f.Data)
		}
		err = errors.Join(err, err2)
	}
	if err = errors.Join(err, z.Close(), out.Sync(), out.Close()); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return os.Rename(temporary, name)
}
