package faketest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"standleitung/adapters/faketest"
)

type speech struct{ By, Text string }

// far serves acts as a fake does, and orders them as a test in another process does.
func far(t *testing.T, acts faketest.Acts) faketest.Remote {
	mux := http.NewServeMux()
	mux.HandleFunc("/control/{act}", func(w http.ResponseWriter, r *http.Request) { acts.Serve(w, r, r.PathValue("act")) })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return faketest.Remote{URL: s.URL, Client: s.Client()}
}

func TestActsAreCalledByName(t *testing.T) {
	healed := 0
	r := far(t, faketest.Acts{
		"Say":  func(s speech, times int) (string, error) { return strings.Repeat(s.By+": "+s.Text+" ", times), nil },
		"Heal": func() { healed++ },
	})
	var got string
	if err := r.Do(t.Context(), &got, "Say", speech{"mara", "<hallo>"}, 2); err != nil || got != "mara: <hallo> mara: <hallo> " {
		t.Errorf("Say = %q, %v", got, err)
	}
	if err := r.Do(t.Context(), nil, "Heal"); err != nil || healed != 1 {
		t.Errorf("Heal = %v, called %d times", err, healed)
	}
}

// What cannot be called fails, and says by its name what it was.
func TestActsThatCannotBeCalled(t *testing.T) {
	r := far(t, faketest.Acts{"Say": func(speech) { t.Error("it was called") }})
	for _, c := range []struct {
		act  string
		args []any
		want string
	}{
		{"Shout", nil, "Shout: no such act"},
		{"Say", nil, "Say: 0 arguments, want 1"},
		{"Say", []any{speech{}, 2}, "Say: 2 arguments, want 1"},
		{"Say", []any{"mara"}, "Say: argument 0: "},
		{"Say", []any{make(chan int)}, "Say: json: unsupported type"},
	} {
		if err := r.Do(t.Context(), nil, c.act, c.args...); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s(%v) = %v, want %q", c.act, c.args, err, c.want)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodPut} {
		req, err := http.NewRequestWithContext(t.Context(), method, r.URL+"/control/Say", strings.NewReader("[]"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := r.Client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s = %d, want 404: only POST acts", method, resp.StatusCode)
		}
	}
	for _, body := range []string{"{}", "[", `"x"`} {
		resp, err := r.Client.Post(r.URL+"/control/Say", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s = %d, want 400", body, resp.StatusCode)
		}
	}
}

// Await looks at once, again until something holds, and a last time when it is too late.
func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		after := func(n int) func() bool {
			looks = 0
			return func() bool {
				time.Sleep(10 * time.Millisecond) // a look takes a while
				looks++
				return looks > n
			}
		}
		for _, c := range []struct {
			n    int
			want bool
			took time.Duration
		}{
			{0, true, 10 * time.Millisecond},
			{3, true, 160 * time.Millisecond}, // four looks, and three rests of four times as long
			{1000, false, time.Second + 10*time.Millisecond},
		} {
			began := time.Now()
			if got := faketest.Await(time.Second, after(c.n)); got != c.want || time.Since(began) != c.took {
				t.Errorf("%d looks in vain: %v after %v, want %v after %v", c.n, got, time.Since(began), c.want, c.took)
			}
		}
	})
}
