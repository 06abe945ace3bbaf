package provider

import (
	"context"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
)

// withTriggerReplacement makes a change inside the list of triggers a replacement. The library
// applies "replaceOnChanges" to the property as a whole only, not to `triggers[0]`, and leaves the
// rest to the language SDK.
func withTriggerReplacement(inner p.Provider) p.Provider {
	outer := inner
	outer.Diff = func(ctx context.Context, req p.DiffRequest) (p.DiffResponse, error) {
		resp, err := inner.Diff(ctx, req)
		for path, change := range resp.DetailedDiff {
			if strings.HasPrefix(path, "triggers[") || strings.HasPrefix(path, "triggers.") {
				change.Kind = replacing(change.Kind)
				resp.DetailedDiff[path] = change
			}
		}
		return resp, err
	}
	return outer
}

func replacing(kind p.DiffKind) p.DiffKind {
	switch kind {
	case p.Add:
		return p.AddReplace
	case p.Delete:
		return p.DeleteReplace
	case p.Update:
		return p.UpdateReplace
	default:
		return kind
	}
}
