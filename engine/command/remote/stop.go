package remote

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/crypto/ssh"

	"aistack/engine/command/lifecycle"
)

// run waits for the command. When ctx ends first, the command's process group is asked to end, then
// killed, and the connection is closed whatever becomes of that.
func run(ctx context.Context, shell *ssh.Session, connection *session, command string) error {
	if err := shell.Start(command); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- shell.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}

	go signalSiblings(connection, shell, ssh.SIGTERM)
	select {
	case <-ended:
	case <-time.After(lifecycle.Grace):
		go signalSiblings(connection, shell, ssh.SIGKILL)
		select {
		case <-ended:
		case <-time.After(500 * time.Millisecond):
			// The capture may be read only when nothing writes to it any more.
			_ = connection.Close()
			<-ended
		}
	}
	return lifecycle.Stopped(ctx)
}

// siblings signals the process groups of the other sessions on this connection: all sessions have
// the server's process for it as their parent. Only "sh -c" is left to the user's own shell.
const siblings = `exec sh -c 'ps -A -o pid= -o ppid= | while read -r pid parent; do ` +
	`if [ "$parent" = "$PPID" ] && [ "$pid" != "$$" ]; then kill -s %s -- "-$pid"; fi; done'`

// signalSiblings signals the command by a second session, since OpenSSH refuses the protocol's own
// signals for root. They remain for servers that allow no second session.
func signalSiblings(connection *session, shell *ssh.Session, signal ssh.Signal) {
	second, err := connection.NewSession()
	if err == nil {
		defer second.Close()
		err = second.Run(fmt.Sprintf(siblings, signal))
	}
	if err != nil {
		_ = shell.Signal(signal)
	}
}
