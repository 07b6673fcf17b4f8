package notify

import (
	"math"
	"slices"
	"strconv"
	"testing"
)

// read reads a message to its end.
func read(message string) []int64 {
	var all []int64
	r := numbers{rest: message}
	for n, ok := r.next(); ok; n, ok = r.next() {
		all = append(all, n)
	}
	return all
}

func TestMessagesAreReadUpToWhatIsNoNumber(t *testing.T) {
	for message, want := range map[string][]int64{
		"":                        nil,
		"7":                       {7},
		"7 8 9":                   {7, 8, 9},
		"9223372036854775807 1":   {math.MaxInt64, 1},
		"9223372036854775808 1":   nil,
		"1 99999999999999999999":  {1},
		"1 -2 3":                  {1},
		"1 +2 3":                  {1},
		"1  2":                    {1},
		" 1":                      nil,
		"1 ":                      {1},
		"1 0 2":                   {1},
		"1 2x 3":                  {1},
		"1\n2":                    nil,
		"one":                     nil,
		"\xff\xfe 1":              nil,
		"18446744073709551617 42": nil,
	} {
		if got := read(message); !slices.Equal(got, want) {
			t.Errorf("%q: %d, want %d", message, got, want)
		}
	}
}

// FuzzNumbers checks that every number that is read stands in the message, and that
// what is written is read again.
func FuzzNumbers(f *testing.F) {
	for _, seed := range []string{"", "1 2 3", "9223372036854775808", "1  2", "x 1", "1 2 \x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message string) {
		got := read(message)
		var written []byte
		for i, n := range got {
			if n <= 0 {
				t.Fatalf("%q: read %d", message, n)
			}
			if i == 0 {
				written = strconv.AppendInt(nil, n, 10)
				continue
			}
			written = appendNumber(written, n)
		}
		if again := read(string(written)); !slices.Equal(again, got) {
			t.Fatalf("%q: read %d, written and read again %d", message, got, again)
		}
	})
}

// TestPublisherSplitsAndMerges reads what is to be sent back.
func TestPublisherSplitsAndMerges(t *testing.T) {
	p := newPublisher(newChannel(nil), 77)
	want := map[key]int{}
	for n := range int64(2500) {
		p.add(1, []int64{n + 1})
		want[key{1, n + 1}]++
	}
	p.add(2, []int64{5, 6})
	p.add(2, nil)
	p.add(2, []int64{7})
	for _, user := range []int64{5, 6, 7} {
		want[key{2, user}]++
	}
	messages := p.take()
	if len(messages) != 4 {
		t.Errorf("%d messages, want 3 of product 1 and 1 of product 2", len(messages))
	}
	for _, message := range messages {
		numbers := read(string(message))
		if numbers[0] != 77 || len(numbers) > 2+usersPerMessage {
			t.Fatalf("message of %d by %d", len(numbers)-2, numbers[0])
		}
		for _, user := range numbers[2:] {
			want[key{numbers[1], user}]--
		}
	}
	for k, n := range want {
		if n != 0 {
			t.Errorf("%+v: %d times too few", k, n)
		}
	}
	if more := p.take(); len(more) != 0 {
		t.Errorf("taken twice: %q", more)
	}
}

func TestPublisherIsBounded(t *testing.T) {
	p := newPublisher(newChannel(nil), 1)
	users := make([]int64, queuedUsers-1)
	for i := range users {
		users[i] = int64(i + 1)
	}
	p.add(1, users)
	p.add(2, users)
	n := 0
	for _, message := range p.take() {
		n += len(read(string(message))) - 2
	}
	if n != queuedUsers {
		t.Errorf("%d users wait, want %d", n, queuedUsers)
	}
	p.add(3, []int64{1})
	if len(p.take()) != 1 {
		t.Error("nothing is taken any more after it was full")
	}
}
