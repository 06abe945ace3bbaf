//go:build tools

// Package tools pins Docker Compose, the reference our own merge of Compose files is compared with.
package tools

import _ "github.com/docker/compose/v2/cmd"
