package remote

import (
	"bytes"
	"fmt"
	"net"

	"golang.org/x/crypto/ssh"
)

// hostKeyError is final: trying again would only repeat the risk.
type hostKeyError struct {
	address, offered, expected string
}

func (e *hostKeyError) Error() string {
	return fmt.Sprintf("the host key of %s is not the expected one: it offers %s, connection.hostKey is %s. "+
		"Nothing was sent. If the machine was set up anew, update connection.hostKey; if not, do not trust it",
		e.address, e.offered, e.expected)
}

type hostKeyCheck struct {
	callback   ssh.HostKeyCallback
	algorithms []string
}

// hostKeyCheck accepts the configured key only or, without one, any key.
func (e *endpoint) hostKeyCheck() (hostKeyCheck, error) {
	if e.HostKey == nil {
		return hostKeyCheck{callback: ssh.InsecureIgnoreHostKey()}, nil
	}
	expected, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*e.HostKey))
	if err != nil {
		return hostKeyCheck{}, fmt.Errorf("connection.hostKey cannot be read (expected is a line like "+
			"\"ssh-ed25519 AAAA…\", as in /etc/ssh/ssh_host_ed25519_key.pub): %w", err)
	}
	return hostKeyCheck{
		callback: func(_ string, _ net.Addr, offered ssh.PublicKey) error {
			if bytes.Equal(offered.Marshal(), expected.Marshal()) {
				return nil
			}
			return &hostKeyError{e.address(), fingerprint(offered), fingerprint(expected)}
		},
		algorithms: signatureAlgorithms(expected),
	}, nil
}

// signatureAlgorithms asks the server for a key of the expected type. An RSA key signs in several
// ways, and current servers refuse the one that is named like the key.
func signatureAlgorithms(key ssh.PublicKey) []string {
	if key.Type() == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}
	}
	return []string{key.Type()}
}

func fingerprint(key ssh.PublicKey) string {
	return key.Type() + " " + ssh.FingerprintSHA256(key)
}
