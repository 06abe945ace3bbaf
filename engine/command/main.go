// Command pulumi-resource-command is aistack's stand-in for Pulumi's command plugin 1.2.1, for
// networks where the vendor's build cannot be downloaded.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	p "github.com/pulumi/pulumi-go-provider"

	"aistack/engine/command/provider"
)

// version is what the engine is told; set it with -ldflags "-X main.version=…".
var version = "1.2.1"

func main() {
	// The engine ends a plugin with SIGINT, service managers with SIGTERM: both stop running commands.
	shutdown, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	if err := p.RunProvider(shutdown, "command", version, provider.New(shutdown)); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-command:", err)
		os.Exit(1)
	}
}
