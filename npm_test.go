package main_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// npmPatience is how long npm may take to install: a slow line and a cold machine, not a dead one.
const npmPatience = 5 * time.Minute

// npmTools returns a folder with node_modules as testdata/npm/package-lock.json pins them: Microsoft's own tools, which
// are not ours to pass on. They are installed once per machine and lockfile, among the caches of the user, without
// running scripts of theirs.
func npmTools(t *testing.T) string {
	t.Helper()
	folder, err := installedTools()
	if err != nil {
		t.Fatalf("the tests for Teams run tools of Microsoft's: %v", err)
	}
	return folder
}

// installedTools installs the tools, or says for ever why that is impossible. Processes that come at the same time install
// each for itself, and the first one's stays: there is no lock that a killed one could leave behind.
var installedTools = sync.OnceValues(func() (string, error) {
	caches, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder to keep them in: %w", err)
	}
	lock, err := os.ReadFile("testdata/npm/package-lock.json")
	if err != nil {
		return "", err
	}
	folder := filepath.Join(caches, "standleitung-tests", fmt.Sprintf("npm-%.6x", sha256.Sum256(lock)))
	if complete(folder) {
		return folder, nil
	}
	half := fmt.Sprintf("%s-%d", folder, os.Getpid()) // on the same disk, so that it can be renamed
	if err := errors.Join(os.RemoveAll(half), os.MkdirAll(half, 0o700)); err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(half) }()
	if err := npmInstall(half); err != nil {
		return "", err
	}
	if err := os.Rename(half, folder); err != nil && !complete(folder) {
		return "", err
	}
	return folder, nil
})

// complete says whether everything is in the folder: it gets its name when it is.
func complete(folder string) bool {
	info, err := os.Stat(folder)
	return err == nil && info.IsDir()
}

// npmInstall installs what the lockfile pins.
func npmInstall(folder string) error {
	for _, command := range []string{"node", "npm"} {
		if _, err := exec.LookPath(command); err != nil {
			return fmt.Errorf("%s is missing, which .ci/test installs: %w", command, err)
		}
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		data, err := os.ReadFile(filepath.Join("testdata/npm", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), data, 0o600)
		}
		if err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), npmPatience)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier",
		"--fetch-timeout=60000", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000") // milliseconds
	npm.Dir = folder
	npm.WaitDelay = time.Second
	if out, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci, which needs a network once: %w\n%s", err, out)
	}
	return nil
}

// node makes a command that runs a script of testdata/npm in the folder of Microsoft's tools.
func node(ctx context.Context, t *testing.T, script string, args ...string) *exec.Cmd {
	t.Helper()
	folder := npmTools(t)
	path, err := filepath.Abs(filepath.Join("testdata/npm", script))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(ctx, "node", append([]string{path}, args...)...)
	c.Dir = folder
	return c
}
