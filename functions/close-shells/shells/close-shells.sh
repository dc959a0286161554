# A document sets ACTION before this script: look, close or restore.
#
# Finds the ways in by SSH of a host, closes them, or restores them, and prints one JSON object. Closing moves
# authorized_keys to a directory that only root can read, so no key is printed or lost. The script takes no parameters.
# On Bottlerocket it runs in the control container, where only the admin container can be closed.
# shellcheck shell=sh
set -u
LC_ALL=C
export LC_ALL
umask 077
ACTION=${ACTION-look}
# ROOT is empty on a host. Tests set it to the root of a tree of files.
ROOT=${SHELLS_ROOT-}
KEPT=$ROOT/var/lib/eks-host-remediator/authorized_keys

NL='
'
KEYS=0
ELSEWHERE=0
COUNTED=$NL
PATHS=''
CERTIFICATES=''
MOVED=0
RESTORED=0
LEFT=0

# Prints the first line of a file that the kernel wrote, or nothing where the file does not exist.
line_of() {
  line=''
  { IFS= read -r line <"$1"; } 2>/dev/null
  printf '%s' "$line"
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

ssh_daemon() { [ -n "$(ssh_processes)" ] || ssh_socket; }

# Comments, and the line that cloud-init leaves for root: it only says which user to take. A key with these words in its
# comment, or with another command behind them, lets somebody in.
NO_KEY='^[[:space:]]*(#|$)|^([A-Za-z0-9-]+,)*command="echo '\''?Please login as the user ([A-Za-z0-9 ._-]|\\")*'\''?(;echo|;sleep [0-9]+|;exit [0-9]+)*" '

# Counts keys that let somebody in.
keys_in() { grep -c -v -E "$NO_KEY" "$1" 2>/dev/null; }

# Accepts names of users and paths that need no escaping in JSON and in names of files.
is_plain() { case $1 in '' | .* | *[!A-Za-z0-9._/-]*) return 1 ;; esac; }

# Calls "$1 USER HOME NAME NUMBER" for each file of keys that a user may have.
each_file() {
  while IFS=: read -r user _ uid _ _ home _; do
    case $home in /*) home=${home%/} ;; *) continue ;; esac
    "$1" "$user" "$home" authorized_keys "$uid"
    "$1" "$user" "$home" authorized_keys2 "$uid"
  done <<PASSWD
$(head -n 1000 "$ROOT/etc/passwd" 2>/dev/null)
PASSWD
}

count() {
  [ -f "$ROOT$2/.ssh/$3" ] || return 0
  # Several users may have the same home.
  case $COUNTED in *"$NL$2/.ssh/$3$NL"*) return 0 ;; esac
  COUNTED=$COUNTED$2/.ssh/$3$NL
  found=$(keys_in "$ROOT$2/.ssh/$3")
  [ "${found:-0}" -gt 0 ] || return 0
  KEYS=$((KEYS + found))
  name_file "$2/.ssh/$3"
}

# Adds a file to the ones that are named, where its path needs no escaping in JSON.
name_file() {
  is_plain "$1" && [ "${#PATHS}" -lt 1000 ] || return 0
  PATHS="$PATHS${PATHS:+,}\"$1\""
}

# Counts the keys in files elsewhere than in .ssh of a home, which the configuration names (AuthorizedKeysFile). They
# stay where they are.
count_elsewhere() {
  for pattern in $KEY_FILES; do
    case $pattern in /* | %h*) ;; *) pattern=%h/$pattern ;; esac
    case $pattern in %h/.ssh/authorized_keys | %h/.ssh/authorized_keys2) continue ;; esac
    is_plain "$1" || continue
    [ -z "$2" ] || is_plain "${2#/}" || continue
    is_plain "$4" || continue
    path=$(printf '%s\n' "$pattern" | sed "s|%h|$2|g; s|%u|$1|g; s|%U|$4|g")
    # Several users may have the same file.
    case $COUNTED in *"$NL$path$NL"*) continue ;; esac
    COUNTED=$COUNTED$path$NL
    [ -f "$ROOT$path" ] || continue
    found=$(keys_in "$ROOT$path")
    [ "${found:-0}" -gt 0 ] || continue
    ELSEWHERE=$((ELSEWHERE + found))
    name_file "$path"
  done
}

# Makes the directory of kept files. It must be root's own and no link, so that users cannot lead it elsewhere.
make_kept() {
  mkdir -p "$KEPT" && [ -d "$KEPT" ] && [ ! -L "$KEPT" ] && chmod 700 "$KEPT"
}

# Moves a file of keys by renaming it in its own directory, so that nothing is read or written through paths that its
# user owns. The new name contains the owner of that directory, who alone may get the file back there.
close_file() {
  [ -f "$ROOT$2/.ssh/$3" ] || return 0
  found=$(keys_in "$ROOT$2/.ssh/$3")
  [ "${found:-0}" -gt 0 ] || return 0
  if is_plain "$1" && is_plain "${2#/}" && make_kept && (
    cd -P "$ROOT$2/.ssh" 2>/dev/null || exit 1
    owner=$(stat -c %u .) || exit 1
    copy=0
    while [ -e "$KEPT/$owner.$3.$copy.$1" ] || [ -L "$KEPT/$owner.$3.$copy.$1" ]; do copy=$((copy + 1)); done
    mv "./$3" "$KEPT/$owner.$3.$copy.$1"
  ) 2>/dev/null; then
    MOVED=$((MOVED + 1))
  else
    LEFT=$((LEFT + 1))
  fi
}

# Restores the newest copy where its user has no such file by now, and the directory still has its owner. It works
# inside the directory, so that nobody can replace the directory in between.
restore_file() {
  is_plain "$1" || return 0
  newest=''
  for owner in "$KEPT"/*."$3".0."$1"; do
    [ -e "$owner" ] || [ -L "$owner" ] || continue
    base=${owner%."$3".0."$1"}
    copy=0
    while [ -e "$base.$3.$copy.$1" ] || [ -L "$base.$3.$copy.$1" ]; do
      newest=$base.$3.$copy.$1
      copy=$((copy + 1))
    done
  done
  [ -n "$newest" ] || return 0
  uid=${newest##*/}
  uid=${uid%%.*}
  if (
    cd -P "$ROOT$2/.ssh" 2>/dev/null || exit 1
    [ ! -L "$ROOT$2/.ssh" ] && [ "$(stat -c %u .)" = "$uid" ] || exit 1
    [ ! -e "./$3" ] && [ ! -L "./$3" ] || exit 1
    mv "$newest" "./$3"
  ) 2>/dev/null; then
    RESTORED=$((RESTORED + 1))
  else
    LEFT=$((LEFT + 1))
  fi
}

# Prints Bottlerocket's setting: true, false, or null where its API does not say.
admin_container() {
  value=$(apiclient get settings.host-containers.admin.enabled 2>/dev/null | tr -d '\n' |
    sed -n 's/.*"enabled" *: *\([a-z]*\).*/\1/p')
  case $value in true | false) printf '%s' "$value" ;; *) printf null ;; esac
}

ADMIN=null
SSHD=false
if command -v apiclient >/dev/null 2>&1; then
  case $ACTION:$(admin_container) in
    close:true) apiclient set host-containers.admin.enabled=false >/dev/null 2>&1 && MOVED=1 || LEFT=1 ;;
    restore:false) apiclient set host-containers.admin.enabled=true >/dev/null 2>&1 && RESTORED=1 || LEFT=1 ;;
  esac
  ADMIN=$(admin_container)
else
  ssh_daemon && SSHD=true
  case $ACTION in
    close) each_file close_file ;;
    restore) each_file restore_file ;;
  esac
  each_file count
  KEY_FILES=$(sshd_setting authorizedkeysfile | head -n 20)
  CERTIFICATES=$(sshd_setting trustedusercakeys | head -n 1)
  # The paths are no patterns of the shell.
  set -f
  each_file count_elsewhere
  [ -z "$CERTIFICATES" ] || { is_plain "$CERTIFICATES" && [ "${#CERTIFICATES}" -lt 200 ]; } || CERTIFICATES=TrustedUserCAKeys
fi
printf '{"sshd":%s,"keys":%d,"elsewhere":%d,"paths":[%s],"certificates":"%s","admin":%s,"moved":%d,"restored":%d,"left":%d}\n' \
  "$SSHD" "$KEYS" "$ELSEWHERE" "$PATHS" "$CERTIFICATES" "$ADMIN" "$MOVED" "$RESTORED" "$LEFT"
