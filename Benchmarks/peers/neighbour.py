"""A neighbour that streams through memory and the shared cache on the last processor, while others are measured."""

import os
import threading

from workers import Worker

SHAPE = [64, 256, 56, 56]  # 206 MB a tensor, beyond any cache


class Neighbour:
    """Works from its making until `stop`."""

    def __init__(self):
        self.worker = Worker("ours")
        last = max(os.sched_getaffinity(0))
        os.sched_setaffinity(self.worker.process.pid, {last})
        self.stopped = threading.Event()
        self.ask(1)  # its memory is touched before anybody is measured
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def ask(self, repetitions):
        self.worker.ask({"operation": "limit", "of": "backward", "shape": SHAPE, "layout": "limit",
                         "threads": 1, "repetitions": repetitions, "engine": "ordinary"})

    def run(self):
        while not self.stopped.is_set():
            self.ask(3)

    def stop(self):
        self.stopped.set()
        self.thread.join()
        self.worker.close()
