// Package faketest has what the fakes of all platforms share: [Acts] let one that runs in a process of its own be ordered about by
// a test, where an act is called by its name over HTTP, with its arguments and its result in JSON; [Await] looks at one until it
// shows what it should. It knows no platform.
package faketest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
)

// maxBody is how long the arguments of an act may be, in bytes.
const maxBody = 64 << 20

// Acts are what a fake can be told to do: functions by name. What they take and their first result can be written as JSON; a
// second one is not told.
type Acts map[string]any

// Serve carries out POST <anything>/<name>, whose body is a JSON array of the arguments; empty for none. It answers with the
// result, null for none; 404 when there is no such act, 400 and why when it cannot be called like this.
func (a Acts) Serve(w http.ResponseWriter, r *http.Request, name string) {
	f, ok := a[name]
	if !ok || r.Method != http.MethodPost {
		http.Error(w, "no such act", http.StatusNotFound)
		return
	}
	result, err := call(f, http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(result) // the test has gone when this fails
}

// call calls a function with what a body says and returns its first result, nil if it has none.
func call(f any, body io.Reader) (any, error) {
	var args []json.RawMessage
	if err := json.NewDecoder(body).Decode(&args); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	v := reflect.ValueOf(f)
	if len(args) != v.Type().NumIn() {
		return nil, fmt.Errorf("%d arguments, want %d", len(args), v.Type().NumIn())
	}
	in := make([]reflect.Value, len(args))
	for i, raw := range args {
		arg := reflect.New(v.Type().In(i))
		if err := json.Unmarshal(raw, arg.Interface()); err != nil {
			return nil, fmt.Errorf("argument %d: %w", i, err)
		}
		in[i] = arg.Elem()
	}
	out := v.Call(in)
	if len(out) == 0 {
		return nil, nil //nolint:nilnil // a function without a result
	}
	return out[0].Interface(), nil
}

// Remote orders acts of a fake in another process, which serves them below URL/control.
type Remote struct {
	URL    string
	Client *http.Client // nil for the usual one
}

// Do calls an act. What it returns lands in result, unless that is nil. It blocks as long as the act takes, within ctx.
func (r Remote) Do(ctx context.Context, result any, act string, args ...any) error {
	if err := r.do(ctx, result, act, args); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return nil
}

func (r Remote) do(ctx context.Context, result any, act string, args []any) error {
	if args == nil {
		args = []any{}
	}
	body, err := json.Marshal(args)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL+"/control/"+act, bytes.NewReader(body))
	if err != nil {
		return err
	}
	client := r.Client
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1000))
		return errors.New(string(bytes.TrimSpace(text)))
	}
	if result == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(result)
}
