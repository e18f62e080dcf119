"""How the tests speak with these programs: a JSON object on standard input, one on standard output.

A secret is thus in no argument. Of an error the tests learn its class, and the `error` member that OAuth libraries give it.
"""

import json
import sys


def answer(work):
    """Calls `work` with the members of the object, and prints what it returns or raises."""
    task = json.load(sys.stdin)
    try:
        said = work(**task)
    except Exception as error:
        said = {"error": type(error).__name__, "code": getattr(error, "error", None)}
    json.dump(said, sys.stdout)
