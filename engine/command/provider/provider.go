// Package provider puts the resources together and adds what concerns every request.
package provider

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/middleware/schema"

	"aistack/engine/command/local"
	"aistack/engine/command/remote"
)

// New returns the provider. When shutdown ends, every request in progress is cancelled.
func New(shutdown context.Context) p.Provider {
	inferred := infer.Provider(infer.Options{
		Metadata: schema.Metadata{
			DisplayName: "Command",
			Description: "Runs commands and copies files, on this machine or over SSH.",
			License:     "Apache-2.0",
		},
		Resources: []infer.InferredResource{
			infer.Resource(&local.Command{}),
			infer.Resource(&remote.Command{}),
			infer.Resource(&remote.CopyToRemote{}),
		},
		Functions: []infer.InferredFunction{
			infer.Function(&local.Run{}),
		},
	})
	return withRequestContext(withUnknownOutputs(withTriggerReplacement(inferred)), shutdown)
}
