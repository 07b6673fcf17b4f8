package request

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"seckill/internal/types"
)

// maxPaymentRefLength is the most characters of a payment's reference.
const maxPaymentRefLength = 255

// CheckPayment checks what the tags of types.PayOrderRequest cannot say.
func CheckPayment(req *types.PayOrderRequest) error {
	return checkLine("paymentRef", req.PaymentRef, maxPaymentRefLength)
}

// checkLine checks a text that people read in one line: 1 to longest characters,
// none of them a control character, and not only space.
func checkLine(name, text string, longest int) error {
	switch {
	case utf8.RuneCountInString(text) > longest || strings.TrimSpace(text) == "":
		return invalid("%s must have 1 to %d characters and not be blank", name, longest)
	case strings.ContainsFunc(text, unicode.IsControl):
		return invalid("%s must not contain control characters", name)
	default:
		return nil
	}
}
