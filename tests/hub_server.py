"""A loopback server that answers the official Hugging Face client and records its requests."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

TOKEN = "hf_" + "0" * 34


@dataclass
class Repository:
    """What the server has of a repository: who may read it, and its files."""

    private: bool
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Hub:
    """State of the server.

    Attributes
    ----------
    calls : list of str
        Method and path of each request, in order.
    repositories : dict of str to Repository
        By kind and name: "datasets/our-lab/customs".
    blobs : dict of str to bytes
        Large files by their SHA-256.
    elsewhere : str
        Address of the store of large files, if it is another one.
    """

    url: str = ""
    calls: list[str] = field(default_factory=list)
    repositories: dict[str, Repository] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    elsewhere: str = ""

    def answer(self, method: str, path: str, body: bytes, token: str) -> tuple[int, object]:
        """Return status and content of an answer."""
        self.calls.append(f"{method} {path}")
        if method == "PUT":
            self.blobs[path.rpartition("/")[2]] = body
            return 200, {}
        if token != f"Bearer {TOKEN}":
            return 401, {"error": "Invalid username or password."}
        if path == "/api/validate-yaml":
            return 200, {"errors": [], "warnings": []}
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path.endswith("/info/lfs/objects/batch"):
            return 200, {"objects": [self._place(asked) for asked in json.loads(body)["objects"]]}
        for name, repository in self.repositories.items():
            if path == f"/api/{name}":
                _, _, identifier = name.partition("/")
                return 200, {"id": identifier, "private": repository.private, "sha": "0" * 40}
            if path == f"/api/{name}/preupload/main":
                return 200, {"files": [self._mode(file) for file in json.loads(body)["files"]]}
            if path == f"/api/{name}/commit/main":
                self._commit(repository, [json.loads(line) for line in body.splitlines()])
                return 200, {"commitUrl": f"{self.url}/{name}/commit/1", "commitOid": "1" * 40}
        return 404, {"error": "Repository not found"}

    def _create(self, asked):
        name = f"{asked.get('type', 'model')}s/{asked['organization']}/{asked['name']}"
        url = f"{self.url}/{name.removeprefix('models/')}"
        if name in self.repositories:
            return 409, {"error": "You already created this repo", "url": url}
        self.repositories[name] = Repository(asked.get("visibility") == "private")
        return 200, {"url": url, "name": f"{asked['organization']}/{asked['name']}"}

    def _mode(self, file):
        mode = "lfs" if file["path"].endswith(".parquet") else "regular"
        return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}

    def _place(self, asked):
        href = f"{self.elsewhere or self.url}/large/{asked['oid']}"
        return {**asked, "actions": {"upload": {"href": href}}}

    def _commit(self, repository, operations):
        for operation in operations:
            value = operation["value"]
            if operation["key"] == "file":
                repository.files[value["path"]] = base64.b64decode(value["content"])
            elif operation["key"] == "lfsFile":
                repository.files[value["path"]] = self.blobs[value["oid"]]


@contextmanager
def serving() -> Iterator[Hub]:
    """Serve on a free port of the loopback."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_any(self) -> None:
            body = self._body()
            path = urlsplit(self.path).path
            token = self.headers.get("Authorization", "")
            status, content = hub.answer(self.command, path, body, token)
            answer = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_any

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def log_message(self, *arguments) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
