"""A loopback server that answers the official Kaggle client and records its requests."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LEADERBOARD = "TeamId,TeamName,Score\n7,Busan,0.61\n8,Lagos,0.55\n"


@dataclass
class Kaggle:
    """State of the server.

    Attributes
    ----------
    calls : list of (str, dict)
        Method and request, in order.
    blobs : dict of str to dict
        Name, type and (after the upload) content by token.
    """

    url: str = ""
    calls: list[tuple[str, dict]] = field(default_factory=list)
    blobs: dict[str, dict] = field(default_factory=dict)
    datasets: dict[str, dict] = field(default_factory=dict)
    pages: dict[str, dict] = field(default_factory=lambda: {"rules": {"name": "rules"}})
    submissions: list[dict] = field(default_factory=list)
    refuses_uploads: bool = False

    def called(self, method: str) -> list[dict]:
        return [request for name, request in self.calls if name == method]

    def content(self, token: str) -> bytes:
        return self.blobs[token]["content"]

    def answer(self, method: str, asked: dict) -> dict | bytes | None:
        """Answer a call; None is 404."""
        self.calls.append((method, asked))
        handler = getattr(self, f"_{method.split('/')[1]}")
        return handler(asked)

    def put(self, token: str, content: bytes) -> bool:
        if self.refuses_uploads:
            return False
        self.blobs[token]["content"] = content
        return True

    def _new_blob(self, name: str, kind: str) -> dict:
        token = f"token-{len(self.blobs)}"
        self.blobs[token] = {"name": name, "type": kind}
        return {"token": token, "createUrl": f"{self.url}/upload/{token}"}

    def _StartBlobUpload(self, asked):
        return self._new_blob(asked["name"], asked["type"])

    def _StartSubmissionUpload(self, asked):
        return self._new_blob(asked["fileName"], "SUBMISSION")

    def _GetDatasetStatus(self, asked):
        known = f"{asked['ownerSlug']}/{asked['datasetSlug']}" in self.datasets
        return {"status": "READY"} if known else None

    def _CreateDataset(self, asked):
        name = f"{asked['ownerSlug']}/{asked['slug']}"
        self.datasets[name] = asked
        return {"ref": name, "url": f"{self.url}/datasets/{name}", "status": "ok"}

    def _CreateDatasetVersion(self, asked):
        name = f"{asked['ownerSlug']}/{asked['datasetSlug']}"
        if name not in self.datasets:
            return {"status": "error", "error": "There is no such dataset."}
        return {"ref": name, "url": f"{self.url}/datasets/{name}", "status": "ok"}

    def _CreateCompetition(self, asked):
        return {"id": 5, "ref": asked["slug"], "url": f"{self.url}/competitions/{asked['slug']}"}

    def _CreateCompetitionData(self, asked):
        return {"url": self.url, "databundleId": 1, "databundleVersionId": 3}

    def _CreateCompetitionSolution(self, asked):
        return {}

    def _GetCompetitionSolutionStatus(self, asked):
        return {
            "ready": bool(
                self.called("competitions.CompetitionApiService/CreateCompetitionSolution")
            )
        }

    def _UpdateCompetitionSettings(self, asked):
        return asked["settings"]

    def _ListCompetitionPages(self, asked):
        return {"pages": list(self.pages.values())}

    def _CreateCompetitionPage(self, asked):
        self.pages[asked["page"]["name"]] = asked["page"]
        return asked["page"]

    def _UpdateCompetitionPage(self, asked):
        self.pages[asked["pageName"]] |= asked["page"]
        return self.pages[asked["pageName"]]

    def _LaunchCompetition(self, asked):
        return {}

    def _CreateSubmission(self, asked):
        self.submissions.append(
            {
                "ref": len(self.submissions),
                "fileName": self.blobs[asked["blobFileTokens"]]["name"],
                "date": "2030-03-02T10:00:00.000Z",
                "description": asked.get("submissionDescription", ""),
                "status": "COMPLETE",
                "publicScore": "0.5931",
            }
        )
        return {"message": "Successfully submitted", "ref": 1}

    def _ListSubmissions(self, asked):
        return {"submissions": self.submissions}

    def _GetLeaderboard(self, asked):
        return {
            "submissions": [
                {"teamId": 7, "teamName": "Busan", "score": "0.61",
                 "submissionDate": "2030-03-02T10:00:00Z"},
                {"teamId": 8, "teamName": "Lagos", "score": "0.55",
                 "submissionDate": "2030-03-02T11:00:00Z"},
            ]
        }  # fmt: skip

    def _DownloadLeaderboard(self, asked):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("leaderboard.csv", LEADERBOARD)
        return stream.getvalue()


@contextmanager
def serving() -> Iterator[Kaggle]:
    """Serve on a free port of the loopback."""
    kaggle = Kaggle()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            asked = json.loads(self._body() or b"{}")
            answer = kaggle.answer(self.path.removeprefix("/api/v1/"), asked)
            if answer is None:
                self._send(404, b'{"code": 404, "message": "Not found"}', "application/json")
            elif isinstance(answer, bytes):
                self._send(200, answer, "application/zip")
            else:
                self._send(200, json.dumps(answer).encode(), "application/json")

        def do_PUT(self):
            accepted = kaggle.put(self.path.removeprefix("/upload/"), self._body())
            self._send(200 if accepted else 400, b"", "text/plain")

        def _body(self):
            if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _send(self, status, content, kind):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        kaggle.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield kaggle
        finally:
            server.shutdown()
            thread.join(10)
