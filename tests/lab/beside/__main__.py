# -*- test-case-name: tests.lab.test_beside -*-
"""
C{python -m tests.lab.beside WORD...}: run the labs whose labels have all the words.
"""

from __future__ import annotations

import sys
import traceback

from tests.lab.beside import gateway, lines
from tests.lab.beside.labs import LABS, label, run


def main(words: list[str]) -> int:
    """Run them, and show what went wrong."""
    chosen = [lab for lab in (*LABS, *lines.LABS, *gateway.LABS) if all(word in label(lab) for word in words)]
    failed = run(chosen, lambda text: print(text, flush=True))
    for name, error in failed.items():
        print(f"\n{name}")
        traceback.print_exception(error)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
