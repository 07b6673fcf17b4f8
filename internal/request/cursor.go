package request

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"math"
	"strconv"
	"strings"

	"seckill/internal/seckill"
)

// List names a list for its cursors: the cursor of one is refused by the others.
type List string

// The lists that are paged.
const (
	ListLogs     List = "logs"
	ListStreams  List = "streams"
	ListPending  List = "pending"
	ListProducts List = "products"
	ListOrders   List = "orders"
	ListAudit    List = "audit"
	ListLetters  List = "dead-letters"
	ListOldest   List = "logs-asc"
)

// cursorVersion begins every cursor, so that a later form can be told apart.
const cursorVersion = "1"

// cursorEncoding refuses bits that it would not itself produce.
var cursorEncoding = base64.RawURLEncoding.Strict()

// Cursor returns the opaque form of a position in a list: the position and a
// checksum, by which a cursor that was cut or changed is known.
func Cursor(list List, position string) string {
	payload := []byte(cursorVersion + ":" + string(list) + ":" + position)
	return cursorEncoding.EncodeToString(binary.BigEndian.AppendUint32(payload, crc32.ChecksumIEEE(payload)))
}

// IDCursor is Cursor for a position that is a number.
func IDCursor(list List, position int64) string {
	return Cursor(list, strconv.FormatInt(position, 10))
}

// LastID returns the greatest number that an item of the page asked for may have:
// just below the cursor's position; without a cursor the greatest there is.
func LastID(list List, cursor string) (int64, error) {
	if cursor == "" {
		return math.MaxInt64, nil
	}
	position, err := openCursor(list, cursor)
	if err != nil {
		return 0, err
	}
	id, err := strconv.ParseInt(position, 10, 64)
	if err != nil || id <= 0 {
		return 0, badCursor()
	}
	return id - 1, nil
}

// FirstID returns the least number that an item of the page asked for may have, in a list
// that ascends: just above the cursor's position; without a cursor the least there is.
func FirstID(list List, cursor string) (int64, error) {
	if cursor == "" {
		return 1, nil
	}
	last, err := LastID(list, cursor)
	return last + 2, err
}

// BeforeStreamID returns the ID of the stream entry that the items of the page
// asked for are below; "" without a cursor.
func BeforeStreamID(list List, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	position, err := openCursor(list, cursor)
	if err != nil {
		return "", err
	}
	id, err := seckill.ParseStreamID(position)
	if err != nil || id == (seckill.StreamID{}) { // nothing is below 0-0, and Redis refuses to look there
		return "", badCursor()
	}
	return position, nil
}

// openCursor returns the position in a cursor of the given list.
func openCursor(list List, cursor string) (string, error) {
	sealed, err := cursorEncoding.DecodeString(cursor)
	// The decoder passes over line breaks.
	if err != nil || len(sealed) < 4 || cursorEncoding.EncodeToString(sealed) != cursor {
		return "", badCursor()
	}
	payload, sum := sealed[:len(sealed)-4], sealed[len(sealed)-4:]
	if binary.BigEndian.Uint32(sum) != crc32.ChecksumIEEE(payload) {
		return "", badCursor()
	}
	position, found := strings.CutPrefix(string(payload), cursorVersion+":"+string(list)+":")
	if !found {
		return "", badCursor()
	}
	return position, nil
}

func badCursor() error {
	return invalid("cursor must be the nextCursor of an answer of this list")
}
