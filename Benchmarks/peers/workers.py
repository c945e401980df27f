"""The worker processes and the line protocol that they are spoken to in."""

import json
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent

COMMANDS = {
    "ours": [str(FOLDER / "worker/.build/release/PeerWorker")],
    "torch": [sys.executable, str(FOLDER / "torch_worker.py")],
    "onednn": [str(FOLDER / ".build/onednn_worker")],
}

# Memory that PyTorch frees stays its own, touched, for its next output (see torch_worker.py).
ENVIRONMENT = {"torch": {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 60)}}


class Worker:
    """A process that answers one line of JSON with another; it sleeps in between."""

    def __init__(self, name, environment=None):
        self.name = name
        command = COMMANDS[name]
        if not Path(command[0]).exists():
            raise SystemExit(f"{command[0]} is missing; `make peers` builds it")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | ENVIRONMENT.get(name, {}) | (environment or {}))

    def ask(self, request):
        """The reply to a request. An error on the other side ends the run, with both lines."""
        line = json.dumps(request, separators=(",", ":"))
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        shown = line if len(line) < 300 else line[:300] + "…"
        if not answer:
            raise SystemExit(f"the worker {self.name} ended without an answer to {shown}")
        reply = json.loads(answer)
        if "error" in reply:
            raise SystemExit(f"the worker {self.name} answered {reply['error']} to {shown}")
        return reply

    def close(self):
        """Lets the process end by itself."""
        self.process.stdin.close()
        self.process.wait(timeout=30)


def start():
    """All workers, by name, and what each says of itself."""
    workers = {name: Worker(name) for name in COMMANDS}
    return workers, {name: worker.ask({"operation": "describe"})
                     for name, worker in workers.items()}
