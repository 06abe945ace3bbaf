package local

import (
	"context"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"aistack/engine/command/lifecycle"
	"aistack/engine/command/output"
)

// pipes are the plugin's ends. They are made here rather than by os/exec because a stopped command
// must not keep the plugin waiting for a stream that some escaped descendant still holds open.
type pipes struct {
	stdin          io.WriteCloser
	stdout, stderr io.ReadCloser
}

// runGroup runs cmd in a process group of its own and waits until it has ended and closed its
// output. When ctx ends first, the whole group is asked to end, and killed after a grace period.
func runGroup(ctx context.Context, cmd *exec.Cmd, stdin *string, capture *output.Capture) error {
	if ctx.Err() != nil {
		return lifecycle.Stopped(ctx)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	ours, err := start(cmd, stdin != nil && *stdin != "")
	if err != nil {
		return err
	}
	defer ours.close()

	if ours.stdin != nil {
		go func() {
			// A command need not read its input; only how it ends counts.
			_, _ = io.WriteString(ours.stdin, *stdin)
			_ = ours.stdin.Close()
		}()
	}
	var copies sync.WaitGroup
	copies.Go(func() { _, _ = io.Copy(capture.Stdout, ours.stdout) })
	copies.Go(func() { _, _ = io.Copy(capture.Stderr, ours.stderr) })
	ended := make(chan struct{})
	go func() {
		err = cmd.Wait()
		copies.Wait()
		close(ended)
	}()

	select {
	case <-ended:
		return err
	case <-ctx.Done():
		stopGroup(cmd.Process.Pid, ended, ours)
		return lifecycle.Stopped(ctx)
	}
}

func stopGroup(group int, ended <-chan struct{}, ours pipes) {
	_ = syscall.Kill(-group, syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(lifecycle.Grace):
	}
	// Also after an orderly end: what the command left running in its group goes with it.
	_ = syscall.Kill(-group, syscall.SIGKILL)
	select {
	case <-ended:
	case <-time.After(200 * time.Millisecond):
		ours.close()
		<-ended
	}
}

// start starts cmd with pipes for its output and, if it has any, its input.
func start(cmd *exec.Cmd, hasStdin bool) (pipes, error) {
	var ours pipes
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			_ = f.Close()
		}
	}()
	open := func() (read, write *os.File, err error) {
		read, write, err = os.Pipe()
		return
	}

	if hasStdin {
		read, write, err := open()
		if err != nil {
			return ours, err
		}
		ours.stdin, cmd.Stdin, theirs = write, read, append(theirs, read)
	}
	stdout, stdoutWrite, err := open()
	if err != nil {
		ours.close()
		return ours, err
	}
	ours.stdout, cmd.Stdout, theirs = stdout, stdoutWrite, append(theirs, stdoutWrite)
	stderr, stderrWrite, err := open()
	if err != nil {
		ours.close()
		return ours, err
	}
	ours.stderr, cmd.Stderr, theirs = stderr, stderrWrite, append(theirs, stderrWrite)

	if err := cmd.Start(); err != nil {
		ours.close()
		return ours, err
	}
	return ours, nil
}

func (p pipes) close() {
	if p.stdin != nil {
		_ = p.stdin.Close()
	}
	if p.stdout != nil {
		_ = p.stdout.Close()
	}
	if p.stderr != nil {
		_ = p.stderr.Close()
	}
}
