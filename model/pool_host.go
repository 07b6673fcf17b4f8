package model

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// targetSessionAttrs is the parameter of a data source that says which of several servers
// is wanted.
const targetSessionAttrs = "target_session_attrs"

// errNoWriter is said of a server that takes no writes, where the data source names others
// beside it.
var errNoWriter = errors.New("it takes no writes")

// wantWriter has a pool that knows several servers connect to the one that takes writes,
// unless its data source, or the environment as libpq reads it, asks for another: libpq
// takes the first one that answers, and that is a standby as soon as they have changed
// places.
func wantWriter(config *pgxpool.Config, dataSource string) {
	if choosesHost(config, dataSource) {
		config.ConnConfig.ValidateConnect = takesWrites
	}
}

// wantStandby has a pool that knows several servers connect to one that is a standby, unless
// its data source asks for another.
func wantStandby(config *pgxpool.Config, dataSource string) {
	if choosesHost(config, dataSource) {
		config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsStandby
	}
}

// choosesHost reports whether there are several servers, and nobody has said which is wanted.
func choosesHost(config *pgxpool.Config, dataSource string) bool {
	asked := strings.Contains(dataSource, targetSessionAttrs) || os.Getenv("PGTARGETSESSIONATTRS") != ""
	return !asked && severalHosts(&config.ConnConfig.Config)
}

// severalHosts reports whether there is more than one address; with sslmode=prefer each of
// them stands there twice.
func severalHosts(config *pgconn.Config) bool {
	address := func(host string, port uint16) string { return net.JoinHostPort(host, strconv.Itoa(int(port))) }
	first := address(config.Host, config.Port)
	for _, other := range config.Fallbacks {
		if address(other.Host, other.Port) != first {
			return true
		}
	}
	return false
}

func takesWrites(ctx context.Context, conn *pgconn.PgConn) error {
	results, err := conn.Exec(ctx, "SHOW transaction_read_only").ReadAll()
	if err != nil {
		return fmt.Errorf("ask a server whether it takes writes: %w", err)
	}
	if len(results) != 1 || len(results[0].Rows) != 1 || string(results[0].Rows[0][0]) != "off" {
		return errNoWriter
	}
	return nil
}
