//go:build !cgo

package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
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

// interruptAtEnd interrupts what the connection runs when ctx ends, until release is called. This driver does so
// itself only until a query's first row, and does not export the handle with which to do it after.
func interruptAtEnd(ctx context.Context, conn *sql.Conn) (release func(), err error) {
	var db uintptr
	err = conn.Raw(func(raw any) error {
		handle := reflect.Indirect(reflect.ValueOf(raw)).FieldByName("db")
		if handle.Kind() != reflect.Uintptr {
			return fmt.Errorf("interrupt connection: unexpected driver %T", raw)
		}
		db = uintptr(handle.Uint())
		return nil
	})
	if err != nil {
		return nil, err
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		sqlite3.Xsqlite3_interrupt(nil, db) // one atomic store, which needs no thread's storage
	})
	return func() {
		if !stop() {
			<-done // the handle is good until here
		}
	}, nil
}
