package remote

import (
	"context"
	"fmt"

	"github.com/pkg/sftp"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"aistack/engine/command/lifecycle"
)

// CopyToRemote is the resource command:remote:CopyToRemote. Deleting it leaves the files.
type CopyToRemote struct{}

var (
	_ infer.CustomResource[CopyInputs, CopyState] = (*CopyToRemote)(nil)
	_ infer.CustomCheck[CopyInputs]               = (*CopyToRemote)(nil)
	_ infer.CustomUpdate[CopyInputs, CopyState]   = (*CopyToRemote)(nil)
)

// Check refuses sources that have no path and no text, unless they are not known yet.
func (*CopyToRemote) Check(
	ctx context.Context, req infer.CheckRequest,
) (infer.CheckResponse[CopyInputs], error) {
	inputs, failures, err := infer.DefaultCheck[CopyInputs](ctx, req.NewInputs)
	if err == nil && len(failures) == 0 && !req.NewInputs.Get("source").HasComputed() {
		failures = checkSource(inputs)
	}
	return infer.CheckResponse[CopyInputs]{Inputs: inputs, Failures: failures}, err
}

func checkSource(in CopyInputs) []p.CheckFailure {
	asset, archive := in.Source.Asset, in.Source.Archive
	switch {
	case asset == nil && archive == nil:
		return []p.CheckFailure{{Property: "asset", Reason: "either asset or archive must be set"}}
	case asset != nil && archive != nil:
		return []p.CheckFailure{{Property: "asset", Reason: "only one of asset or archive can be set"}}
	case asset != nil && !asset.IsPath() && !asset.IsText():
		return []p.CheckFailure{{Property: "asset", Reason: "asset must be a file asset or a string asset"}}
	case archive != nil && !archive.IsPath():
		return []p.CheckFailure{{Property: "archive", Reason: "archive must be a path to a file or directory"}}
	}
	return nil
}

// Create copies.
func (*CopyToRemote) Create(
	ctx context.Context, req infer.CreateRequest[CopyInputs],
) (infer.CreateResponse[CopyState], error) {
	state := CopyState{req.Inputs}
	if req.DryRun {
		return infer.CreateResponse[CopyState]{Output: state}, nil
	}
	id, err := resource.NewUniqueHex("", 8, 0)
	if err == nil {
		err = req.Inputs.copy(ctx)
	}
	return infer.CreateResponse[CopyState]{ID: id, Output: state}, err
}

// Update copies again when the content or the place has changed. Other ways to reach the same place,
// such as a new key, need no copy.
func (*CopyToRemote) Update(
	ctx context.Context, req infer.UpdateRequest[CopyInputs, CopyState],
) (infer.UpdateResponse[CopyState], error) {
	state := CopyState{req.Inputs}
	if req.DryRun || req.Inputs.content() == req.State.content() && req.Inputs.place() == req.State.place() {
		return infer.UpdateResponse[CopyState]{Output: state}, nil
	}
	return infer.UpdateResponse[CopyState]{Output: state}, req.Inputs.copy(ctx)
}

func (in CopyInputs) content() string {
	switch {
	case in.Source.Archive != nil:
		return in.Source.Archive.Hash
	case in.Source.Asset != nil:
		return in.Source.Asset.Hash
	}
	return ""
}

func (in CopyInputs) place() string {
	return in.Connection.address() + ":" + in.RemotePath
}

func (in CopyInputs) copy(ctx context.Context) error {
	connection, err := in.Connection.dial(ctx)
	if err != nil {
		return err
	}
	defer connection.Close()
	defer context.AfterFunc(ctx, func() { _ = connection.Close() })()

	// Files are written from start to end, so a write that fails early cannot leave a gap.
	client, err := sftp.NewClient(connection.Client, sftp.UseConcurrentWrites(true))
	if err != nil {
		return fmt.Errorf("the SSH server offers no sftp: %w", err)
	}
	defer client.Close()

	to := target{client}
	if in.Source.Asset != nil && in.Source.Asset.IsText() {
		err = to.text(in.Source.Asset.Text, in.RemotePath)
	} else {
		err = to.path(in.sourcePath(), in.RemotePath)
	}
	if err != nil && ctx.Err() != nil {
		return lifecycle.Stopped(ctx)
	}
	return err
}

func (in CopyInputs) sourcePath() string {
	if in.Source.Asset != nil {
		return in.Source.Asset.Path
	}
	return in.Source.Archive.Path
}
