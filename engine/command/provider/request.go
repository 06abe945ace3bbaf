package provider

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"aistack/engine/command/redact"
)

// withRequestContext gives each request that can run something a context which ends with the
// plugin and which knows the request's secrets. Resource code sees plain Go values, so this is
// the last place where secrets can still be told from other text.
func withRequestContext(inner p.Provider, shutdown context.Context) p.Provider {
	enter := func(ctx context.Context, values ...property.Map) (context.Context, func()) {
		ctx, cancel := context.WithCancel(redact.With(ctx, values...))
		unhook := context.AfterFunc(shutdown, cancel)
		return ctx, func() {
			unhook()
			cancel()
		}
	}

	outer := inner
	outer.Create = func(ctx context.Context, req p.CreateRequest) (p.CreateResponse, error) {
		ctx, leave := enter(ctx, req.Properties)
		defer leave()
		return inner.Create(ctx, req)
	}
	outer.Update = func(ctx context.Context, req p.UpdateRequest) (p.UpdateResponse, error) {
		ctx, leave := enter(ctx, req.State, req.Inputs)
		defer leave()
		return inner.Update(ctx, req)
	}
	outer.Delete = func(ctx context.Context, req p.DeleteRequest) error {
		ctx, leave := enter(ctx, req.Properties, req.OldInputs)
		defer leave()
		return inner.Delete(ctx, req)
	}
	outer.Invoke = func(ctx context.Context, req p.InvokeRequest) (p.InvokeResponse, error) {
		ctx, leave := enter(ctx, req.Args)
		defer leave()
		return inner.Invoke(ctx, req)
	}
	return outer
}
