"""Whether somebody is still writing a file: Asterisk closes a track a moment after it reports the hangup."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import time
from pathlib import Path

#: Where the kernel cannot tell, a file that was quiet for so long is taken as finished; MixMonitor flushes every 4 s.
QUIET_SECONDS = 10.0


def being_written(path: Path) -> bool:
    """Whether any process has the file open for writing.

    The kernel grants a read lease only on a file that nobody writes (fcntl(2), F_SETLEASE). Where there are no leases
    (another owner's file, a network file system) the file's age decides.

    Raises:
        OSError: the file cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        # Until the descriptor is closed a new writer would send us SIGIO, which ends a process; SIGURG is ignored.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            return True
        return time.time() - os.fstat(descriptor).st_mtime < QUIET_SECONDS
    finally:
        os.close(descriptor)
    return False
