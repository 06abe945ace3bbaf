package remote

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"

	"aistack/engine/command/lifecycle"
)

// dialer opens a TCP connection: from this machine, or from a proxy.
type dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// session is an SSH connection with everything it rests on.
type session struct {
	*ssh.Client
	proxy *ssh.Client
}

// Close ends the connection and the one to the proxy.
func (s *session) Close() error {
	err := s.Client.Close()
	if s.proxy != nil {
		err = errors.Join(err, s.proxy.Close())
	}
	return err
}

// dial connects to the machine, by way of the proxy if there is one.
func (c *Connection) dial(ctx context.Context) (*session, error) {
	var from dialer = &net.Dialer{}
	var proxy *ssh.Client
	if c.Proxy != nil {
		var err error
		if proxy, err = c.Proxy.connect(ctx, from, "Dial proxy"); err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		from = proxy
	}
	client, err := c.connect(ctx, from, "Dial")
	if err != nil {
		if proxy != nil {
			_ = proxy.Close()
		}
		return nil, err
	}
	return &session{Client: client, proxy: proxy}, nil
}

// connect tries until it has a connection, has failed too often, or sees that trying is no use.
func (e *endpoint) connect(ctx context.Context, from dialer, what string) (*ssh.Client, error) {
	auth, err := e.authentication()
	if err != nil {
		return nil, err
	}
	defer auth.close()
	hostKey, err := e.hostKeyCheck()
	if err != nil {
		return nil, err
	}
	config := &ssh.ClientConfig{
		User:              orDefault(e.User, defaultUser),
		Auth:              auth.methods,
		HostKeyCallback:   hostKey.callback,
		HostKeyAlgorithms: hostKey.algorithms,
	}

	limit := orDefault(e.DialErrorLimit, defaultDialErrorLimit)
	shownLimit := strconv.Itoa(limit)
	if limit < 0 {
		shownLimit = "inf"
	}
	pause := 100 * time.Millisecond
	for failures := 1; ; failures++ {
		client, err := e.attempt(ctx, from, config)
		var final *hostKeyError
		switch {
		case err == nil:
			return client, nil
		case ctx.Err() != nil:
			return nil, lifecycle.Stopped(ctx)
		case errors.As(err, &final):
			return nil, final
		case limit >= 0 && failures > limit:
			return nil, fmt.Errorf("connecting to %s as %s: after %d failed attempts: %w",
				e.address(), config.User, failures, err)
		}
		p.GetLogger(ctx).InfoStatusf("%s %d/%s failed: retrying", what, failures, shownLimit)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, lifecycle.Stopped(ctx)
		}
		pause = min(pause*3/2, 5*time.Second)
	}
}

// attempt makes one connection. The time limit covers the handshake too: a port that is open but
// silent would otherwise hold the operation for ever.
func (e *endpoint) attempt(ctx context.Context, from dialer, config *ssh.ClientConfig) (*ssh.Client, error) {
	if seconds := orDefault(e.PerDialTimeout, defaultPerDialTimeout); seconds > 0 {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
		defer cancel()
	}
	conn, err := from.DialContext(ctx, "tcp", e.address())
	if err != nil {
		return nil, err
	}
	// A channel through a proxy knows no deadlines, but closing ends it as well.
	unhook := context.AfterFunc(ctx, func() { _ = conn.Close() })
	sshConn, channels, requests, err := ssh.NewClientConn(conn, e.address(), config)
	if !unhook() && err == nil {
		_ = sshConn.Close()
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		if ctx.Err() != nil {
			return nil, fmt.Errorf("no SSH handshake in time: %w", ctx.Err())
		}
		return nil, err
	}
	return ssh.NewClient(sshConn, channels, requests), nil
}

func (e *endpoint) address() string {
	port := int(math.Round(orDefault(e.Port, defaultPort)))
	return net.JoinHostPort(orDefault(e.Host, ""), strconv.Itoa(port))
}

func orDefault[T any](value *T, fallback T) T {
	if value == nil {
		return fallback
	}
	return *value
}
