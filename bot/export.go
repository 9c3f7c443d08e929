package bot

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Export is what to export, and how.
type Export struct {
	// Kinds are public names of [ExportKinds]; empty means all that are not secret.
	Kinds []string
	// Format is "jsonl", the stored records a line each, or "csv", a table with a header: of one kind only.
	Format string
}

// ExportKinds are the kinds that can be exported, in the order of an export without names. secret lists those
// among them that must be named.
func ExportKinds() (names, secret []string) {
	for _, row := range kindTable() {
		if row.name == "" {
			continue
		}
		names = append(names, row.name)
		if row.secret {
			secret = append(secret, row.name)
		}
	}
	return names, secret
}

// Check says what is wrong with a request, in words for an operator.
func (e Export) Check() error {
	names, secret := ExportKinds()
	for i, kind := range e.Kinds {
		if !slices.Contains(names, kind) {
			return fmt.Errorf("there is no kind %q: known are %s", shorten(kind, 40), strings.Join(names, ", "))
		}
		if slices.Contains(e.Kinds[:i], kind) {
			return fmt.Errorf("the kind %s is named twice", kind)
		}
	}
	switch {
	case e.Format != "jsonl" && e.Format != "csv":
		return fmt.Errorf("there is no format %q: known are jsonl, csv", shorten(e.Format, 40))
	case e.Format == "csv" && len(e.Kinds) != 1:
		return fmt.Errorf("a csv is one table: name one kind of %s (%s only when named)", strings.Join(names, ", "), strings.Join(secret, ", "))
	}
	return nil
}

// WriteExport writes what was asked for from one snapshot of the store, records ordered by kind and key. It holds one
// record at a time in memory, and no unit of work up.
func WriteExport(ctx context.Context, s Store, e Export, out io.Writer) error {
	if err := e.Check(); err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	err := s.View(ctx, func(r Reader) error {
		for _, row := range kindTable() {
			if row.name == "" || len(e.Kinds) == 0 && row.secret || len(e.Kinds) > 0 && !slices.Contains(e.Kinds, row.name) {
				continue
			}
			write := row.jsonl
			if e.Format == "csv" {
				write = row.csv
			}
			if err := write(ctx, r, w); err != nil {
				return fmt.Errorf("export %s: %w", row.name, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

// each yields every record of the kind, in the order of the keys.
func (row *kindRow) each(ctx context.Context, r Reader, do func(value []byte) error) error {
	for found, err := range r.Scan(Query{Kind: row.kind}) {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = do(found.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// jsonl writes the stored records, each with its kind in front.
func (row *kindRow) jsonl(ctx context.Context, r Reader, w *bufio.Writer) error {
	name, err := json.Marshal(row.name)
	if err != nil {
		return err
	}
	return row.each(ctx, r, func(value []byte) error {
		rest, ok := bytes.CutPrefix(value, []byte("{"))
		if !ok || !json.Valid(value) {
			return fmt.Errorf("a record is not JSON: see standleitung verify")
		}
		_, err := fmt.Fprintf(w, "{\"kind\":%s,%s\n", name, rest)
		return err
	})
}

// csv writes a table by RFC 4180.
func (row *kindRow) csv(ctx context.Context, r Reader, w *bufio.Writer) error {
	table := csv.NewWriter(w)
	table.UseCRLF = true
	if err := table.Write(row.columns); err != nil {
		return err
	}
	err := row.each(ctx, r, func(value []byte) error {
		cells, err := row.cells(value)
		if err != nil {
			return err
		}
		for i, c := range cells {
			cells[i] = harmless(c)
		}
		return table.Write(cells)
	})
	table.Flush()
	if err == nil {
		err = table.Error()
	}
	return err
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}
