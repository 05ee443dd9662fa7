"""Runs a command and writes what it took into a file: seconds of wall time and of processor time, KiB of peak memory, exit code.

Linux counts the memory of the process that starts a program as the program's own. So that is this one, which is small.
"""

import os
import sys
import time

started = time.perf_counter()
process = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(process, 0)
wall = time.perf_counter() - started
with open(sys.argv[1], "w") as file:
    file.write(f"{wall} {used.ru_utime + used.ru_stime} {used.ru_maxrss} {os.waitstatus_to_exitcode(status)}")
