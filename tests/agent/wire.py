"""A cable between two programs on this machine that can be cut and mended."""

import contextlib
import select
import socket
import threading
from collections.abc import Iterator


class Wire:
    """Listens on `address` and passes everything on to `target`; while it is cut, nobody gets through."""

    def __init__(self, address: str, target: tuple[str, int]) -> None:
        self.target = target
        self.whole = True
        self._ended = False
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((address, 0))
        self._listener.settimeout(0.05)
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    def cut(self) -> None:
        self.whole = False
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.whole = True

    def end(self) -> None:
        self._ended = True
        self.cut()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _listen(self) -> None:
        while not self._ended:
            try:
                caller, _address = self._listener.accept()
            except TimeoutError:
                continue
            if not self.whole:
                caller.close()
                continue
            self._threads.append(threading.Thread(target=self._carry, args=[caller]))
            self._threads[-1].start()

    def _carry(self, caller: socket.socket) -> None:
        with caller, contextlib.suppress(OSError), socket.create_connection(self.target) as target:
            other = {caller: target, target: caller}
            self._open |= other.keys()
            try:
                while self.whole:
                    for end in select.select(list(other), [], [], 0.2)[0]:
                        content = end.recv(65536)
                        if not content:
                            return
                        other[end].sendall(content)
            finally:
                self._open -= other.keys()


@contextlib.contextmanager
def wire(address: str, target: tuple[str, int]) -> Iterator[Wire]:
    cable = Wire(address, target)
    try:
        yield cable
    finally:
        cable.end()
