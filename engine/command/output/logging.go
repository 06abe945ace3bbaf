package output

import "github.com/pulumi/pulumi-go-provider/infer"

// The values of the `logging` input; it chooses which streams are shown while a command runs.
const (
	logStdout = "stdout"
	logStderr = "stderr"
	logBoth   = "stdoutAndStderr"
	logNone   = "none"
)

// LoggingValues describes the enumeration. Each module has a type of its own, as the schema wants.
func LoggingValues[T ~string]() []infer.EnumValue[T] {
	return []infer.EnumValue[T]{
		{Name: logStdout, Value: T(logStdout), Description: "Show stdout only."},
		{Name: logStderr, Value: T(logStderr), Description: "Show stderr only."},
		{Name: logBoth, Value: T(logBoth), Description: "Show stdout and stderr."},
		{Name: logNone, Value: T(logNone), Description: "Show nothing."},
	}
}

func shows[T ~string](logging *T, stream string) bool {
	return logging == nil || string(*logging) == logBoth || string(*logging) == stream
}
