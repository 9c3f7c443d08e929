//go:build unix

package bolt_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if runChild() {
		return
	}
	goleak.VerifyTestMain(m)
}

// children are programs that the test binary is when it is started again by one of its tests: what is tested ends
// the process. The first argument chooses one.
var children = map[string]func(path string) error{
	"crash":         writeUntilKilled,
	"fault in unit": faultInUnit,
	"fault in view": faultInView,
	"disk":          fillDisk,
	"permission":    openForbidden,
}

// childVariable names the child to be, childPath its file.
const (
	childVariable = "STORE_TEST_CHILD"
	childPath     = "STORE_TEST_PATH"
)

// runChild runs the child that the environment asks for.
func runChild() (ran bool) {
	run := children[os.Getenv(childVariable)]
	if run == nil {
		return false
	}
	if err := run(os.Getenv(childPath)); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
	return true
}

func child(t *testing.T, name, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+name, childPath+"="+path, "GOTRACEBACK=single")
	return cmd
}
