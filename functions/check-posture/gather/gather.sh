#!/bin/sh
# Gathers the facts about a node's posture as one JSON object on stdout, under 24,000 characters, because Systems
# Manager cuts longer output (amazon-ssm-agent, MaxStdoutLength). The script changes nothing. It prints no keys, tokens
# or kubeconfigs, but only that such files exist, their mode and their owner. The facts behind verdicts come first.
# shellcheck disable=SC2016 # awk programs are in single quotes, and the variables in them are awk's
set -u
LC_ALL=C
export LC_ALL
# ROOT is empty on a host. Tests set it to the root of a tree of files.
ROOT=${POSTURE_ROOT-}
LIMIT=${POSTURE_LIMIT-23500}
MAX_CONTENT=8192
MAX_DROP_INS=100
NL='
'

# ---- JSON ----

# Formats lines of stdin as the inside of a JSON string.
ESCAPE='
function escaped(text,   i, n, c, out) {
  n = length(text)
  for (i = 1; i <= n; i++) {
    c = substr(text, i, 1)
    out = out ((c in code) ? code[c] : c)
  }
  return out
}
BEGIN {
  for (i = 1; i < 32; i++) code[sprintf("%c", i)] = sprintf("\\u%04x", i)
  code["\""] = "\\\""
  code["\\"] = "\\\\"
}
'

quote() {
  printf '%s' "$1" | awk "$ESCAPE"'
    BEGIN { printf "\"" }
    { printf "%s%s", (NR > 1 ? "\\n" : ""), escaped($0) }
    END { printf "\"" }'
}

# Appends a member to a list of JSON values, after a comma where others come before it.
append() {
  if [ -z "$1" ]; then printf '%s' "$2"; else printf '%s,%s' "$1" "$2"; fi
}

is_there() { [ -e "$1" ] || [ -L "$1" ]; }

# Prints the first line of a file that the kernel or an administrator wrote, or nothing where the file does not exist.
line_of() {
  line=''
  { IFS= read -r line <"$1"; } 2>/dev/null
  printf '%s' "$line"
}

# ---- Files ----

FILES=''
# BARE is the same list without contents.
BARE=''
SEEN=$NL

# Removes possible secrets from a configuration of the kubelet: the URL of static pods, and the headers for it. The
# number of lines stays the same, so that a verdict names the right line.
REDACT='
function lines_in(text,   copy) { copy = text; return gsub(/\n/, "", copy) }
function blank(n,   out) { while (n-- > 0) out = out "\n"; return out }
# Returns the length of the value at the beginning of text: a quoted string, or everything between brackets.
function span(text,   i, n, c, depth, quoted) {
  n = length(text)
  for (i = 1; i <= n; i++) {
    c = substr(text, i, 1)
    if (quoted != "") {
      if (c == "\\" && quoted == "\"") i++
      else if (c == quoted) { quoted = ""; if (depth == 0) return i }
    }
    else if (c == "\"" || c == "\047") quoted = c
    else if (c == "{" || c == "[") depth++
    else if (c == "}" || c == "]") { if (--depth == 0) return i }
  }
  return n
}
# Returns the length of a plain YAML value: its line, and the lines below that are indented more.
function block(text, indent,   at, line, end, deeper) {
  at = index(text, "\n")
  if (at == 0) return length(text)
  end = at - 1
  while (end + 1 < length(text)) {
    line = substr(text, end + 2)
    at = index(line, "\n")
    if (at > 0) line = substr(line, 1, at - 1)
    match(line, /^[ ]*/)
    deeper = RLENGTH > indent || line ~ /^[ ]*$/ || (RLENGTH == indent && substr(line, RLENGTH + 1, 1) == "-")
    if (!deeper) break
    end += 1 + length(line)
  }
  return end
}
{ text = text (NR > 1 ? "\n" : "") $0 }
END {
  while (match(text, /["\047]?staticPodURL(Header)?["\047]?[ \t]*:[ \t]*/)) {
    head = substr(text, 1, RSTART + RLENGTH - 1)
    start = RSTART
    rest = substr(text, RSTART + RLENGTH)
    c = substr(rest, 1, 1)
    if (c == "\n" || c == "") {
      flow = rest
      sub(/^[ \t\n]*/, "", flow)
      if (substr(flow, 1, 1) ~ /[{["]/ && head ~ /"[ \t]*:[ \t]*$/) c = substr(flow, 1, 1)
    }
    if (c ~ /[{["\047]/) {
      skipped = rest
      sub(/[^ \t\n].*/, "", skipped)
      size = length(skipped) + span(substr(rest, length(skipped) + 1))
    } else {
      before = substr(text, 1, start - 1)
      while (index(before, "\n") > 0) before = substr(before, index(before, "\n") + 1)
      size = block(rest, length(before))
    }
    gone = substr(rest, 1, size)
    sub(/staticPodURL/, "staticPodURI", head)
    done = done head " null" blank(lines_in(gone))
    text = substr(rest, size + 1)
  }
  gsub(/staticPodURI/, "staticPodURL", done)
  printf "%s%s", done, text
}
'

# Adds one entry to the list, with the content where "content" is the second argument. A missing path adds none.
entry() {
  case $SEEN in *"$NL$1$NL"*) return ;; esac
  is_there "$ROOT$1" || return
  meta=$(stat -c '%a %u %g %Y %U %G' "$ROOT$1" 2>/dev/null) || return
  SEEN=$SEEN$1$NL
  # shellcheck disable=SC2086 # six words, none of which has a blank
  set -- "$1" "$2" $meta
  owner=$7
  group=$8
  [ "$owner" = UNKNOWN ] && owner=$4
  [ "$group" = UNKNOWN ] && group=$5
  json="{\"path\":$(quote "$1"),\"mode\":\"0$3\",\"owner\":$(quote "$owner"),\"group\":$(quote "$group")"
  json="$json,\"uid\":$4,\"gid\":$5,\"modified\":$6"
  text=''
  if [ -L "$ROOT$1" ]; then
    target=$(readlink -f "$ROOT$1" 2>/dev/null) || target=''
    [ -n "$target" ] || target=$(readlink "$ROOT$1")
    json="$json,\"type\":\"symlink\",\"target\":$(quote "${target#"$ROOT"}")"
  elif [ -d "$ROOT$1" ]; then
    json="$json,\"type\":\"dir\""
  elif [ "$2" = content ] && [ -f "$ROOT$1" ] && [ "$(wc -c <"$ROOT$1")" -le "$MAX_CONTENT" ]; then
    text=",\"content\":$(quote "$(awk "$REDACT" "$ROOT$1")")"
  fi
  FILES=$(append "$FILES" "$json$text}")
  BARE=$(append "$BARE" "$json}")
}

# Adds an entry, and for a link also an entry for its target.
gather() {
  entry "$1" "$2"
  if [ -L "$ROOT$1" ]; then
    leads_to=$(readlink -f "$ROOT$1" 2>/dev/null) || return
    entry "${leads_to#"$ROOT"}" "$2"
  fi
}

# Adds the directories above a path.
gather_above() {
  above=${1%/*}
  while [ -n "$above" ]; do
    entry "$above" ''
    above=${above%/*}
  done
}

# Adds a directory of drop-ins and the files in it that count. Where the list would be incomplete, nothing of it is
# added, because half of the evidence is worse than none.
gather_drop_ins() {
  directory=$(printf '%s' "$1" | sed 's|//*$||')
  end=$(readlink -f "$ROOT$directory" 2>/dev/null) || return
  list=$(find "$end/" -type d -o -name '*.conf' 2>/dev/null)
  odd=$(find "$end/" -name "*$NL*" 2>/dev/null)
  [ -n "$list" ] && [ -z "$odd" ] || return
  [ "$(printf '%s\n' "$list" | wc -l)" -le "$MAX_DROP_INS" ] || return
  [ -L "$ROOT$directory" ] && entry "$directory" ''
  while IFS= read -r path; do
    path=$(printf '%s' "$path" | sed 's|//*|/|g; s|/$||')
    gather "${path#"$ROOT"}" content
    [ -L "$path" ] && target=$(readlink -f "$path" 2>/dev/null) && gather_above "${target#"$ROOT"}"
  done <<LIST
$list
LIST
  gather_above "$directory"
  gather_above "${end#"$ROOT"}"
}

# ---- The kubelet ----

FLAGS=null
STARTED=''
KUBELETS=0
KUBELET=''
VERSION=''

# Prints the user who started a process: its real user id, which setuid programs do not change (proc_pid_status(5)).
user_of() { awk '$1 == "Uid:" { print $2 }' "$1/status" 2>/dev/null; }

# Finds root's processes named kubelet in the host's own mount namespace. Those of containers do not count. Nor do those
# of other users: their program would be asked for its version below, as root.
find_kubelet() {
  own=$(readlink "$ROOT/proc/1/ns/mnt" 2>/dev/null) || own=''
  for process in "$ROOT"/proc/[0-9]*; do
    [ "$(line_of "$process/comm")" = kubelet ] || continue
    [ "$(readlink "$process/ns/mnt" 2>/dev/null)" = "$own" ] || continue
    [ -s "$process/cmdline" ] || continue
    user=$(user_of "$process")
    [ "${user:-0}" = 0 ] || continue
    KUBELETS=$((KUBELETS + 1))
    KUBELET=$process
  done
  [ "$KUBELETS" -eq 1 ]
}

# Prints argv without the binary, from NUL-separated stdin. A line feed inside an argument passes through as \001.
ARGV='
NR == 1 { next }
{
  value = $0
  if (hidden) { value = "REDACTED"; hidden = 0 }
  else if (value ~ /^--manifest[-_]url([-_]header)?=/) sub(/=.*/, "=REDACTED", value)
  else if (value ~ /^--manifest[-_]url([-_]header)?$/) hidden = 1
  text = escaped(value)
  gsub(/\\u0001/, "\\n", text)
  printf "%s\"%s\"", (NR > 2 ? "," : ""), text
}'

# Prints the effective value of a flag, which is the last one. $1 is the flag's name.
flag() {
  tr '\n\000' '\001\n' <"$KUBELET/cmdline" | awk -v name="$1" '
    NR == 1 { next }
    taking { value = $0; taking = 0; next }
    {
      at = index($0, "=")
      key = at > 0 ? substr($0, 1, at - 1) : $0
      gsub(/_/, "-", key)
      if (key != "--" name) next
      if (at > 0) value = substr($0, at + 1)
      else taking = 1
    }
    END { printf "%s", value }'
}

# Prints the start time as seconds since 1970: the time of boot, plus the ticks since boot, of which Linux has 100 a
# second.
started_at() {
  ticks=$(sed 's/.*) //' "$KUBELET/stat" 2>/dev/null | awk '{ print $20 }')
  boot=$(awk '$1 == "btime" { print $2 }' "$ROOT/proc/stat" 2>/dev/null)
  case $ticks$boot in '' | *[!0-9]*) return ;; esac
  [ -n "$ticks" ] && [ -n "$boot" ] && printf '%s' $((boot + ticks / 100))
}

absolute() { case $1 in /*) printf '%s' "$1" ;; ?*) printf '/%s' "$1" ;; esac; }

gather_kubelet() {
  find_kubelet || return
  FLAGS="[$(tr '\n\000' '\001\n' <"$KUBELET/cmdline" | awk "$ESCAPE$ARGV")]"
  STARTED=$(started_at)
  VERSION=$("$KUBELET/exe" --version 2>/dev/null </dev/null | sed -n '1s/^Kubernetes //p')
  config=$(absolute "$(flag config)")
  [ -n "$config" ] && gather "$config" content
  drop_ins=$(absolute "$(flag config-dir)")
  [ -n "$drop_ins" ] && gather_drop_ins "$drop_ins"
  for name in kubeconfig bootstrap-kubeconfig; do
    path=$(absolute "$(flag "$name")")
    [ -n "$path" ] && gather "$path" ''
  done
}

# ---- The host ----

os_release() {
  sed -n "s/^$1=[\"']\{0,1\}\([A-Za-z0-9._-]*\)[\"']\{0,1\}\$/\1/p" "$ROOT/etc/os-release" 2>/dev/null | head -n 1
}

os_name() {
  id=$(os_release ID)
  case $id:$(os_release VERSION_ID) in
    amzn:2) printf al2 ;;
    amzn:2023*) printf al2023 ;;
    :*) printf unknown ;;
    *) printf '%s' "$id" ;;
  esac
}

# Prints the files of containerd's configuration: its own, and those that it imports on top, relative to it (containerd,
# server/config, resolveImports).
containerd_files() {
  [ -f "$ROOT/etc/containerd/config.toml" ] || return 0
  echo /etc/containerd/config.toml
  awk '
    /^[ \t]*imports[ \t]*=/ { importing = 1 }
    importing {
      sub(/^[ \t]*#.*/, "")
      while (match($0, /"[^"]*"|\047[^\047]*\047/)) {
        print substr($0, RSTART + 1, RLENGTH - 2)
        $0 = substr($0, RSTART + RLENGTH)
      }
      if (/\]/) exit
    }' "$ROOT/etc/containerd/config.toml" | while IFS= read -r pattern; do
    case $pattern in /*) ;; *) pattern=/etc/containerd/$pattern ;; esac
    for file in "$ROOT"$pattern; do [ -f "$file" ] && printf '%s\n' "${file#"$ROOT"}"; done
  done
}

# Prints the last value of enable_selinux in the files of stdin.
labels_in() {
  while IFS= read -r file; do
    sed -n 's/^[[:space:]]*enable_selinux[[:space:]]*=[[:space:]]*\(true\|false\).*/\1/p' "$ROOT$file" 2>/dev/null
  done | tail -n 1
}

# Prints the mode of the running kernel, the mode and policy after the next start, and the booleans that let containers
# do more.
selinux() {
  case $(line_of "$ROOT/sys/fs/selinux/enforce") in
    1) mode=enforcing ;;
    0) mode=permissive ;;
    *) mode=disabled ;;
  esac
  # The first line counts that says a mode, in any case (libselinux, selinux_getenforcemode); newer releases skip blanks.
  configured=$(sed -n 's/^SELINUX=[[:space:]]*//p' "$ROOT/etc/selinux/config" 2>/dev/null | tr '[:upper:]' '[:lower:]' |
    sed -n 's/^\(enforcing\|permissive\|disabled\).*/\1/p' | head -n 1)
  # Without such a line a kernel that has SELinux is permissive (libselinux, selinux_init_load_policy).
  [ "$mode" = disabled ] || configured=${configured:-permissive}
  # What the kernel is started with comes before that (selinux_init_load_policy; kernel parameters, selinux). The entries
  # of the boot loader have it for the next start; of several values the first or the last counts, by release.
  case $(
    {
      line_of "$ROOT/proc/cmdline"
      sed -n 's/^options[[:space:]]/ /p; s/^kernelopts=/ /p' "$ROOT"/boot/loader/entries/*.conf "$ROOT/boot/grub2/grubenv"
    } 2>/dev/null | tr '[:space:]' '\n' | awk '
      /^selinux=0[x0]*$/ { off = 1 }
      sub(/^enforcing=/, "") { if ($0 ~ /^0*[1-9]/) on = 1; else loose = 1 }
      END { print (off ? "off" : loose ? "loose" : on ? "on" : "") }'
  ) in
    off) configured=disabled ;;
    loose) [ "$configured" = disabled ] || configured=permissive ;;
    on) [ "$configured" = disabled ] || configured=enforcing ;;
  esac
  policy=$(sed -n 's/^[[:space:]]*SELINUXTYPE=[[:space:]]*\([A-Za-z0-9_-]*\).*/\1/p' "$ROOT/etc/selinux/config" 2>/dev/null | tail -n 1)
  # Domains that somebody made permissive while the host enforces (policycoreutils, seobject.py: semanage permissive -a).
  loose=''
  for module in "$ROOT"/var/lib/selinux/*/active/modules/*/permissive_* "$ROOT"/etc/selinux/*/active/modules/*/permissive_*; do
    [ -d "$module" ] && loose=$(append "$loose" "$(quote "${module##*/permissive_}")")
  done
  on=''
  for boolean in "$ROOT"/sys/fs/selinux/booleans/container_* "$ROOT"/sys/fs/selinux/booleans/virt_*; do
    case $(line_of "$boolean") in 1*) on=$(append "$on" "$(quote "${boolean##*/}")") ;; esac
  done
  runtime=null
  labelling=$(containerd_files | labels_in)
  [ -f "$ROOT/etc/containerd/config.toml" ] && runtime=${labelling:-false}
  # Drop-ins of conf.d hold without imports from containerd 2.2 on only (containerd/containerd#12323).
  labelling=$(for file in "$ROOT"/etc/containerd/conf.d/*.toml; do printf '%s\n' "${file#"$ROOT"}"; done | labels_in)
  [ -n "$labelling" ] && [ "$labelling" != "$runtime" ] &&
    ! containerd_files | grep -q '^/etc/containerd/conf\.d/' && runtime=null
  printf '{"mode":"%s","configured":%s,"policy":%s,"booleans":[%s],"permissive":[%s],"runtime":%s}' \
    "$mode" "$(quote "$configured")" "$(quote "$policy")" "$on" "$loose" "$runtime"
}

apparmor() {
  case $(line_of "$ROOT/sys/module/apparmor/parameters/enabled") in Y*) printf true ;; *) printf false ;; esac
}

# Prints the labels of processes that belong to pods, with the number of processes and pods of each, and the names of
# some pods. The kubelet keeps the logs of a pod in NAMESPACE_NAME_UID.
labels() {
  {
    for pod in "$ROOT"/var/log/pods/*_*_*; do
      case ${pod##*/} in *[!a-zA-Z0-9._-]*) ;; *) printf 'pod %s\n' "${pod##*/}" ;; esac
    done
    for process in "$ROOT"/proc/[0-9]*; do
      pod=$(sed -n 's/.*kubepods.*pod\([0-9a-fA-F_-]*\).*/\1/p' "$process/cgroup" 2>/dev/null | head -n 1)
      [ -n "$pod" ] || continue
      label=$(tr -d '\000' 2>/dev/null <"$process/attr/current" | head -n 1)
      [ -n "$label" ] && printf 'process %s %s\n' "$pod" "$label"
    done
  } | awk '
    $1 == "pod" { if (split($2, part, "_") == 3) name[part[3]] = substr(part[1] "/" part[2], 1, 100); next }
    { pod = $2; gsub(/_/, "-", pod); sub(/^[^ ]* [^ ]* /, ""); count[$0]++
      if (!((pod, $0) in seen)) {
        seen[pod, $0] = 1; pods[$0]++
        if (pod in name && named[$0]++ < 3) names[$0] = names[$0] "," name[pod]
      } }
    # Labels that a verdict goes by come first, because only some fit: a level of several pods or not of two categories, and
    # then unconfined types. Each other pod has two categories of its own.
    END { for (label in count) {
        split(label, part, ":")
        rank = part[3] ~ /^(spc|unconfined|unconfined_service)_t$/ ? 1 : 2
        if (rank == 2 && (pods[label] > 1 || label !~ /:c[0-9]+,c[0-9]+$/)) rank = 0
        printf "%d %d %d %s %s\n", rank, count[label], pods[label], substr(names[label] ",", 2), label
      } }' |
    sort -k1,1n -k2,2rn -k5 | head -n 20 | awk "$ESCAPE"'
    { sub(/^[0-9]+ /, "") }
    { processes = $1; pods = $2; names = $0; sub(/^[0-9]+ [0-9]+ /, "", names); sub(/ .*/, "", names); sub(/,$/, "", names)
      sub(/^[0-9]+ [0-9]+ [^ ]* /, ""); gsub(/,/, "\",\"", names)
      printf "%s{\"label\":\"%s\",\"processes\":%d,\"pods\":%d%s}", (NR > 1 ? "," : ""), escaped($0), processes, pods,
        (names == "" ? "" : ",\"names\":[\"" names "\"]") }'
}

# Prints systemd's units for the SSH daemon of a type, socket or service, and what is dropped in. A line that ends in a
# backslash goes on in the next one.
ssh_units() {
  type=$1
  set --
  for at in etc/systemd/system run/systemd/system run/systemd/generator usr/local/lib/systemd/system \
    usr/lib/systemd/system lib/systemd/system; do
    for unit in ssh sshd ssh@ sshd@; do set -- "$@" "$ROOT/$at/$unit.$type" "$ROOT/$at/$unit.$type.d"/*.conf; done
  done
  grep -hs '' "$@" | sed -e ':a' -e '/\\$/{' -e 'N' -e 's/\\\n/ /' -e 'ta' -e '}'
}

# Prints the processes of the host's SSH daemons. One in a pod opens a shell there: it has a mount namespace of its own.
ssh_processes() {
  own=$(readlink "$ROOT/proc/1/ns/mnt" 2>/dev/null) || own=''
  for process in "$ROOT"/proc/[0-9]*; do
    [ "$(line_of "$process/comm")" = sshd ] || continue
    if grep -qs kubepods "$process/cgroup"; then
      [ "$(readlink "$process/ns/mnt" 2>/dev/null)" = "$own" ] || continue
    fi
    printf '%s\n' "$process"
  done
}

# Prints the commands of the host's SSH daemons: those of systemd, their options (/etc/default/ssh on Debian and Ubuntu,
# /etc/sysconfig/sshd on the others), and those of processes.
ssh_commands() {
  ssh_units service | sed -n 's/^[[:space:]]*ExecStart[[:space:]]*=[[:space:]]*/O /p'
  grep -hs '' "$ROOT/etc/default/ssh" "$ROOT/etc/sysconfig/ssh" "$ROOT/etc/sysconfig/sshd" |
    sed -n 's/^[[:space:]]*[A-Z_]*OPT[A-Z]*=["'\'']\{0,1\}/O /p'
  ssh_processes | while IFS= read -r process; do
    printf 'O '
    tr '\000\n' '  ' 2>/dev/null <"$process/cmdline"
    echo
  done
}

# Says whether systemd listens for an SSH daemon, which the first connection starts: by default so on Ubuntu from 22.10 on
# (discourse.ubuntu.com/t/30189) and on Flatcar (flatcar.org, "Customizing the SSH daemon").
ssh_socket() {
  ports=$(ssh_units socket | sed -n 's/^[[:space:]]*ListenStream[[:space:]]*=[[:space:]]*\(.*:\)\{0,1\}\([0-9]\{1,5\}\)[[:space:]]*$/\2/p' | tr '\n' ' ')
  [ -n "$ports" ] || return 1
  cat "$ROOT/proc/net/tcp" "$ROOT/proc/net/tcp6" 2>/dev/null | awk -v ports="$ports" '
    BEGIN { n = split(ports, port, " "); for (i = 1; i <= n; i++) wanted[sprintf("%04X", port[i])] = 1 }
    $4 == "0A" { sub(/.*:/, "", $2); if ($2 in wanted) found = 1 }
    END { exit !found }'
}

# Prints the lines of a file of the SSH daemon's configuration ($1), each behind a mark: G, or M in a Match block ($2). What
# it includes is in its place; a block that begins there ends there (sshd_config(5), "Include" and "Match"). $3 counts how
# deep includes nest: the daemon takes 16 (servconf.c, SERVCONF_MAX_DEPTH). Files that include each other would be read
# over and over, so that each counts like a hundred lines, and whoever reads takes so many lines.
ssh_lines() {
  [ -f "$ROOT$1" ] && [ "$3" -le 16 ] || return 0
  awk -v mark="$2" 'BEGIN { for (i = 0; i < 100; i++) print "" } {
    sub(/^[ \t]+/, "")
    key = $0
    sub(/[ \t=].*/, "", key)
    if (tolower(key) == "match") mark = "M"
    if (tolower(key) != "include") { print mark " " $0; next }
    sub(/^[^ \t=]*[ \t]*=?[ \t]*/, "")
    gsub(/["\047\r]/, "")
    print "I" mark " " $0
  }' "$ROOT$1" | while IFS= read -r line; do
    case $line in I*) ;; *) printf '%s\n' "$line" 2>/dev/null || exit 0 && continue ;; esac
    mark=${line#I}
    set -f
    for pattern in ${line#* }; do
      set +f
      case $pattern in /*) ;; *) pattern=/etc/ssh/$pattern ;; esac
      for file in "$ROOT"$pattern; do ssh_lines "${file#"$ROOT"}" "${mark%% *}" $(($3 + 1)); done
    done
  done
}

# Prints the values that the SSH daemon has for a keyword, in lower case: those of its files, of systemd's command for it,
# and of its processes. Ubuntu's package for EC2 Instance Connect sets its command by an option. Of values that hold for
# everybody, the first one in its files counts (sshd_config(5)); files of keys are looked at wherever they are named.
sshd_setting() {
  commands=$(ssh_commands)
  {
    printf '%s\n' "$commands"
    ssh_lines /etc/ssh/sshd_config G 0 | head -n 20000
    # A command may name another file than that one (sshd(8), -f).
    printf '%s\n' "$commands" | sed -n 's/.*[[:space:]]-f[[:space:]]*["'\'']\{0,1\}\(\/[^[:space:]"'\'']*\).*/\1/p' | sort -u |
      while IFS= read -r file; do ssh_lines "$file" M 0; done | head -n 20000
    # Nobody knows whether a daemon was started with files that its configuration does not include.
    grep -qi '^[[:space:]]*include.*sshd_config\.d/' "$ROOT/etc/ssh/sshd_config" 2>/dev/null ||
      for file in "$ROOT"/etc/ssh/sshd_config.d/*.conf; do ssh_lines "${file#"$ROOT"}" M 0; done | head -n 20000
  } | awk -v name="$1" '
    function look(line,   key) {
      sub(/^[ \t]+/, "", line)
      key = line
      sub(/[ \t=].*/, "", key)
      if (tolower(key) != name) return
      sub(/^[^ \t=]*[ \t]*=?[ \t]*/, "", line)
      if (mark != "O") sub(/(^|[ \t])#.*/, "", line)
      gsub(/["\047]/, "", line)
      sub(/[ \t\r]+$/, "", line)
      if (line == "" || (mark == "G" && name != "authorizedkeysfile" && seen++)) return
      if (tolower(line) != "none") print line
    }
    { mark = substr($0, 1, 1); $0 = substr($0, 2)
      gsub(/[ \t]-o[ \t]*["\047]?/, "\n"); n = split($0, lines, "\n"); for (i = 1; i <= n; i++) look(lines[i]) }'
}

# Comments, and the line that cloud-init leaves for root: it only says which user to take. A key with these words in its
# comment, or with another command behind them, lets somebody in.
NO_KEY='^[[:space:]]*(#|$)|^([A-Za-z0-9-]+,)*command="echo '\''?Please login as the user ([A-Za-z0-9 ._-]|\\")*'\''?(;echo|;sleep [0-9]+|;exit [0-9]+)*" '

# Prints the files in which a user ($1) with a home ($2) and a number ($3) may have keys: the usual ones, and those of the configuration
# ($KEY_FILES).
key_files() {
  printf '%s\n' "$2/.ssh/authorized_keys" "$2/.ssh/authorized_keys2"
  case $1$2$3 in *[!A-Za-z0-9._/-]*) return ;; esac
  for pattern in $KEY_FILES; do
    case $pattern in /* | %h*) ;; *) pattern=%h/$pattern ;; esac
    case $pattern in %h/.ssh/authorized_keys | %h/.ssh/authorized_keys2) continue ;; esac
    printf '%s\n' "$pattern" | sed "s|%h|$2|g; s|%u|$1|g; s|%U|$3|g"
  done
}

# Counts, by file, the keys that let somebody in, and prints none of them.
authorized_keys() {
  list=''
  listed=$NL
  KEY_FILES=$(sshd_setting authorizedkeysfile | head -n 20)
  # The paths are no patterns of the shell.
  set -f
  while IFS=: read -r user _ uid _ _ home _; do
    case $home in /*) home=${home%/} ;; *) continue ;; esac
    while IFS= read -r path; do
      # Several users may have the same file.
      case $listed in *"$NL$path$NL"*) continue ;; esac
      [ -f "$ROOT$path" ] || continue
      listed=$listed$path$NL
      keys=$(grep -c -v -E "$NO_KEY" "$ROOT$path" 2>/dev/null)
      list=$(append "$list" "{\"user\":$(quote "$user"),\"path\":$(quote "$path"),\"keys\":${keys:-0}}")
    done <<PATHS
$(key_files "$user" "$home" "$uid")
PATHS
  done <<PASSWD
$(head -n 200 "$ROOT/etc/passwd" 2>/dev/null)
PASSWD
  set +f
  printf '%s' "$list"
}

ssh_daemon() { if [ -n "$(ssh_processes)" ] || ssh_socket; then printf true; else printf false; fi; }

# Prints the command that fetches keys from elsewhere: EC2 Instance Connect's only where there is no other.
keys_command() {
  sshd_setting authorizedkeyscommand | awk '
    NR == 1 { first = $1 }
    other == "" && $1 !~ /\/eic_run_authorized_keys$/ { other = $1 }
    END { printf "%s", (other == "" ? first : other) }'
}

# ---- Bottlerocket, from its control container: it sees the API, not the host ----

setting() {
  apiclient get "$1" 2>/dev/null | tr -d '\n' | sed -n "s/.*\"$2\" *: *\"\{0,1\}\([A-Za-z0-9._-]*\).*/\1/p"
}

# Prints the JSON of a report, or nothing where apiclient fails or prints something else.
report() {
  text=$(apiclient report "$1" -f json -l 2 2>/dev/null) || [ -n "$text" ] || return
  case $text in '{'*'}') printf '%s' "$text" ;; esac
}

if command -v apiclient >/dev/null 2>&1; then
  variant=$(setting os variant_id)
  version=$(printf '%s' "$variant" | sed -n 's/^aws-k8s-\([0-9]*\.[0-9]*\).*/\1/p')
  head="{\"os\":\"bottlerocket\",\"kubernetesVersion\":$([ -n "$version" ] && quote "$version" || printf null)"
  head="$head,\"kubeletFlags\":null,\"files\":[],\"osVersion\":$(quote "$(setting os version_id)")"
  admin=$(setting settings.host-containers.admin.enabled enabled)
  case $admin in true | false) ;; *) admin=null ;; esac
  tail=",\"adminContainer\":$admin}"
  kubernetes=$(report cis-k8s)
  host=$(report cis)
  for reports in "\"cis-k8s\":$kubernetes,\"cis\":$host" "\"cis-k8s\":$kubernetes" "\"cis\":$host" ''; do
    case $reports in *: | *:,*) continue ;; esac
    whole="$head,\"report\":{$reports}$tail"
    [ "${#whole}" -le "$LIMIT" ] && break
  done
  printf '%s\n' "$whole"
  exit 0
fi

gather_kubelet
head="{\"os\":$(quote "$(os_name)"),\"kubernetesVersion\":$([ -n "$VERSION" ] && quote "$VERSION" || printf null)"
head="$head,\"kubeletFlags\":$FLAGS,\"kubelets\":$KUBELETS${STARTED:+,\"kubeletStarted\":$STARTED}"
os="\"osVersion\":$(quote "$(os_release VERSION_ID)"),\"selinux\":$(selinux),\"apparmor\":$(apparmor)"
ssh="\"ssh\":{\"running\":$(ssh_daemon),\"keysCommand\":$(quote "$(keys_command)")"
ssh="$ssh,\"certificates\":$(quote "$(sshd_setting trustedusercakeys | sed -n '1s/[[:space:]].*//; 1p')"),\"authorizedKeys\":[$(authorized_keys)]}"
# Facts that do not fit are left out, from the end. Verdicts then say that they lack evidence.
for whole in \
  "$head,\"files\":[$FILES],$os,$ssh,\"labels\":[$(labels)]}" \
  "$head,\"files\":[$FILES],$os,$ssh}" \
  "$head,\"files\":[$FILES],$os}" \
  "$head,\"files\":[$BARE],$os}" \
  "$head,\"files\":[],$os}" \
  "{\"os\":$(quote "$(os_name)"),\"kubernetesVersion\":null,\"kubeletFlags\":null,\"kubelets\":$KUBELETS,\"files\":[]}"; do
  [ "${#whole}" -le "$LIMIT" ] && break
done
printf '%s\n' "$whole"
