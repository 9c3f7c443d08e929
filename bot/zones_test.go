package bot

import (
	"testing"
	"time"
)

func TestZonesAreReadOnce(t *testing.T) {
	var z zones
	first := z.named("Europe/Berlin")
	if first == nil || first.String() != "Europe/Berlin" {
		t.Fatalf("named(Europe/Berlin) = %v", first)
	}
	if again := z.named("Europe/Berlin"); again != first {
		t.Error("the zone was read again")
	}
	for _, name := range []string{"", "Europe/Nirgends", "../Berlin"} {
		if zone := z.named(name); zone != nil {
			t.Errorf("named(%q) = %v, want none", name, zone)
		}
	}
	noon := time.Date(2027, 7, 1, 12, 0, 0, 0, time.UTC)
	if _, offset := noon.In(first).Zone(); offset != 2*60*60 {
		t.Errorf("in July Berlin is %d s ahead, want two hours", offset)
	}
}
