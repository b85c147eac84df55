package results

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// postgresSentinel is sentinel for what PostgreSQL says (https://www.postgresql.org/docs/current/errcodes-appendix.html) and for
// what happens on the way to it.
func postgresSentinel(err error) error {
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	var network *net.OpError
	switch {
	case errors.As(err, &pg):
	case pgconn.SafeToRetry(err), // before anything was sent, as where the connection is closed
		errors.As(err, &connect), errors.As(err, &network), errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return ErrAway
	default:
		return nil
	}
	switch pg.Code {
	case "53100": // disk_full
		return ErrFull
	case "53000", "53200", "53300", "53400", // insufficient_resources, out_of_memory, too_many_connections, configuration_limit_exceeded
		"55P03", "40001", "40P01": // lock_not_available, serialization_failure, deadlock_detected
		return ErrBusy
	case "3D000": // the database is not there
		return ErrNotFound
	case "25P03": // idle_in_transaction_session_timeout
		return ErrAway
	case "25006": // read_only_sql_transaction
		return ErrUnwritable
	case "42501": // insufficient_privilege
		return ErrDenied
	case "XX001", "XX002": // data_corrupted, index_corrupted
		return ErrCorrupt
	}
	switch pg.Code[:2] {
	case "08", "57", "58": // connection_exception, operator_intervention, system_error
		if pg.Code == queryCanceled {
			return ErrBusy
		}
		return ErrAway
	case "28": // invalid_authorization
		return ErrDenied
	case "23":
		if strings.Contains(pg.Message, finishedText) {
			return ErrFinished
		}
	}
	return nil
}
