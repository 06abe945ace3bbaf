// Package output collects what a command prints, shows it while the command runs, and turns it
// into the error text of a failed command.
package output

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"

	p "github.com/pulumi/pulumi-go-provider"

	"aistack/engine/command/redact"
)

// maxLine bounds the memory that waits for the end of a line; a longer one is shown in pieces.
const maxLine = 64 << 10

// Capture takes the two output streams of one command.
type Capture struct {
	Stdout, Stderr io.Writer

	ctx              context.Context
	mu               sync.Mutex
	stdout, stderr   stream
	inOrderOfArrival bytes.Buffer
}

// NewCapture returns a Capture that logs the streams which logging asks for.
func NewCapture[T ~string](ctx context.Context, logging *T) *Capture {
	// The last lines of a cancelled command are worth seeing too.
	ctx = context.WithoutCancel(ctx)
	c := &Capture{ctx: ctx}
	logger := p.GetLogger(ctx)
	show := func(line string) { logger.InfoStatus(redact.Text(ctx, line)) }

	c.stdout.all, c.stderr.all = c, c
	if shows(logging, logStdout) {
		c.stdout.show = show
	}
	if shows(logging, logStderr) {
		c.stderr.show = show
	}
	c.Stdout, c.Stderr = &c.stdout, &c.stderr
	return c
}

// Finish shows what has no line end yet and returns both streams, each without its final newline.
func (c *Capture) Finish() (stdout, stderr string) {
	c.stdout.flush()
	c.stderr.flush()
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.TrimSuffix(c.stdout.text.String(), "\n"), strings.TrimSuffix(c.stderr.text.String(), "\n")
}

type stream struct {
	all     *Capture
	text    bytes.Buffer
	show    func(string)
	pending []byte
}

func (s *stream) Write(b []byte) (int, error) {
	s.all.mu.Lock()
	s.text.Write(b)
	s.all.inOrderOfArrival.Write(b)
	s.all.mu.Unlock()

	if s.show != nil {
		s.pending = append(s.pending, b...)
		for {
			line, rest, found := bytes.Cut(s.pending, []byte("\n"))
			if !found {
				break
			}
			s.show(strings.TrimSuffix(string(line), "\r"))
			s.pending = rest
		}
		if len(s.pending) > maxLine {
			s.flush()
		}
	}
	return len(b), nil
}

func (s *stream) flush() {
	if s.show != nil && len(s.pending) > 0 {
		s.show(string(s.pending))
		s.pending = nil
	}
}
