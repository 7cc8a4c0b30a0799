package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"
)

const connectTime = 10 * time.Second // name, TCP and TLS

// countedConn knows how many bytes of requests it has sent: of TLS, those within.
type countedConn struct {
	net.Conn
	written atomic.Int64
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n))
	return n, err
}

func (c *Conn) dial(ctx context.Context, network, hostport string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	conn, err := c.connect(ctx, network, hostport)
	if err != nil {
		return nil, err
	}
	return &countedConn{Conn: conn}, nil
}

func (c *Conn) dialTLS(ctx context.Context, network, hostport string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	conn, err := c.connect(ctx, network, hostport)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	secure := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: c.server.Roots, MinVersion: tls.VersionTLS12})
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, &failure{insecure, fmt.Sprintf("%s: %v", host, err)}
	}
	return &countedConn{Conn: secure}, nil
}

// connect dials, and judges each address that the name resolves to in the moment before it is dialled.
func (c *Conn) connect(ctx context.Context, network, hostport string) (net.Conn, error) {
	d := net.Dialer{
		Resolver: c.server.Resolver,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !c.mayDial(hostport, to.Addr()) {
				return &failure{refused, fmt.Sprintf("%s leads to %s, which is not a public address", hostport, address)}
			}
			return nil
		},
	}
	return d.DialContext(ctx, network, hostport)
}

// mayDial tells whether a name may lead to a. An operator's own base URL that names an address leads to just that; one that names a host,
// to internal addresses too.
func (c *Conn) mayDial(hostport string, a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !c.operator || hostport != c.base.hostport {
		return c.server.mayDial(a)
	}
	if c.literal.IsValid() {
		return a == c.literal.Unmap().WithZone("")
	}
	return c.server.mayDial(a) || isInternal(a)
}
