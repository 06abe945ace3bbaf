// Package lifecycle holds what local and remote commands have in common: which command runs when,
// and how long a stopped one may take.
package lifecycle

import (
	"context"
	"errors"
	"time"
)

// Grace is how long a stopped command may clean up before it is killed. The engine kills a plugin
// five seconds after asking it to end, so this has to stay below that.
const Grace = 4 * time.Second

// Names under which a command finds the output of the run before it.
const (
	PreviousStdout = "PULUMI_COMMAND_STDOUT"
	PreviousStderr = "PULUMI_COMMAND_STDERR"
)

// Inputs are the commands of a resource and the values that replace it.
type Inputs struct {
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create   *string `pulumi:"create,optional"`
	Update   *string `pulumi:"update,optional"`
	Delete   *string `pulumi:"delete,optional"`
}

// OnUpdate is the command for a changed resource; nil when there is nothing to run.
func (i Inputs) OnUpdate() *string {
	if i.Update != nil {
		return i.Update
	}
	return i.Create
}

// Stopped tells why ctx ended, in words for the user.
func Stopped(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.New("stopped because its time limit (customTimeouts) was reached")
	}
	return errors.New("stopped because the operation was cancelled")
}
