"""The process that solves one scenario: it can be killed, and takes no more memory than it is given.

`python -m api.jobs.child PROGRAM MEGABYTES PARENT` reads a pickled order from standard input and answers in
messages on standard output. It ends with the worker that started it, however that ends.
"""

import ctypes
import os
import pickle
import resource
import signal
import sys
import threading
import time
from dataclasses import dataclass, field

from api.jobs.messages import STOP, Kind, Message, received_whole, send
from api.jobs.solve_order import Draft, SolveOrder, Tell, program_named
from models.errors import SlotwrightError

PAUSE_SECONDS = 0.2
"""Drafts that come faster than this are not sent: each is a plan of its own."""
ENDING_SECONDS = 1.5
"""How long the solver may take to come to an end by itself once it is asked to."""
PR_SET_PDEATHSIG = 1
MEGABYTE = 1 << 20


def main() -> None:
    """Solve one order; exit status 0 once everything has been said."""
    program, megabytes, parent = sys.argv[1:]
    _die_with(int(parent))
    _limit_memory(int(megabytes) * MEGABYTE)
    threading.excepthook = _end_with_thread
    pipe = _private_stdout()
    order: SolveOrder = pickle.loads(received_whole(0))  # noqa: S301  from the process that started this one
    talk = _Talk(pipe)
    threading.Thread(target=_listen, args=(talk,), name="listening", daemon=True).start()
    threading.Thread(target=talk.go_on, name="talking", daemon=True).start()
    try:
        solve = program_named(program)
        talk.say(Message(kind=Kind.BEGUN))
        draft = solve(order, Tell(talk.keep, talk.explaining, talk.stopped.is_set))
        how = Kind.STOPPED if talk.stopped.is_set() else Kind.DONE
        talk.say_last(_message(how, draft, whole=True))
    except SlotwrightError as refusal:
        talk.say_last(Message(kind=Kind.REFUSED, reason=str(refusal)))
    except MemoryError:
        talk.say_last(Message(kind=Kind.REFUSED, reason=f"it takes more than {megabytes} MB of memory"))


def _die_with(parent: int) -> None:
    """Have the kernel end this process when its parent dies; it may be dead already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _limit_memory(size: int) -> None:
    """Whatever asks for more fails: the solver has no limit of its own that it keeps."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = size if most == resource.RLIM_INFINITY else min(size, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _private_stdout() -> int:
    """The pipe to the worker; whatever else is printed goes to standard error."""
    pipe = os.dup(1)
    os.dup2(2, 1)
    return pipe


def _end_with_thread(fault: threading.ExceptHookArgs) -> None:
    """A thread that dies takes the process with it: half of it would only seem to work."""
    if fault.exc_value is not None:
        sys.excepthook(fault.exc_type, fault.exc_value, fault.exc_traceback)
    os._exit(1)


def _listen(talk: "_Talk") -> None:
    """End when the worker is gone; stop when it says so, with or without explanations."""
    if os.read(0, 1) != STOP:
        os._exit(1)
    talk.stopped.set()
    time.sleep(ENDING_SECONDS)
    talk.say_last(Message(kind=Kind.STOPPED))


def _message(kind: Kind, draft: Draft, *, whole: bool) -> Message:
    return Message(
        kind=kind,
        document=draft.document() if whole else None,
        objective=draft.objective,
        bound=draft.bound,
    )


@dataclass
class _Talk:
    """Says one thing after the other, and of drafts only the latest."""

    pipe: int
    stopped: threading.Event = field(default_factory=threading.Event)
    _latest: Draft | None = None
    _sent: Draft | None = None
    _news: threading.Event = field(default_factory=threading.Event)
    _saying: threading.RLock = field(default_factory=threading.RLock)

    def keep(self, draft: Draft) -> None:
        """Called by the solver with each better draft; it is sent when its turn comes."""
        self._latest = draft
        self._news.set()

    def say(self, message: Message) -> None:
        with self._saying:
            send(self.pipe, message)

    def explaining(self) -> None:
        """What has been found is the plan."""
        with self._saying:
            self._send_draft()
            self.say(Message(kind=Kind.EXPLAINING))

    def say_last(self, message: Message) -> None:
        """Say it and end at once, whatever threads of a solver still run."""
        with self._saying:
            if message.document is None:
                self._send_draft()
            self.say(message)
            os._exit(0)

    def go_on(self) -> None:
        """Send drafts as they come, until the process ends."""
        pause = threading.Event()
        while True:
            self._news.wait()
            self._news.clear()
            with self._saying:
                self._send_draft()
            pause.wait(PAUSE_SECONDS)

    def _send_draft(self) -> None:
        draft, sent = self._latest, self._sent
        if draft is None or draft is sent:
            return
        self.say(_message(Kind.DRAFT, draft, whole=sent is None or sent.plan is not draft.plan))
        self._sent = draft


if __name__ == "__main__":
    main()
