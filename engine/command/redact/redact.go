// Package redact keeps secret inputs out of log lines and error messages.
package redact

import (
	"context"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

const (
	placeholder = "[secret]"
	// Shorter values are no secrets worth the name, and hiding them would riddle every message.
	minLength = 4
)

// A connection is secret as a whole, but its host, port and user belong into an error message.
var connectionSecrets = []string{"password", "privateKey", "privateKeyPassword"}

type contextKey struct{}

// With returns a context in which Text hides the secrets of values.
func With(ctx context.Context, values ...property.Map) context.Context {
	var found []string
	for _, m := range values {
		for key, v := range m.All {
			if key == "connection" {
				found = append(found, fromConnection(v)...)
			} else {
				found = append(found, secretStrings(v, false)...)
			}
		}
	}
	if len(found) == 0 {
		return ctx
	}
	// The longest first: a secret that contains another one must go as a whole.
	slices.SortFunc(found, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(found))
	for _, s := range found {
		pairs = append(pairs, s, placeholder)
	}
	return context.WithValue(ctx, contextKey{}, strings.NewReplacer(pairs...))
}

// Text returns s without the secrets that ctx knows of.
func Text(ctx context.Context, s string) string {
	if r, ok := ctx.Value(contextKey{}).(*strings.Replacer); ok {
		return r.Replace(s)
	}
	return s
}

func fromConnection(v property.Value) []string {
	if !v.IsMap() {
		return nil
	}
	var found []string
	for key, field := range v.AsMap().All {
		if slices.Contains(connectionSecrets, key) {
			found = append(found, secretStrings(field, true)...)
		}
		if key == "proxy" {
			found = append(found, fromConnection(field)...)
		}
	}
	return found
}

func secretStrings(v property.Value, secret bool) []string {
	secret = secret || v.Secret()
	var found []string
	switch {
	case v.IsString() && secret:
		found = parts(v.AsString())
	case v.IsArray():
		for _, item := range v.AsArray().All {
			found = append(found, secretStrings(item, secret)...)
		}
	case v.IsMap():
		for _, item := range v.AsMap().All {
			found = append(found, secretStrings(item, secret)...)
		}
	}
	return found
}

// parts returns a secret as a whole and line by line: programs quote single lines of their input,
// and logs are written by line.
func parts(secret string) []string {
	var found []string
	for _, s := range append(strings.Split(secret, "\n"), secret) {
		if s = strings.TrimSpace(s); len(s) >= minLength {
			found = append(found, s)
		}
	}
	return found
}
