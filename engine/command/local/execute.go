package local

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"

	"aistack/engine/command/lifecycle"
	"aistack/engine/command/output"
)

// maxVariable is what Linux accepts as one "NAME=value" string; one byte more fails the whole start.
const maxVariable = 128<<10 - 1

// fill runs command and puts its results over those of the run before. It leaves r alone when the
// command fails.
func (r *Results) fill(ctx context.Context, command string, s Settings) error {
	dir, err := s.directory()
	if err != nil {
		return err
	}
	argv := s.argv(command)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(s.variables(), r.previous(ctx, s)...)

	capture := output.NewCapture(ctx, s.Logging)
	if err := runGroup(ctx, cmd, s.Stdin, capture); err != nil {
		return capture.Failure(err, command)
	}
	stdout, stderr := capture.Finish()

	next := Results{Stdout: stdout, Stderr: stderr, Assets: r.Assets, Archive: r.Archive}
	if err := next.collect(dir, s); err != nil {
		return err
	}
	*r = next
	return nil
}

func (s Settings) argv(command string) []string {
	if s.Interpreter != nil && len(*s.Interpreter) > 0 {
		return append(slices.Clone(*s.Interpreter), command)
	}
	return []string{"/bin/sh", "-c", command}
}

func (s Settings) directory() (string, error) {
	if s.Dir == nil {
		return os.Getwd()
	}
	info, err := os.Stat(*s.Dir)
	if err != nil {
		return "", fmt.Errorf("the command's working directory `dir` cannot be used: %w", err)
	}
	if !info.IsDir() {
		return "", fmt.Errorf("the command's working directory `dir` cannot be used: %s is not a directory", *s.Dir)
	}
	return *s.Dir, nil
}

func (s Settings) variables() []string {
	env := os.Environ()
	if s.Environment != nil {
		for name, value := range *s.Environment {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// previous hands the command the output of the run before it. Output that the system would not take
// is left out with a warning, since failing here could keep a resource from ever being deleted.
func (r *Results) previous(ctx context.Context, s Settings) []string {
	if s.AddPreviousOutputInEnv != nil && !*s.AddPreviousOutputInEnv {
		return nil
	}
	var env []string
	add := func(name, value string) {
		variable := name + "=" + value
		switch {
		case value == "":
		case len(variable) > maxVariable, strings.ContainsRune(value, 0):
			p.GetLogger(ctx).Warningf("%s is not set: the previous output (%d bytes) is too long or "+
				"has a NUL byte; addPreviousOutputInEnv: false silences this", name, len(value))
		default:
			env = append(env, variable)
		}
	}
	add(lifecycle.PreviousStdout, r.Stdout)
	add(lifecycle.PreviousStderr, r.Stderr)
	return env
}
