"""Runs one command beside another: `beside.py <command> -- <command in the foreground>`.

The first one is mostly waiting. What it printed comes after the second one has ended. The exit
status is not 0 when one of them failed.
"""

import subprocess
import sys
import tempfile


def main(arguments: list[str]) -> int:
    """Run both; return the exit status."""
    middle = arguments.index("--")
    with tempfile.TemporaryFile("w+") as printed:
        behind = subprocess.Popen(arguments[:middle], stdout=printed, stderr=subprocess.STDOUT)
        try:
            status = subprocess.run(arguments[middle + 1 :], check=False).returncode
        finally:
            other = behind.wait()
            printed.seek(0)
            print(printed.read(), end="", flush=True)
    return status or other


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
