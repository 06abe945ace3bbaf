// Package local runs commands on the machine that runs Pulumi.
package local

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"aistack/engine/command/lifecycle"
	"aistack/engine/command/output"
)

// Logging chooses which output streams are shown while a command runs.
type Logging string

// Values lists what `logging` accepts.
func (Logging) Values() []infer.EnumValue[Logging] { return output.LoggingValues[Logging]() }

// Settings say how a command runs.
type Settings struct {
	Stdin                  *string            `pulumi:"stdin,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	Interpreter            *[]string          `pulumi:"interpreter,optional"`
	Dir                    *string            `pulumi:"dir,optional"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	AssetPaths             *[]string          `pulumi:"assetPaths,optional"`
	ArchivePaths           *[]string          `pulumi:"archivePaths,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

// Results are what a command leaves behind.
type Results struct {
	Stdout  string                            `pulumi:"stdout"`
	Stderr  string                            `pulumi:"stderr"`
	Assets  *map[string]*types.AssetOrArchive `pulumi:"assets,optional"`
	Archive *resource.Archive                 `pulumi:"archive,optional"`
}

// CommandInputs are the arguments of command:local:Command.
type CommandInputs struct {
	lifecycle.Inputs
	Settings
}

// CommandState is what the stack remembers of a command.
type CommandState struct {
	CommandInputs
	Results
}

// RunInputs are the arguments of command:local:run.
type RunInputs struct {
	Settings
	Command string `pulumi:"command"`
}

// RunResult is what command:local:run returns: its arguments and the results.
type RunResult struct {
	RunInputs
	Results
}
