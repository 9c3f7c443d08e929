package teamstest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
)

// invoke calls a function with arguments in JSON and returns its first result, nil if it has none.
func invoke(f any, args []json.RawMessage) (any, error) {
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

// Remote orders acts of a fake in another process, by the names of the methods of [Server]. Its URL is the fake's.
type Remote struct {
	URL    string
	Client *http.Client // nil for the usual one
}

// Do calls a method of the fake. What it returns lands in result, unless that is nil.
func (r Remote) Do(ctx context.Context, result any, method string, args ...any) error {
	if args == nil {
		args = []any{}
	}
	body, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL+"/control/"+method, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	client := r.Client
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1000))
		return fmt.Errorf("%s: %s", method, bytes.TrimSpace(text))
	}
	if result == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(result)
}
