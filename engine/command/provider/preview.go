package provider

import (
	"context"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// outputs of a command, each with the input that asks for it ("" = always there).
var outputs = map[string]string{
	"stdout":  "",
	"stderr":  "",
	"assets":  "assetPaths",
	"archive": "archivePaths",
}

// withUnknownOutputs marks a command's outputs unknown in a preview whenever the command will run.
// The library compares old and new values of the inputs that existed before, and so would show the
// previous output after an input was added.
func withUnknownOutputs(inner p.Provider) p.Provider {
	outer := inner
	outer.Create = func(ctx context.Context, req p.CreateRequest) (p.CreateResponse, error) {
		resp, err := inner.Create(ctx, req)
		if err == nil && req.DryRun && isCommand(req.Urn) && isSet(req.Properties, "create") {
			resp.Properties = unknownOutputs(resp.Properties, req.Properties)
		}
		return resp, err
	}
	outer.Update = func(ctx context.Context, req p.UpdateRequest) (p.UpdateResponse, error) {
		resp, err := inner.Update(ctx, req)
		runs := isSet(req.Inputs, "update") || isSet(req.Inputs, "create")
		if err == nil && req.DryRun && isCommand(req.Urn) && runs {
			resp.Properties = unknownOutputs(resp.Properties, req.Inputs)
		}
		return resp, err
	}
	return outer
}

func unknownOutputs(state, inputs property.Map) property.Map {
	for output, askedBy := range outputs {
		if askedBy == "" || isSet(inputs, askedBy) {
			secret := state.Get(output).Secret()
			state = state.Set(output, property.New(property.Computed).WithSecret(secret))
		}
	}
	return state
}

func isCommand(u urn.URN) bool {
	return strings.HasSuffix(string(u.Type()), ":Command")
}

func isSet(m property.Map, key string) bool {
	v, ok := m.GetOk(key)
	return ok && !v.IsNull()
}
