"""`python -m tests.faults.auditor`: read the log and the journals, print what is wrong, end with 1 if anything is."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from tests.faults.auditor.audit import audit
from tests.faults.auditor.log import dump, read_log


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--journals", required=True, type=Path)
    parser.add_argument("--schemas", default=Path("schemas/avro"), type=Path)
    parser.add_argument("--dump", type=Path, help="keep the log here if anything is wrong")
    parser.add_argument("--json", type=Path, help="write the numbers here")
    options = parser.parse_args()
    began = time.monotonic()
    log = read_log(options.bootstrap)
    findings = audit(log, options.journals, options.schemas)
    findings.counts["s"] = round(time.monotonic() - began)
    sys.stdout.write("\n".join(findings.lines()) + "\n")
    if options.json:
        options.json.write_text(json.dumps({"found": findings.numbers(), "repeats": findings.repeats}))
    if findings.total and options.dump:
        dump(log, options.dump)
    return 1 if findings.total else 0


if __name__ == "__main__":
    raise SystemExit(main())
