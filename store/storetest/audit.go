package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"standleitung/bot"
)

// auditCases guard that an engine can be proven whole.
var auditCases = []testcase{
	{"whole", "Audit tells every record with its entries, in order, and finds no fault in what units left behind", func(e *env) {
		e.put("b", "a\x01", "gone")
		e.do(func(tx bot.Tx) error {
			return errors.Join(
				tx.Delete("k", "gone"),
				tx.Put("j", "1", []byte("old"), []bot.Entry{{Index: "i", Value: "was"}}),
				tx.Put("j", "1", []byte("new"), []bot.Entry{{Index: "i", Value: "y"}, {Index: "h", Value: "z"}, {Index: "i", Value: "x"}, {Index: "i", Value: "y"}}))
		})
		e.enqueue("sent", "1", "2", "3")
		e.enqueue("parked", "4")
		e.enqueue("later", "5", "6")
		for _, row := range e.take("1", "4", "5") {
			switch row.Lane {
			case "sent":
				e.settle(row, bot.Settlement{})
			case "parked":
				e.settle(row, bot.Settlement{State: bot.RowParked, Reason: "refused"})
			default:
				e.settle(row, bot.Settlement{State: bot.RowUnknown, Due: noon.Add(time.Hour)})
			}
		}
		want := []string{
			`j 1 new [{h z} {i x} {i y}]`, "k a\x01 a\x01 []", `k b b []`,
		}
		if got := audit(e); !slices.Equal(got, want) {
			e.Errorf("Audit() told %q, want %q", got, want)
		}
		e.again()
		if got := audit(e); !slices.Equal(got, want) {
			e.Errorf("Audit() after opening again told %q, want %q", got, want)
		}
	}},
	{"stop", "Audit ends with the error of the function that it calls", func(e *env) {
		e.put("a", "b")
		seen := 0
		err := e.Store.(bot.Auditor).Audit(e.Context(), func(bot.Stored) error { seen++; return errUndo }, func(string) {})
		if !errors.Is(err, errUndo) || seen != 1 {
			e.Errorf("Audit() = %v after %d records, want the error after the first", err, seen)
		}
	}},
}

// audit goes through the store, which must be in order.
func audit(e *env) (told []string) {
	e.Helper()
	auditor, ok := e.Store.(bot.Auditor)
	if !ok {
		e.Fatal("the store is no Auditor")
	}
	err := auditor.Audit(e.Context(), func(s bot.Stored) error {
		told = append(told, fmt.Sprintf("%s %s %s %v", s.Kind, s.Key, s.Value, s.Entries))
		return nil
	}, func(words string) { e.Errorf("Audit() found a fault: %s", words) })
	if err != nil {
		e.Fatalf("Audit() = %v, want nil", err)
	}
	return told
}
