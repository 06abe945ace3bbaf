"""What the stand-in for LocalAI knows of models and backends: two small galleries, and what of them is installed.

What is installed lies on disk as LocalAI keeps it: MODELS/NAME.yaml, BACKENDS/NAME/run.sh and metadata.json, so that a
recreated container has it, too. Sources: core/gallery/models.go and backends.go of mudler/LocalAI.
"""

import json
import os
import re
import time

# Model of the gallery -> the backend that it runs on.
MODELS = {
    "stand-in-chat": "llama-cpp",
    "stand-in-embeddings": "llama-cpp",
    "stand-in-speech": "whisper",
}
# Backend of the gallery -> the build that is installed for it on a CPU; a name of its own is no meta backend.
BACKENDS = {"llama-cpp": "cpu-llama-cpp", "whisper": "cpu-whisper", "piper": "piper"}

SIZE = 4 * 1024
UNREACHABLE = re.compile(r"://unreachable\.invalid(/|$)")


class InstallError(Exception):
    """An installation failed; LocalAI's own text."""


class Gallery:
    """Installs into two folders; `seconds` is how long one installation takes, `hardware` what builds are for."""

    def __init__(self, models_path, backends_path, seconds, hardware="cpu"):
        self.hardware = hardware
        self.models_path = models_path
        self.backends_path = backends_path
        self.seconds = seconds
        os.makedirs(models_path, exist_ok=True)
        os.makedirs(backends_path, exist_ok=True)

    def models(self):
        names = (name for name in os.listdir(self.models_path) if name.endswith(".yaml"))
        return sorted(name.removesuffix(".yaml") for name in names if not name.startswith("._gallery_"))

    def backends(self):
        listed = []
        for folder in sorted(os.listdir(self.backends_path)):
            with open(os.path.join(self.backends_path, folder, "metadata.json"), encoding="utf-8") as file:
                metadata = json.load(file)
            build = metadata.get("meta_backend_for", "")
            run_file = os.path.join(self.backends_path, build or folder, "run.sh")
            listed.append(
                {"Name": folder, "RunFile": run_file, "IsMeta": build != "", "IsSystem": False, "Metadata": metadata}
            )
        return listed

    def available_models(self):
        installed = set(self.models())
        return [
            {"name": name, "backend": backend, "gallery": {"name": "localai"}, "installed": name in installed}
            for name, backend in MODELS.items()
        ]

    def install_model(self, reference, request, progress):
        """A model of the gallery, by `name` or `gallery@name`."""
        name = _without_gallery(reference)
        if name not in MODELS:
            raise InstallError(f'no model found with name "{reference}"')
        self._fetch(f"{name}.bin", progress)
        self._write_model(request.get("name") or name, MODELS[name], f"gallery:{name}")
        self.install_backend(MODELS[name], progress)

    def install_from_url(self, url, name, progress):
        """A model whose configuration is a file on the network."""
        if UNREACHABLE.search(url):
            raise InstallError(f'failed to get gallery config: Get "{url}": no such host')
        self._fetch(url.rsplit("/", 1)[-1], progress)
        self._write_model(name, "llama-cpp", url)

    def import_model(self, uri, name, progress):
        """Weights from anywhere, for which LocalAI has made up a configuration."""
        if UNREACHABLE.search(uri):
            raise InstallError(f'failed to download url "{uri}": no such host')
        self._fetch(uri.rsplit("/", 1)[-1], progress)
        self._write_model(name, "llama-cpp", uri)
        self.install_backend("llama-cpp", progress)

    def install_backend(self, reference, progress, force=False):
        """What is there already is left alone unless `force` is set."""
        name = _without_gallery(reference)
        if name not in BACKENDS:
            raise InstallError(f'no backend found with name "{reference}"')
        if not force and any(backend["Name"] == reference for backend in self.backends()):
            return
        build = BACKENDS[name].replace("cpu-", f"{self.hardware}-", 1)
        self._fetch(build, progress)
        self._write_backend(build, {"name": build}, runnable=True)
        if build != name:
            self._write_backend(reference, {"name": reference, "meta_backend_for": build}, runnable=False)

    def delete_model(self, name):
        path = os.path.join(self.models_path, f"{name}.yaml")
        if not os.path.exists(path):
            raise InstallError(f"failed to delete {name}: file does not exist")
        os.remove(path)

    def _fetch(self, file_name, progress):
        ticks = 4
        for tick in range(1, ticks + 1):
            time.sleep(self.seconds / ticks)
            progress(file_name, SIZE * tick // ticks, SIZE)

    def _write_model(self, name, backend, source):
        text = f"name: {json.dumps(name)}\nbackend: {json.dumps(backend)}\ndescription: {json.dumps(source)}\n"
        _write(os.path.join(self.models_path, f"{name}.yaml"), text)

    def _write_backend(self, name, metadata, runnable):
        folder = os.path.join(self.backends_path, name)
        os.makedirs(folder, exist_ok=True)
        if runnable:
            _write(os.path.join(folder, "run.sh"), "#!/bin/sh\necho 'a stand-in has no backends' >&2\nexit 1\n")
        _write(os.path.join(folder, "metadata.json"), json.dumps(metadata))


def _without_gallery(reference):
    return reference.rsplit("@", 1)[-1]


def _write(path, text):
    with open(f"{path}.part", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(f"{path}.part", path)
