#!/bin/sh
# The whole job on the sample library, with the commands that anybody would type.
#   DEMO_SERVE=0        stop after printing
#   DEMO_WORKSPACE=DIR  where (default: demo-workspace); taken up again if it exists
set -eu
SEGUE_WORKSPACE="${DEMO_WORKSPACE:-demo-workspace}"
export SEGUE_WORKSPACE
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

step "segue init: a workspace is a folder"
segue init "$SEGUE_WORKSPACE"
step "segue import sampler: real audio and video files, and 300 listeners with known tastes"
segue import sampler
step "segue understand: read, listen, look"
segue understand
step "segue train: fit every model, compare on events they have not seen, promote"
segue train
step "segue recommend ada-kaur: drum and bass, metal, strange pictures"
segue recommend ada-kaur -k 10
step "segue recommend jonas-eze: folk songs and the sound of a kitchen"
segue recommend jonas-eze -k 10
step "segue recommend sun-xiaotong --language zh: 国风与水墨山水，理由用中文说"
segue recommend sun-xiaotong -k 10 --language zh
if [ "${DEMO_SERVE:-1}" != 0 ]; then
  step "segue serve: open the address below in a browser; Ctrl-C stops"
  exec segue serve
fi
