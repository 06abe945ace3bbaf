// Command pulumi-resource-docker is Pulumi's docker plugin, built from package registries alone: the
// upstream Terraform provider behind Pulumi's bridge, with the names that @pulumi/docker uses.
//
// This module's own path begins with the provider's, which is what lets it import the provider's
// internal package.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// version is that of the npm package this plugin serves; the build sets it.
var version = "0.0.0"

func main() {
	info := providerInfo(version)
	schema, err := json.Marshal(packageSchema(info))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// `pulumi-resource-docker schema` tells what the plugin understands, for the contract tests.
	if len(os.Args) == 2 && os.Args[1] == "schema" {
		fmt.Println(string(schema))
		return
	}
	tfbridge.Main(packageName, version, info, schema)
}
