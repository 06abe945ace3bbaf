package local

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// collect fills in the files that assetPaths and archivePaths ask for.
func (r *Results) collect(dir string, s Settings) error {
	if s.AssetPaths != nil {
		found, err := findFiles(dir, *s.AssetPaths)
		if err != nil {
			return fmt.Errorf("assetPaths: %w", err)
		}
		assets := make(map[string]*types.AssetOrArchive, len(found))
		for name, asset := range found {
			assets[name] = &types.AssetOrArchive{Asset: asset}
		}
		r.Assets = &assets
	}
	if s.ArchivePaths != nil {
		found, err := findFiles(dir, *s.ArchivePaths)
		if err != nil {
			return fmt.Errorf("archivePaths: %w", err)
		}
		members := make(map[string]any, len(found))
		for name, asset := range found {
			members[name] = asset
		}
		if r.Archive, err = resource.NewAssetArchive(members); err != nil {
			return fmt.Errorf("archivePaths: %w", err)
		}
	}
	return nil
}

// rule is one glob; a leading "!" takes files out again.
type rule struct {
	glob.Glob
	exclude bool
}

func parseRules(patterns []string) ([]rule, error) {
	rules := make([]rule, 0, len(patterns))
	for _, pattern := range patterns {
		bare, exclude := strings.CutPrefix(pattern, "!")
		compiled, err := glob.Compile(bare, '/')
		if err != nil {
			return nil, fmt.Errorf("%q is not a valid pattern: %w", pattern, err)
		}
		rules = append(rules, rule{compiled, exclude})
	}
	return rules, nil
}

// chosen lets the last rule that matches decide.
func chosen(name string, rules []rule) bool {
	result := false
	for _, r := range rules {
		if r.Match(name) {
			result = !r.exclude
		}
	}
	return result
}

func findFiles(dir string, patterns []string) (map[string]*resource.Asset, error) {
	rules, err := parseRules(patterns)
	if err != nil {
		return nil, err
	}
	found := map[string]*resource.Asset{}
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !chosen(name, rules) {
			return err
		}
		found[name], err = resource.NewPathAsset(path.Join(dir, name))
		return err
	})
	return found, err
}
