package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTeamsManifest: the package that the program makes is one that Teams accepts, whatever the company speaks.
func TestTeamsManifest(t *testing.T) {
	prog := newProgram(t.Context(), t, teamsConfig)
	config, err := os.ReadFile(filepath.Join(prog.dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"de", "en"} {
		if err := os.WriteFile(filepath.Join(prog.dir, language+".yaml"), append([]byte("language: "+language), config...), 0o600); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(prog.dir, language+".zip")
		c := exec.CommandContext(t.Context(), prog.binary, "manifest", "teams", "--config", language+".yaml", "--out", out)
		c.Dir = prog.dir
		if got, err := c.CombinedOutput(); err != nil {
			t.Fatalf("manifest teams: %v\n%s", err, got)
		}
		validateTeamsPackage(t, out)
		files, err := unzip(out)
		if err != nil {
			t.Fatal(err)
		}
		manifest := string(files["manifest.json"])
		for _, want := range []string{
			"6b0a2f1e-5d7c-4f0e-9c53-0d4f3a1b2c3d", `"personal"`, `"team"`, `"groupChat"`,
			"ChannelMessage.Read.Group", "ChatMessage.Read.Chat", "thema", "topic",
		} {
			if !strings.Contains(manifest, want) {
				t.Errorf("%s: the manifest has no %s", language, want)
			}
		}
	}
}
