package remote

import (
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// authentication holds the ways to sign in, and the connection to the agent they may need.
type authentication struct {
	methods []ssh.AuthMethod
	agent   net.Conn
}

func (a *authentication) close() {
	if a.agent != nil {
		_ = a.agent.Close()
	}
}

// authentication offers the private key, then the agent's keys, then the password. Keys of both
// origins go into one method, since an SSH client uses only the first method of a kind.
func (e *endpoint) authentication() (*authentication, error) {
	auth := &authentication{}
	var key ssh.Signer
	if e.PrivateKey != nil {
		var err error
		if key, err = e.parsePrivateKey(); err != nil {
			return nil, err
		}
	}
	if err := e.dialAgent(auth); err != nil {
		return nil, err
	}
	if key != nil || auth.agent != nil {
		auth.methods = append(auth.methods, ssh.PublicKeysCallback(auth.signers(key)))
	}
	if e.Password != nil {
		password := *e.Password
		auth.methods = append(auth.methods, ssh.Password(password), ssh.KeyboardInteractive(
			func(_, _ string, questions []string, _ []bool) ([]string, error) {
				answers := make([]string, len(questions))
				for i := range answers {
					answers[i] = password
				}
				return answers, nil
			}))
	}
	return auth, nil
}

func (a *authentication) signers(key ssh.Signer) func() ([]ssh.Signer, error) {
	return func() ([]ssh.Signer, error) {
		var signers []ssh.Signer
		if key != nil {
			signers = append(signers, key)
		}
		if a.agent == nil {
			return signers, nil
		}
		fromAgent, err := agent.NewClient(a.agent).Signers()
		if err != nil && key == nil {
			return nil, fmt.Errorf("asking the SSH agent for its keys: %w", err)
		}
		return append(signers, fromAgent...), nil
	}
}

// dialAgent connects to the agent that the arguments name or, failing that, the environment. Only
// the first has to be there: a stale SSH_AUTH_SOCK must not spoil a connection that has a key.
func (e *endpoint) dialAgent(auth *authentication) error {
	path, wanted := os.Getenv("SSH_AUTH_SOCK"), e.PrivateKey == nil && e.Password == nil
	if e.AgentSocketPath != nil {
		path, wanted = *e.AgentSocketPath, true
	}
	if path == "" {
		return nil
	}
	conn, err := net.Dial("unix", path)
	if err != nil && wanted {
		return fmt.Errorf("the SSH agent cannot be reached (agentSocketPath or SSH_AUTH_SOCK): %w", err)
	}
	if err == nil {
		auth.agent = conn
	}
	return nil
}

// parsePrivateKey says what is wrong with a key but never quotes it.
func (e *endpoint) parsePrivateKey() (ssh.Signer, error) {
	var signer ssh.Signer
	var err error
	if e.PrivateKeyPassword != nil {
		signer, err = ssh.ParsePrivateKeyWithPassphrase([]byte(*e.PrivateKey), []byte(*e.PrivateKeyPassword))
	} else {
		signer, err = ssh.ParsePrivateKey([]byte(*e.PrivateKey))
	}
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		return nil, errors.New("connection.privateKey is encrypted: set connection.privateKeyPassword")
	case err != nil:
		return nil, fmt.Errorf("connection.privateKey cannot be used (the content of a key file in PEM or "+
			"OpenSSH form is expected, with its line breaks): %w", err)
	}
	return signer, nil
}
