package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Run is the function command:local:run, which runs its command in previews too.
type Run struct{}

var _ infer.Fn[RunInputs, RunResult] = (*Run)(nil)

// Invoke runs the command.
func (*Run) Invoke(
	ctx context.Context, req infer.FunctionRequest[RunInputs],
) (infer.FunctionResponse[RunResult], error) {
	result := RunResult{RunInputs: req.Input}
	err := result.Results.fill(ctx, req.Input.Command, req.Input.Settings)
	return infer.FunctionResponse[RunResult]{Output: result}, err
}
