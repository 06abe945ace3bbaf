#!/bin/sh
# Environment: that of unit.sh, and GPUS (yes: the stack's containers have GPUs)

remove_unit
# Where the unit alone goes, nothing proves their GPUs after this.
if [ "$GPUS" = yes ] && has_systemd && [ -n "$(docker ps --quiet 2>/dev/null)" ]; then
  echo "systemd has read its units anew without $UNIT, by which containers lose GPUs that they got by NVIDIA's runtime." \
    "Ask them: aistack gpu-check; and start those without anew: aistack restart" >&2
fi
IFS='
'
for within in $DROP_INS; do
  for drop_in in "$within"/*.conf; do
    [ ! -e "$drop_in" ] || echo "$drop_in is not aistack's, so it stays" >&2
  done
done
