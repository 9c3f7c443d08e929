//go:build !unix

package main

import (
	"context"
	"net"
)

// listenPrivately listens on a socket; who may use it is decided by the rights of its folder here.
func listenPrivately(ctx context.Context, path string) (net.Listener, error) {
	var lc net.ListenConfig
	return lc.Listen(ctx, "unix", path)
}
