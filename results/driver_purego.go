//go:build !cgo

package results

import (
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

// driverName is that of the SQLite driver in use. Both drivers take the same settings in the data source name.
const driverName = "sqlite"

// errorCode returns SQLite's extended result code and whether err carries one.
func errorCode(err error) (code int, ok bool) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0, false
	}
	return e.Code(), true
}

// restrict bounds what a statement on the connection may do: limits by SQLite's numbers, and allow, asked for each
// action while a statement is compiled.
func restrict(conn *sql.Conn, limits map[int]int, allow func(action int, arg1, arg2 string) bool) error {
	for id, v := range limits {
		if _, err := sqlite.Limit(conn, id, v); err != nil {
			return fmt.Errorf("restrict connection: %w", err)
		}
	}
	return conn.Raw(func(raw any) error {
		c, ok := raw.(sqlite.AuthorizerRegisterer)
		if !ok {
			return fmt.Errorf("restrict connection: unexpected driver %T", raw)
		}
		return c.RegisterAuthorizer(func(action sqlite.AuthorizerActionCode, arg1, arg2, _, _ string) sqlite.AuthorizerReturnCode {
			if allow(int(action), arg1, arg2) {
				return sqlite.AuthorizerOK
			}
			return sqlite.AuthorizerDeny
		})
	})
}
