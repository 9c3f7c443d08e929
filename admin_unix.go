//go:build unix

package main

import (
	"context"
	"net"
	"syscall"
)

// listenPrivately listens on a socket that only this user may use, from its first moment on.
func listenPrivately(ctx context.Context, path string) (net.Listener, error) {
	// The mask holds for the whole process. What else is made in this moment gets less open than wanted, not more.
	before := syscall.Umask(0o177)
	defer syscall.Umask(before)
	var lc net.ListenConfig
	return lc.Listen(ctx, "unix", path)
}
