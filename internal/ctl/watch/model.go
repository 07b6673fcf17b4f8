package watch

import (
	"context"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"seckill/client"
)

// The windows of the past that are shown, one at a time.
const (
	shortWindow = 2 * time.Minute
	longWindow  = kept
)

// What comes to the model beside keys and sizes.
type (
	eventMsg client.LiveEvent // from the service
	overMsg  struct{ err error }
	tickMsg  time.Time // twice a second, so that clocks go on while nothing comes
)

const tick = 500 * time.Millisecond

// model is the terminal view of a sale.
type model struct {
	state  State
	look   Look
	height int
	now    func() time.Time
	err    error // why it is over; nil when the user has ended it
}

func newModel(productID int64, colour bool, now func() time.Time) model {
	return model{
		state: State{ProductID: productID}, now: now,
		look: Look{Width: 80, Window: shortWindow, Colour: colour}, height: 24,
	}
}

// Init implements tea.Model.
func (m model) Init() tea.Cmd { return nextTick() }

func nextTick() tea.Cmd {
	return tea.Tick(tick, func(t time.Time) tea.Msg { return tickMsg(t) })
}

// Update implements tea.Model.
func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case eventMsg:
		m.state.Add(client.LiveEvent(msg), m.now())
	case overMsg:
		m.err = msg.err
		return m, tea.Quit
	case tickMsg:
		return m, nextTick()
	case tea.WindowSizeMsg:
		m.look.Width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return m.key(msg.String())
	}
	return m, nil
}

func (m model) key(name string) (tea.Model, tea.Cmd) {
	switch name {
	case "q", "esc", "ctrl+c":
		return m, tea.Quit
	case "w":
		if m.look.Window == shortWindow {
			m.look.Window = longWindow
		} else {
			m.look.Window = shortWindow
		}
	}
	return m, nil
}

// View implements tea.Model. What does not fit into the height is left out from below, but
// for the keys.
func (m model) View() tea.View {
	lines := Render(&m.state, m.now(), m.look)
	keys := painter{colour: m.look.Colour}.paint(faint, cut("q quit · w 2 or 15 minutes", m.look.Width))
	if room := m.height - 2; len(lines) > room && room > 0 {
		lines = lines[:room]
	}
	view := tea.NewView(strings.Join(append(lines, "", keys), "\n"))
	view.AltScreen = true
	return view
}

// Terminal shows a sale on a terminal until the user ends it, ctx ends, or events does,
// whose error it returns. events calls its argument with each event; it is run beside.
func Terminal(ctx context.Context, in io.Reader, out io.Writer, productID int64, colour bool, now func() time.Time,
	events func(ctx context.Context, each func(client.LiveEvent)) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	program := tea.NewProgram(newModel(productID, colour, now), tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := events(ctx, func(e client.LiveEvent) { program.Send(eventMsg(e)) })
		program.Send(overMsg{err})
	}()
	last, err := program.Run()
	cancel()
	<-ended
	if shown, ok := last.(model); ok && err == nil {
		return shown.err
	}
	return err
}
