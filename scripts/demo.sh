#!/bin/sh
# The whole job on the sample library, with the commands that anybody would type.
#   DEMO_SERVE=0        stop after printing
#   DEMO_WORKSPACE=DIR  where (default: demo-workspace); taken up again if it exists
set -eu
SEGUE_WORKSPACE="${DEMO_WORKSPACE:-demo-workspace}"
export SEGUE_WORKSPACE
step() { printf '\n\033[1m%s\033[0m\n' "$*"; }

step "segue init: a workspace is a folder"
segue init "$SEGUE_WORKSPACE"
step "segue import sampler: real audio and video files, and 300 listeners with known tastes"
segue import sampler
step "segue understand: read, listen, look"
segue understand
step "segue train: fit every model, compare on events they have not seen, promote"
segue train
for listener in $(segue status --json | python -c 'import json, sys; print(*json.load(sys.stdin)["people"][:3])'); do
  step "segue recommend $listener"
  segue recommend "$listener" -k 10
done
if [ "${DEMO_SERVE:-1}" != 0 ]; then
  step "segue serve: open the address below in a browser; Ctrl-C stops"
  exec segue serve
fi
