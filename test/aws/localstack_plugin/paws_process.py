"""One process of a function: Node with the runtime interface client, and the Runtime API that it asks."""

import json
import os
import queue
import select
import subprocess
import threading
from concurrent.futures import Future, TimeoutError
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PREFIX = "/2018-06-01/runtime"
# Lambda's own limit.
ANSWER_MAX_BYTES = 6_291_556
# Lambda's is 10; a machine that is busy with other suites takes longer.
INIT_SECONDS = 60


def error_body(error_type: str, message: str) -> bytes:
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()


class FunctionProcess:
    """Starts with its construction. Each process has an API of its own: none is asked by a dead one."""

    def __init__(self, code: Path, environment: dict[str, str]):
        self.events: queue.Queue[dict | None] = queue.Queue()
        self.ready: Future[bytes | None] = Future()  # what it said of a failed initialisation
        self.answer: Future[tuple[bool, bytes]] = Future()
        self.taken = False
        self.log = b""
        self.log_lock = threading.Lock()
        self.api = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.api.daemon_threads = True
        threading.Thread(target=self.api.serve_forever, args=(0.05,), daemon=True).start()
        env = {
            **environment,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.api.server_port}",
            "LAMBDA_TASK_ROOT": str(code),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
        }
        self.process = subprocess.Popen(
            [os.environ["PAWS_LAMBDA_NODE"], os.environ["PAWS_LAMBDA_RIC"], environment["_HANDLER"]],
            cwd=code,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # The group of LocalStack itself: who ends the group, ends the functions.
            bufsize=0,
        )
        os.set_blocking(self.process.stdout.fileno(), False)
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        """Reads its output, lest a full pipe stop it, and tells those who wait that it has ended."""
        while self.process.poll() is None:
            select.select([self.process.stdout], [], [], 0.05)
            self._read()
        self._read()
        self.api.shutdown()
        self.api.server_close()
        self.events.put(None)
        ended = error_body("Runtime.ExitError", f"Error: Runtime exited with error: {self._status()}")
        _settle(self.ready, ended)
        _settle(self.answer, (True, ended))

    def _status(self) -> str:
        code = self.process.returncode
        return f"exit status {code}" if code >= 0 else f"signal: {-code}"

    def _read(self) -> None:
        with self.log_lock:
            try:
                while part := self.process.stdout.read(65536):
                    self.log += part
            except (BlockingIOError, ValueError):
                pass

    def ended(self) -> bool:
        """Not by poll(): while another thread is in it, that says of a dead process that it lives."""
        try:
            flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return os.waitid(os.P_PID, self.process.pid, flags) is not None
        except ChildProcessError:
            return True

    def alive(self) -> bool:
        return not self.ended() and not self.answer.done()

    def wait_for_start(self) -> bytes | None:
        """None when it asks for events, else the error's body."""
        try:
            return self.ready.result(timeout=INIT_SECONDS)
        except TimeoutError:
            self.kill()
            return error_body("Sandbox.Timedout", f"Error: Task timed out after {INIT_SECONDS}.00 seconds")

    def deliver(self, payload: dict[str, str], seconds: int) -> tuple[bool, bytes]:
        """(failed, body) of one event. Kills the process when its time is up."""
        self.events.put(payload)
        try:
            failed, body = self.answer.result(timeout=seconds)
        except TimeoutError:
            self.kill()
            message = f"RequestId: {payload['invoke-id']} Error: Task timed out after {seconds}.00 seconds"
            return True, error_body("Sandbox.Timedout", message)
        if not self.ended():
            self.answer = Future()
            self.taken = False
        return failed, body

    def take_log(self) -> str:
        """What it wrote since the last call."""
        if not self.process.stdout.closed:
            self._read()
        with self.log_lock:
            log, self.log = self.log, b""
        return log.decode(errors="replace")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def _settle(future: Future, value) -> None:
    if not future.done():
        future.set_result(value)


def _handler_of(owner: FunctionProcess) -> type[BaseHTTPRequestHandler]:
    class RuntimeApi(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args) -> None:
            pass

        def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            _settle(owner.ready, None)
            event = owner.events.get()
            # Who is dead takes nothing: the event is for the next process.
            if event is None or owner.ended():
                self.close_connection = True
                return
            owner.taken = True
            self.reply(
                200,
                event["payload"].encode(),
                {
                    "Lambda-Runtime-Aws-Request-Id": event["invoke-id"],
                    "Lambda-Runtime-Deadline-Ms": event["deadline-ms"],
                    "Lambda-Runtime-Invoked-Function-Arn": event["invoked-function-arn"],
                    "Lambda-Runtime-Trace-Id": event["trace-id"],
                },
            )

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if self.path == f"{PREFIX}/init/error":
                self.reply(202, b"{}")
                _settle(owner.ready, body)
            elif self.path.endswith("/response") and len(body) > ANSWER_MAX_BYTES:
                limit = f"({ANSWER_MAX_BYTES} bytes)."
                too_large = f"Response payload size exceeded maximum allowed payload size {limit}"
                refused = error_body("Function.ResponseSizeTooLarge", too_large)
                self.reply(413, refused)
                _settle(owner.answer, (True, refused))
            else:
                self.reply(202, b"{}")
                _settle(owner.answer, (self.path.endswith("/error"), body))

    return RuntimeApi
