package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// The admin socket: a file store has one owner, so the commands that read the store of a running server ask that server,
// through a socket beside the store that only the same user may use.

// longestSocket is the longest path that the system takes for a socket, in bytes; the last one is its end mark.
const longestSocket = len(syscall.RawSockaddrUnix{}.Path) - 1

// adminPatience is how long the server waits for a client that does not read on, since it holds a snapshot of the store
// meanwhile.
const adminPatience = time.Minute

// socketPath is where the admin socket of a store is.
func (s StoreConfig) socketPath() string {
	if s.Socket != "" {
		return s.Socket
	}
	_, path, _ := s.Engine() // checked with the configuration
	return path + ".sock"
}

// listenAdmin makes the socket. The store must be open already: then a socket that is left over belongs to nobody.
func listenAdmin(ctx context.Context, path string) (net.Listener, error) {
	if len(path) > longestSocket {
		return nil, fmt.Errorf("admin socket %s: the path has %d bytes and sockets allow %d: write a shorter one, such as /run/standleitung.sock, to store.socket", path, len(path), longestSocket)
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("admin socket: %w", err)
	case info.Mode()&fs.ModeSocket == 0:
		return nil, fmt.Errorf("admin socket %s: there is something else under that name: remove it, or write another path to store.socket", path)
	default:
		if err := removeDead(ctx, path); err != nil {
			return nil, err
		}
	}
	l, err := listenPrivately(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("admin socket %s: %w: where the folder cannot hold sockets, write another path to store.socket", path, err)
	}
	return l, nil
}

// removeDead removes a socket on which nobody listens.
func removeDead(ctx context.Context, path string) error {
	conn, err := dialAdmin(ctx, path)
	if err == nil {
		_ = conn.Close() // nothing was said
		return fmt.Errorf("admin socket %s: another server listens there: stop that one, or write another path to store.socket", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("admin socket %s: %w", path, err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove the admin socket of a server that is gone: %w", err)
	}
	return nil
}

func dialAdmin(ctx context.Context, path string) (net.Conn, error) {
	d := net.Dialer{Timeout: 5 * time.Second}
	return d.DialContext(ctx, "unix", path)
}

// newAdmin makes the server of the admin socket.
func newAdmin(store *bolt.Store, now func() time.Time, log *slog.Logger) *http.Server {
	a := adminServer{store, now, log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /backup", a.backup)
	mux.HandleFunc("GET /export", a.export)
	mux.HandleFunc("GET /verify", a.verify)
	return &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

type adminServer struct {
	store *bolt.Store
	now   func() time.Time
	log   *slog.Logger
}

func (a adminServer) backup(w http.ResponseWriter, r *http.Request) {
	out := a.patient(w)
	n, err := a.store.Backup(r.Context(), out)
	if err == nil {
		a.log.Info("backup written", "bytes", n)
	}
	a.end(r, out, err)
}

func (a adminServer) export(w http.ResponseWriter, r *http.Request) {
	e := exportOf(r.URL.Query())
	if err := e.Check(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out := a.patient(w)
	a.end(r, out, bot.WriteExport(r.Context(), a.store, e, out))
}

func (a adminServer) verify(w http.ResponseWriter, r *http.Request) {
	proof, err := bot.Verify(r.Context(), a.store)
	out := a.patient(w)
	if err == nil {
		err = json.NewEncoder(out).Encode(proof)
	}
	a.end(r, out, err)
}

// end ends an answer. One that has begun and cannot be finished is broken off, so that nobody takes it for whole.
func (a adminServer) end(r *http.Request, out *patient, err error) {
	if err == nil {
		return
	}
	a.log.Warn("an answer on the admin socket was broken off", "path", r.URL.Path, "error", err)
	if out.begun {
		panic(http.ErrAbortHandler)
	}
	http.Error(out.ResponseWriter, err.Error(), http.StatusInternalServerError)
}

// patient writes an answer, each piece within adminPatience.
type patient struct {
	http.ResponseWriter

	control *http.ResponseController
	now     func() time.Time
	begun   bool
}

func (a adminServer) patient(w http.ResponseWriter) *patient {
	return &patient{ResponseWriter: w, control: http.NewResponseController(w), now: a.now}
}

func (p *patient) Write(b []byte) (int, error) {
	p.begun = true
	if err := p.control.SetWriteDeadline(p.now().Add(adminPatience)); err != nil {
		return 0, err
	}
	return p.ResponseWriter.Write(b)
}

// keeper is a store as operators' commands use it: that of a running server, or a file that nobody else has open.
type keeper interface {
	// Backup writes a consistent copy and returns its size in bytes.
	Backup(ctx context.Context, w io.Writer) (int64, error)
	Export(ctx context.Context, e bot.Export, w io.Writer) error
	Verify(ctx context.Context) (*bot.Proof, error)
	Close() error
}

// keeper asks the running server, if there is one, and else opens the store for reading.
func (w world) keeper(ctx context.Context, c *Config, migrations []bot.Migration) (keeper, error) {
	_, path, _ := c.Store.Engine() // checked with the configuration
	running, err := reachServer(ctx, c)
	if err != nil {
		return nil, err
	}
	if running != nil {
		return running, nil
	}
	store, err := bolt.OpenReadOnly(ctx, bolt.Config{Path: path, Now: w.now, Mark: c.mark(), Migrations: migrations})
	switch {
	case errors.Is(err, bolt.ErrLocked):
		return nil, fmt.Errorf("%w: another process uses it, but no server answers at %s", err, c.Store.socketPath())
	case err != nil:
		return nil, explainStore(err, c)
	}
	return stopped{store}, nil
}

// reachServer returns the running server that has the store; nil when none runs.
func reachServer(ctx context.Context, c *Config) (*runningServer, error) {
	path := c.Store.socketPath()
	conn, err := dialAdmin(ctx, path)
	switch {
	case err == nil:
		_ = conn.Close() // it was only to see whether somebody answers
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), len(path) > longestSocket:
		return nil, nil //nolint:nilnil // that none runs is no fault
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("admin socket %s: run this as the user of the server: %w", path, err)
	default:
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	return &runningServer{http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dialAdmin(ctx, path) },
	}}}, nil
}

// runningServer is a keeper behind an admin socket.
type runningServer struct{ client http.Client }

// ask opens an answer of the server.
func (s *runningServer) ask(ctx context.Context, path string, query url.Values) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://standleitung"+path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	res, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the running server: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		words, _ := io.ReadAll(io.LimitReader(res.Body, 4096)) // the status says enough when it fails
		return nil, errors.Join(fmt.Errorf("the running server: %s", strings.TrimSpace(string(words))), res.Body.Close())
	}
	return res.Body, nil
}

// take copies an answer; one that is broken off is an error.
func (s *runningServer) take(ctx context.Context, path string, query url.Values, w io.Writer) (n int64, err error) {
	body, err := s.ask(ctx, path, query)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	n, err = io.Copy(w, body)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return n, errors.New("the server broke off, its log says why")
	}
	return n, err
}

// Backup implements keeper.
func (s *runningServer) Backup(ctx context.Context, w io.Writer) (int64, error) {
	return s.take(ctx, "/backup", nil, w)
}

// Export implements keeper.
func (s *runningServer) Export(ctx context.Context, e bot.Export, w io.Writer) error {
	_, err := s.take(ctx, "/export", queryOf(e), w)
	return err
}

// Verify implements keeper.
func (s *runningServer) Verify(ctx context.Context) (*bot.Proof, error) {
	var text strings.Builder
	if _, err := s.take(ctx, "/verify", nil, &text); err != nil {
		return nil, err
	}
	proof := new(bot.Proof)
	if err := json.Unmarshal([]byte(text.String()), proof); err != nil {
		return nil, fmt.Errorf("the running server is of another version: %w", err)
	}
	return proof, nil
}

// Close implements keeper.
func (s *runningServer) Close() error {
	s.client.CloseIdleConnections()
	return nil
}

func queryOf(e bot.Export) url.Values {
	return url.Values{"kind": e.Kinds, "format": {e.Format}}
}

func exportOf(q url.Values) bot.Export {
	return bot.Export{Kinds: q["kind"], Format: q.Get("format")}
}

// stopped is a keeper on the file itself.
type stopped struct{ *bolt.Store }

// Export implements keeper.
func (s stopped) Export(ctx context.Context, e bot.Export, w io.Writer) error {
	return bot.WriteExport(ctx, s.Store, e, w)
}

// Verify implements keeper.
func (s stopped) Verify(ctx context.Context) (*bot.Proof, error) { return bot.Verify(ctx, s.Store) }
