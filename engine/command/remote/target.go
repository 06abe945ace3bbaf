package remote

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/sftp"
)

// target is where files are copied to. Its paths have forward slashes, whatever this machine uses.
type target struct {
	*sftp.Client
}

// text writes content to a file, whose name the path must include.
func (t target) text(content, dest string) error {
	info, err := t.stat(dest)
	if err != nil {
		return err
	}
	if info != nil && info.IsDir() {
		return fmt.Errorf("remote path %s is a directory: a string asset has no name, so remotePath must be "+
			"that of a file", dest)
	}
	if err := t.directory(path.Dir(dest)); err != nil {
		return err
	}
	return t.write(strings.NewReader(content), dest)
}

// path copies a file or a directory. As with rsync, a trailing slash on a source directory means its
// content; without one the directory itself appears at the destination, which is created if missing.
// A file goes into a destination that is a directory, and otherwise becomes the destination.
func (t target) path(source, dest string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	destInfo, err := t.stat(dest)
	if err != nil {
		return err
	}
	switch {
	case info.IsDir():
		if !strings.HasSuffix(source, "/") {
			if err := t.directory(dest); err != nil {
				return err
			}
			dest = path.Join(dest, filepath.Base(source))
		}
		return t.tree(source, dest)
	case destInfo != nil && destInfo.IsDir():
		dest = path.Join(dest, filepath.Base(source))
	default:
		if err := t.directory(path.Dir(dest)); err != nil {
			return err
		}
	}
	return t.file(source, dest)
}

func (t target) tree(source, dest string) error {
	return fs.WalkDir(os.DirFS(source), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return t.directory(path.Join(dest, name))
		}
		return t.file(filepath.Join(source, name), path.Join(dest, name))
	})
}

func (t target) file(source, dest string) error {
	local, err := os.Open(source)
	if err != nil {
		return err
	}
	defer local.Close()
	return t.write(local, dest)
}

func (t target) write(content io.Reader, dest string) error {
	remote, err := t.Create(dest)
	if err != nil {
		return fmt.Errorf("failed to create remote file %s: %w", dest, err)
	}
	_, err = remote.ReadFrom(content)
	// Closing may be what reports a full disk.
	if err = errors.Join(err, remote.Close()); err != nil {
		return fmt.Errorf("failed to write remote file %s: %w", dest, err)
	}
	return nil
}

// directory makes sure that dest is a directory.
func (t target) directory(dest string) error {
	info, err := t.stat(dest)
	if err != nil {
		return err
	}
	if info != nil {
		if !info.IsDir() {
			return fmt.Errorf("remote path %s exists but is not a directory", dest)
		}
		return nil
	}
	if err := t.MkdirAll(dest); err != nil {
		return fmt.Errorf("failed to create remote directory %s: %w", dest, err)
	}
	return nil
}

// stat returns nil for what is not there.
func (t target) stat(dest string) (fs.FileInfo, error) {
	info, err := t.Stat(dest)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("failed to stat remote path %s: %w", dest, err)
	}
	return info, nil
}
