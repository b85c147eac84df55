//go:build cgo

package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
)

// driverName is that of the SQLite driver in use. Both drivers take the same settings in the data source name.
const driverName = "sqlite3"

// errorCode returns SQLite's extended result code and whether err carries one.
func errorCode(err error) (code int, ok bool) {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return 0, false
	}
	if e.ExtendedCode != 0 {
		return int(e.ExtendedCode), true
	}
	return int(e.Code), true
}

// restrict bounds what a statement on the connection may do: limits by SQLite's numbers, and allow, asked for each
// action while a statement is compiled.
func restrict(conn *sql.Conn, limits map[int]int, allow func(action int, arg1, arg2 string) bool) error {
	return conn.Raw(func(raw any) error {
		c, ok := raw.(*sqlite3.SQLiteConn)
		if !ok {
			return fmt.Errorf("restrict connection: unexpected driver %T", raw)
		}
		for id, v := range limits {
			c.SetLimit(id, v)
		}
		c.RegisterAuthorizer(func(action int, arg1, arg2, _ string) int {
			if allow(action, arg1, arg2) {
				return sqlite3.SQLITE_OK
			}
			return sqlite3.SQLITE_DENY
		})
		return nil
	})
}

// interruptAtEnd interrupts what the connection runs when ctx ends, until release is called. This driver does so
// itself.
func interruptAtEnd(context.Context, *sql.Conn) (release func(), err error) { return func() {}, nil }
