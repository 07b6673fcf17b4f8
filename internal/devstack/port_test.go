package devstack

import (
	"net"
	"testing"
)

func TestAPortIsGivenOnce(t *testing.T) {
	port, err := FreePort()
	must(t, err)
	for range 2 { // a server may end and start again
		if again, err := reserve(port, port+1); err == nil {
			t.Errorf("port %d is given to two", again)
		}
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address(port))
		must(t, err)
		must(t, l.Close())
	}
}

func TestAPortOnWhichSomebodyListensIsNotGiven(t *testing.T) {
	port := occupy(t)
	if again, err := reserve(port, port+1); err == nil {
		t.Errorf("port %d is given", again)
	}
}
