//go:build tools

// Package tools pins Pulumi's Node language host as a dependency, so that go.sum covers everything its build needs.
package tools

import _ "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"
