//go:build tools

// Package tools pins what the recipe builds: Ollama itself, and malgo, whose
// module archive carries the miniaudio.h that Ollama's leaves out.
package tools

import (
	_ "github.com/gen2brain/malgo"
	_ "github.com/ollama/ollama"
)
