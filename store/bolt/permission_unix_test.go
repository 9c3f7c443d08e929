//go:build unix

package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"standleitung/store/bolt"
)

// openForbidden says what opening a file without permission comes to.
func openForbidden(path string) error {
	_, err := bolt.Open(context.Background(), config(path))
	if !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("open without permission: %w, want fs.ErrPermission", err)
	}
	fmt.Println(err)
	return nil
}

// TestOpenWithoutPermission opens files as somebody who may not; root always may, and becomes nobody for it.
func TestOpenWithoutPermission(t *testing.T) {
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	inside := filepath.Join(closed, "store.db")
	unreadable := filepath.Join(t.TempDir(), "store.db")
	if err := os.WriteFile(unreadable, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(unreadable, 0), os.Chmod(closed, 0o500)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{unreadable, inside} {
		cmd := child(t, "permission", path)
		if os.Geteuid() == 0 {
			cmd.Path, cmd.Dir = "/proc/self/exe", "/"
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "may not read and write") {
			t.Errorf("Open(%s) = %s (%v), want words on the permission", path, out, err)
		}
	}
}
