package sdk

import "context"

type callKey struct{}

// WithCall carries a call id, the capability under which a plugin's requests leave through the host. It crosses with the RPC.
func WithCall(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, callKey{}, id)
}

// CallFrom is the call id of ctx; empty when nothing may be sent, as in Receive.
func CallFrom(ctx context.Context) string {
	id, _ := ctx.Value(callKey{}).(string)
	return id
}
