#!/bin/sh
# Environment: that of unit.sh

remove_unit
IFS='
'
for within in $DROP_INS; do
  for drop_in in "$within"/*.conf; do
    [ ! -e "$drop_in" ] || echo "$drop_in is not aistack's, so it stays" >&2
  done
done
