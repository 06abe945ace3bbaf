# shellcheck shell=bash
# Events as JSON lines beside the log, for whoever collects them.

events_file=/dev/null
# Bytes, after which the file begins anew; the one before it stays.
readonly EVENTS_LIMIT=1048576

# render_event LEVEL NAME [KEY VALUE]...: one line; VALUE is JSON already.
render_event() {
  local level=$1 name=$2 line
  shift 2
  line="{\"time\":\"$(now)\",\"level\":\"$level\",\"event\":\"$name\""
  while (($# > 0)); do
    line+=",\"$1\":$2"
    shift 2
  done
  printf '%s}\n' "$line"
}

# record_event LEVEL NAME [KEY VALUE]...
record_event() { render_event "$@" >>"$events_file"; }

# ISO-8601, in UTC, to the millisecond; without a process, whatever the locale's decimal mark.
now() {
  local moment=${EPOCHREALTIME/[^0-9]/.}
  TZ=UTC printf '%(%Y-%m-%dT%H:%M:%S)T.%sZ' "${moment%.*}" "${moment:(-6):3}"
}

# json TEXT: as a JSON string, whatever bytes it holds: what is no UTF-8 is left out.
json() {
  local LC_ALL=C text=$1 code character code_point
  if [[ $text == *[$'\x80'-$'\xff']* ]]; then
    text=$(printf '%s' "$text" | iconv -f UTF-8 -t UTF-8 -c 2>/dev/null; echo .)
    text=${text%.}
  fi
  text=${text//\\/"\\\\"}
  text=${text//\"/"\\\""}
  if [[ $text == *[$'\x01'-$'\x1f']* ]]; then
    for ((code = 1; code < 32; code++)); do
      printf -v character '%b' "\\x$(printf %02x "$code")"
      printf -v code_point '\\u%04x' "$code"
      text=${text//"$character"/"$code_point"}
    done
  fi
  printf '"%s"' "$text"
}
