"""A stand-in for LocalAI: its HTTP API as far as aistack uses it, without any model behind it.

LocalAI is in no package registry, so tests on closed networks talk to this. Paths, status codes and bodies are those of
core/http/routes, core/http/endpoints/localai and core/http/auth of mudler/LocalAI (v4.9, August 2026).
Environment, as LocalAI's: LOCALAI_ADDRESS, LOCALAI_MODELS_PATH, LOCALAI_BACKENDS_PATH, LOCALAI_API_KEY,
LOCALAI_PRELOAD_MODELS. Its own: STAND_IN_PRELOAD_SECONDS (how much longer it calls itself not ready),
STAND_IN_INSTALL_SECONDS (how long an installation takes), STAND_IN_HARDWARE (what backends are built for: `cpu`, `cuda12`).
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import openai
from gallery import Gallery
from operations import Operations

VERSION = "stand-in (no commit)"
PUBLIC = {"/healthz", "/readyz"}
IMPORTABLE = ("huggingface://", "oci://", "ollama://")


class Failure(Exception):
    """An answer that is an error, in the shape of OpenAI's API."""

    def __init__(self, status, message, kind=""):
        super().__init__(message)
        self.status = status
        self.body = {"error": {"code": status, "message": message, "type": kind}}


class StandIn:
    def __init__(self, environment):
        self.keys = [key for key in environment.get("LOCALAI_API_KEY", "").split(",") if key != ""]
        self.gallery = Gallery(
            environment.get("LOCALAI_MODELS_PATH", "/models"),
            environment.get("LOCALAI_BACKENDS_PATH", "/backends"),
            float(environment.get("STAND_IN_INSTALL_SECONDS", "0.2")),
            environment.get("STAND_IN_HARDWARE", "cpu"),
        )
        self.operations = Operations()
        self.ready = False
        preload = json.loads(environment.get("LOCALAI_PRELOAD_MODELS") or "[]")
        delay = float(environment.get("STAND_IN_PRELOAD_SECONDS", "0"))
        threading.Thread(target=self._preload, args=(preload, delay), daemon=True).start()

    def _preload(self, requests, delay):
        time.sleep(delay)
        for request in requests:
            try:
                self._install(request)(lambda *_: None)
            except Exception as error:  # as LocalAI does: it starts all the same
                log(f"cannot preload {request}: {error}")
        self.ready = True
        log("ready")

    def _install(self, request):
        reference, url = request.get("id", ""), request.get("url", "")
        if reference != "":
            return lambda progress: self.gallery.install_model(reference, request, progress)
        return lambda progress: self.gallery.install_from_url(url, request.get("name", ""), progress)

    # The routes, by method and path; each returns what is sent as JSON.

    def get_models(self):
        return openai.models(self.gallery.models())

    def get_available_models(self):
        return self.gallery.available_models()

    def get_backends(self):
        return self.gallery.backends()

    def get_version(self):
        return {"version": VERSION}

    def get_job(self, identifier):
        status = self.operations.statuses.get(identifier)
        if status is None:
            raise Failure(500, "could not find any status for ID")
        return status

    def apply_model(self, request, base):
        identifier = self.operations.add("model", request.get("id", ""), self._install(request))
        return {"uuid": identifier, "status": f"{base}models/jobs/{identifier}"}

    def import_model(self, request, base):
        uri = request.get("uri", "")
        if not uri.startswith(IMPORTABLE) and not uri.endswith(".gguf"):
            raise Failure(500, f"failed to discover model config: no importer matched for {uri}")
        name = (request.get("preferences") or {}).get("name") or uri.rsplit("/", 1)[-1]
        action = lambda progress: self.gallery.import_model(uri, name, progress)  # noqa: E731
        identifier = self.operations.add("model", name, action)
        return {"uuid": identifier, "status": f"{base}models/jobs/{identifier}"}

    def delete_model(self, name, base):
        action = lambda progress: self.gallery.delete_model(name)  # noqa: E731
        identifier = self.operations.add("model", name, action, deletion=True)
        return {"uuid": identifier, "status": f"{base}models/jobs/{identifier}"}

    def apply_backend(self, request, base):
        name, force = request.get("id", ""), request.get("force", False)
        action = lambda progress: self.gallery.install_backend(name, progress, force)  # noqa: E731
        identifier = self.operations.add("backend", name, action)
        return {"id": identifier, "status_url": f"{base}backends/jobs/{identifier}"}

    def expect_model(self, request):
        name = request.get("model", "")
        if name not in self.gallery.models():
            hint = "To see available models, call GET /v1/models"
            raise Failure(404, f'model "{name}" not found. {hint}', "invalid_request_error")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer leaves in one piece: in several, each waits for the client to confirm the one before.
    wbufsize = -1
    stand_in: StandIn

    def version_string(self):
        return "localai-stand-in"

    def do_GET(self):
        self._answer(self._get)

    def do_POST(self):
        self._answer(self._post)

    def _answer(self, route):
        path = urlsplit(self.path).path.rstrip("/")
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        try:
            if path not in PUBLIC:
                self._authenticate()
            route(path, body)
        except Failure as failure:
            headers = {"WWW-Authenticate": "Bearer"} if failure.status == 401 else {}
            self._send(failure.status, failure.body, headers)

    def _authenticate(self):
        keys = self.stand_in.keys
        if keys and self._key() not in keys:
            raise Failure(401, "An authentication key is required", "invalid_request_error")

    def _key(self):
        authorization = self.headers.get("Authorization", "")
        given = [authorization.removeprefix("Bearer "), self.headers.get("x-api-key"), self.headers.get("xi-api-key")]
        return next((key for key in given if key), "")

    def _get(self, path, _body):
        stand_in = self.stand_in
        routes = {
            "/v1/models": stand_in.get_models,
            "/models": stand_in.get_models,
            "/models/available": stand_in.get_available_models,
            "/models/jobs": lambda: stand_in.operations.statuses,
            "/backends": stand_in.get_backends,
            "/version": stand_in.get_version,
        }
        if path == "/healthz" or (path == "/readyz" and stand_in.ready):
            self._send(200)
        elif path == "/readyz":
            self._send(503, {"status": "starting", "reason": "startup preload in progress"})
        elif path in routes:
            self._send(200, routes[path]())
        elif path.startswith(("/models/jobs/", "/backends/jobs/")):
            self._send(200, stand_in.get_job(path.rsplit("/", 1)[-1]))
        else:
            raise Failure(404, "Resource not found")

    def _post(self, path, body):
        stand_in = self.stand_in
        base = f"http://{self.headers.get('Host', 'localhost')}/"
        if path.startswith("/models/delete/"):
            self._send(200, stand_in.delete_model(path.removeprefix("/models/delete/"), base))
            return
        applied = {
            "/models/apply": stand_in.apply_model,
            "/models/import-uri": stand_in.import_model,
            "/backends/apply": stand_in.apply_backend,
        }
        answered = {"/v1/chat/completions": self._chat, "/v1/embeddings": self._embeddings}
        if path not in applied and path not in answered:
            raise Failure(404, "Resource not found")
        try:
            request = json.loads(body or b"{}")
        except json.JSONDecodeError as error:
            raise Failure(400, f"code=400, message=Syntax error: {error}") from error
        if path in applied:
            self._send(200, applied[path](request, base))
        else:
            stand_in.expect_model(request)
            answered[path](request)

    def _chat(self, request):
        if not request.get("stream"):
            self._send(200, openai.chat(request))
            return
        self.send_response(200)
        self._stand_in_header()
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-cache")
        # Without a length: the end of the connection is the end of the answer.
        self.send_header("Connection", "close")
        self.end_headers()
        for chunk in openai.chat_chunks(request):
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            self.wfile.flush()
        self.wfile.write(b"data: [DONE]\n\n")

    def _embeddings(self, request):
        self._send(200, openai.embeddings(request))

    def _send(self, status, body=None, headers=()):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self._stand_in_header()
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if body is not None:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stand_in_header(self):
        self.send_header("X-Stand-In", "LocalAI")

    def log_message(self, format, *args):
        log(f"{self.command} {urlsplit(self.path).path} {args[1] if len(args) > 1 else ''}".rstrip())


def log(line):
    print(f"stand-in for LocalAI: {line}", file=sys.stderr, flush=True)


def main():
    if "--help" in sys.argv:
        print(__doc__)
        return
    host, _, port = os.environ.get("LOCALAI_ADDRESS", ":8080").rpartition(":")
    Handler.stand_in = StandIn(os.environ)
    server = ThreadingHTTPServer((host or "0.0.0.0", int(port)), Handler)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # The port is known only now where 0 was asked for.
    log(f"listening on {server.server_address[0]}:{server.server_address[1]}; no model behind it")
    server.serve_forever()


main()
