package remote

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"

	"aistack/engine/command/lifecycle"
	"aistack/engine/command/output"
)

// fill runs command and puts its results over those of the run before it. It leaves r alone when the
// command fails.
func (r *Results) fill(ctx context.Context, command string, in CommandInputs) error {
	connection, err := in.Connection.dial(ctx)
	if err != nil {
		return err
	}
	defer connection.Close()
	shell, err := connection.NewSession()
	if err != nil {
		return fmt.Errorf("the SSH server opens no session: %w", err)
	}
	defer shell.Close()

	if err := setEnvironment(shell, in.Environment); err != nil {
		return err
	}
	if orDefault(in.AddPreviousOutputInEnv, true) {
		r.offerPrevious(ctx, shell)
	}
	if in.Stdin != nil && *in.Stdin != "" {
		shell.Stdin = strings.NewReader(*in.Stdin)
	}
	capture := output.NewCapture(ctx, in.Logging)
	shell.Stdout, shell.Stderr = capture.Stdout, capture.Stderr

	if err := run(ctx, shell, connection, command); err != nil {
		return capture.Failure(err, command)
	}
	r.Stdout, r.Stderr = capture.Finish()
	return nil
}

func setEnvironment(shell *ssh.Session, environment map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		if err := shell.Setenv(name, environment[name]); err != nil {
			return fmt.Errorf("could not set environment variable %q: the SSH server takes only the variables "+
				"that AcceptEnv in its sshd_config lists; pass the value by stdin, or, if it is no secret, "+
				"write it before the command (%s=… command): %w", name, name, err)
		}
	}
	return nil
}

// offerPrevious passes the output of the run before, which most servers refuse; a command that
// does not read it must not fail for that.
func (r *Results) offerPrevious(ctx context.Context, shell *ssh.Session) {
	offer := func(name, value string) {
		if value == "" {
			return
		}
		if err := shell.Setenv(name, value); err != nil {
			p.GetLogger(ctx).Warningf("%s is not set: the SSH server takes only the variables that AcceptEnv "+
				"in its sshd_config lists; addPreviousOutputInEnv: false silences this", name)
		}
	}
	offer(lifecycle.PreviousStdout, r.Stdout)
	offer(lifecycle.PreviousStderr, r.Stderr)
}
