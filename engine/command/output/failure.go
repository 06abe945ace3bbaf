package output

import (
	"fmt"
	"strings"

	"aistack/engine/command/redact"
)

const (
	// Errors travel in gRPC trailers, whose size is limited; the end of the output tells most.
	maxOutput  = 16 << 10
	maxCommand = 200
)

// Failure describes a command that went wrong, with its output but without secrets.
func (c *Capture) Failure(cause error, command string) error {
	c.Finish()
	c.mu.Lock()
	text := c.inOrderOfArrival.String()
	c.mu.Unlock()

	text = redact.Text(c.ctx, text)
	if cut := len(text) - maxOutput; cut > 0 {
		text = fmt.Sprintf("(the first %d bytes are left out)\n%s", cut, strings.ToValidUTF8(text[cut:], ""))
	}
	if text == "" {
		return fmt.Errorf("%w: running %s, which printed nothing", cause, c.brief(command))
	}
	return fmt.Errorf("%w: running %s:\n%s", cause, c.brief(command), text)
}

// brief quotes the first line of a command: a script may be hundreds of lines long.
func (c *Capture) brief(command string) string {
	lines := strings.Split(strings.TrimSpace(redact.Text(c.ctx, command)), "\n")
	first := []rune(lines[0])
	suffix := ""
	if len(first) > maxCommand {
		first = append(first[:maxCommand], '…')
	}
	if more := len(lines) - 1; more > 0 {
		suffix = fmt.Sprintf(" (and %d more lines)", more)
	}
	return fmt.Sprintf("%q%s", string(first), suffix)
}
