# shellcheck shell=bash
# The little that the installer must know of a stack before there is a Node to read it properly: which ports
# it will publish, and where the host's folders begin. What it cannot read it does not check; `aistack install`
# reads everything, and checks again before it touches anything.

stack_name='' stack_host_root='' stack_bind_address=127.0.0.1
# Whether the stack is another machine's: then this one is only where the command runs.
stack_is_remote=no stack_address=''
# Services of the stack and the host's port of each; "?" where it cannot be told.
stack_services=() stack_ports=()

# read_stack_settings: of the stack and profile that were asked for.
read_stack_settings() {
  local profile=$wanted_profile file key value service port
  local -A set_ports=()
  local -a named=()
  stack_name=${wanted_stack:-$(installed_stack)}
  stack_name=${stack_name:-$profile}
  file=$root/stacks/Pulumi.$stack_name.yaml
  [[ -f $file ]] || file=$root/stacks/Pulumi.$profile.yaml
  while IFS=$'\t' read -r key value; do
    case $key in
      profile) profile=$value ;;
      bindAddress) stack_bind_address=$value ;;
      hostRoot) stack_host_root=$value ;;
      host.address) stack_is_remote=yes stack_address=$value ;;
      host.*) stack_is_remote=yes ;;
      services.*) named+=("$value") ;;
      ports.*) set_ports[${key#ports.}]=$value ;;
    esac
  done < <(flatten_settings "$file")
  [[ $stack_is_remote == no ]] || return 0
  while read -r service port; do
    stack_services+=("$service")
    stack_ports+=("${set_ports[$service]:-${set_ports[?]:-$port}}")
  done < <(list_services "$profile" "${named[@]}")
}

# The only stack of this machine that was created, as `aistack install` takes it; nothing where that is none.
installed_stack() {
  local file stack
  local -a here=()
  for file in "$root"/.state/.pulumi/stacks/aistack/*.json; do
    stack=${file##*/} stack=${stack%.json}
    [[ -f $file ]] || continue
    if ! grep -q '^ *aistack:host:' "$root/stacks/Pulumi.$stack.yaml" 2>/dev/null; then here+=("$stack"); fi
  done
  if ((${#here[@]} == 1)); then echo "${here[0]}"; fi
}

# flatten_settings FILE: KEY<tab>VALUE of each aistack: setting; of a mapping KEY.NAME, of a list KEY.NUMBER.
# Understands what people write, not all of YAML; of a value that it does not, KEY.? is "?".
flatten_settings() {
  awk '
    function plain(text) {
      gsub(/^[ \t]+|[ \t]+$/, "", text)
      if (text ~ /^".*"$/ || text ~ /^\047.*\047$/) text = substr(text, 2, length(text) - 2)
      return text
    }
    function tell(name, value) {
      value = plain(value)
      if (name ~ /^[A-Za-z0-9_.-]+$/ && value ~ /^[A-Za-z0-9_.\/:@-]*$/) print name "\t" value
      else print key ".?\t?"
    }
    function tell_entry(text, count) {
      if (match(text, /: */)) tell(key "." plain(substr(text, 1, RSTART - 1)), substr(text, RSTART + RLENGTH))
      else tell(key "." count, text)
    }
    { sub(/(^|[ \t]+)#.*$/, ""); sub(/[ \t]+$/, "") }
    /^[ \t]*$/ { next }
    match($0, /^ +aistack:[A-Za-z]+:/) {
      key = substr($0, 1, RLENGTH - 1); indent = index(key, "aistack:"); sub(/^ *aistack:/, "", key)
      value = plain(substr($0, RLENGTH + 1)); entries = 0
      if (value ~ /^[{[][^{}[\]]*[}\]]$/) {
        count = split(substr(value, 2, length(value) - 2), parts, ",")
        for (i = 1; i <= count; i++) if (plain(parts[i]) != "") tell_entry(parts[i], i)
      } else if (value ~ /^[{[&*|>!]/) print key ".?\t?"
      else if (value != "") tell(key, value)
      next
    }
    match($0, /^ */) && key != "" {
      if (RLENGTH < indent && !/^ *- /) { key = ""; next }
      text = substr($0, RLENGTH + 1); sub(/^- +/, "", text); tell_entry(text, ++entries)
    }' "$1"
}

# list_services PROFILE NAMED...: SERVICE PORT of each service that Compose files declare for the profile, or of
# those that the stack names.
list_services() {
  local profile=$1 file service port
  shift
  for file in "$root"/compose/*.yaml; do
    service=${file##*/}
    service=${service%.yaml}
    if (($# > 0)); then
      [[ " $* " == *" $service "* ]] || continue
    elif ! runs_in_profile "$file" "$profile"; then
      continue
    fi
    port=$(sed -n '/^ *published: *"\{0,1\}[0-9]/{s/^[^0-9]*\([0-9]*\).*/\1/p;q}' "$file")
    if [[ -n $port ]]; then echo "$service $port"; fi
  done
}

# A service without profiles runs in all of them.
runs_in_profile() {
  local profiles
  profiles=$(sed -n '/^    profiles:/,/^    [a-z_]*:/ s/^ *- *"\{0,1\}\([a-z-]*\)"\{0,1\} *$/\1/p' "$1")
  [[ -z $profiles ]] || grep -qFx -- "$2" <<<"$profiles"
}
