#!/bin/sh
# Installs the Amazon SSM Agent on the node whose root file system is mounted at $HOST_ROOT. Once the agent runs, the
# script creates the file $WORK/ready and stays alive, because the pod is Ready only then. It runs in a privileged
# container in the host's PID namespace. The image must have a POSIX shell, coreutils, curl and gpg.
#
# The settings are environment variables: REGION, HOST_ROOT, WORK (a writable directory), TERMINATION_LOG.
#
# Exit codes; the reason is in $TERMINATION_LOG:
#   10 operating system refused     20 a download failed             30 the installation failed
#   11 processor refused            21 signature is not Amazon's     31 the agent does not run
#   12 bad setting
#
# The script uses only POSIX sh. It never evaluates a text of the host or of a setting.
set -eu
export LC_ALL=C
umask 022

# The key with which Amazon signs the agent's packages, valid until 2027-11-25. Amazon publishes each following key at
# https://docs.aws.amazon.com/systems-manager/latest/userguide/verify-agent-signature.html
fingerprint=1C5B395CBE5E74E2F1CA21592784DBF388D19D46
signing_key() {
  cat <<'KEY'
-----BEGIN PGP PUBLIC KEY BLOCK-----

mQINBGohhG8BEACxNOk7TM1ywHjW0qrSyH9npRDUjpWAyCD8L1Yu7nLnxwEBtUOk
HgQIo1scTWuwogaBZpAzg22A25AloOrhX8BGTokh71Xm3LbQT8dDQUDT7WRTl4R5
p7786TN79p4DqD3/JyzjiD/keTYyhplBWdyk5BEcqlyVj9Pf/1O6CrOJgGD1oGYK
7lRqMtmXlf86/mKveWvjJTPAF26dkDJZecnrheyEA99XlONm8zAlK6h09JThHBmW
MgDPXDSsVeEyXilPUJFhZJ2HXVG2tS9ioVM309tMX6B3W5woT7w8SA6uV2Pf0jMm
oYmMuCmQMU8/7/vOLQSJm+6Wui5dZywArqtOqXcSledRf7xhmug3Qa5maqY2Ttcn
XqTaH3WaBLtJZYqDJcsUH99AXqdQkozsCHHL2NmxRiShyLCX4VBKzH8j5kDNGeSL
uiICbj1Tufh7LDuIwdOQnX9gvB6j/SF3YVqJl4DAjCs4ODYpwm+36RZjQkbwELzX
zXnDoNgjR5tXCiNdxJLuzemQy7FcDc90fEbpDX03rN7iceavBmZbZ5Tlu53fgpzd
kflD8OwfjnYa9AXh2zweC1G0ut2QU+cZcoOq5/QPtQELNqvgpAUsQtkCECTerz8S
ugriZD4Tnd4FJUgoqX+/iwCWesyWjGkotxi7aJluLtz+znNT9SgeMCoJmQARAQAB
tCdTU00gQWdlbnQgPHNzbS1hZ2VudC1zaWduZXJAYW1hem9uLmNvbT6JAj8EEwEC
ACkFAmohhG8CGy8FCQLGmIAHCwkIBwMCAQYVCAIJCgsEFgIDAQIeAQIXgAAKCRAn
hNvziNGdRnXVD/9bP0IX6aU+qur66fTWs8RLDs//6Vx93e8lH6p4W+RxL+wW7Ajc
/REB7PPgc5ohW80/LwxHP2g8cZiSK7fp9cRbXODqiVYl4mAWQNfxfGcWpBxcEsyo
UGF6oRjiibL1BcJLFJgVZ/H4pT0xNEDJNIJpRn7ZVXm0vrVVVUh4a4WFXUkspRXm
q37eIMm76p969L5SNjY+F8Ld6hjmRiRopg4f/+lf/+e6R+fofSOVE3Ip/YpPH1DR
plwQJrMk1XFjm+JTsdtqMTIKv38j7HANmUgDGLsuQNn8048n6ve8koVZLSrv9FAi
elSNsSIurLEpkLM0QPOFviagK7zB/d/zScpGquBU9dPFOoTq/sNFhnZr+PA7MAek
r4WOP8kasS3LWGn/rqqIOw/PDm2mmUaIwm4XenOe8lJFKUGp6ssUOj4PIQKwGaL/
S2xTex25ZaNQaKXv2JUmriGycpCjIaniEHz60bBN1kSgO0m0a5Yg3X9Qw+ezt51o
Pi6H6NdE0IwNzNcbJI2UvphwR9L92Br/J9ElYbHRdgmz26SZeRNTht/+zKPxk4iD
YibpQ804cPfA0mJBODwzqL5BBfVJ0/rLtQ2ymuHaqKbKEc0KuJ6vWMoH9qlMBlv5
YiZeUw5Ls2uuaxhKTUYrCE4LuUlAtNW63+/TP+ciBg1bq5H5aBn5tSCYVw==
=mK7s
-----END PGP PUBLIC KEY BLOCK-----
KEY
}

say() { printf '%s\n' "$1"; }

# fail CODE REASON
fail() {
  say "$2" >&2
  say "$2" >"$TERMINATION_LOG" || :
  exit "$1"
}

clean_up() { rm -rf "$scratch" "$staging"; }

# Runs a command as if on the host: in its root and its mounts, with its own programs.
host() { timeout -k 30 600 chroot "$HOST_ROOT" nsenter --target 1 --mount -- "$@"; }

# Runs a command on the host, and retries for about a minute, because another package manager may hold the lock.
host_patiently() {
  tries=1
  until host "$@"; do
    [ "$tries" -lt 5 ] || return 1
    tries=$((tries + 1))
    sleep 15
  done
}

check_settings() {
  case $REGION in
    '' | *[!a-z0-9-]*) fail 12 'REGION is not the name of an AWS Region.' ;;
    cn-*) dns_suffix=amazonaws.com.cn ;;
    eusc-*) dns_suffix=amazonaws.eu ;;
    us-iso-*) dns_suffix=c2s.ic.gov ;;
    us-isob-*) dns_suffix=sc2s.sgov.gov ;;
    eu-isoe-*) dns_suffix=cloud.adc-e.uk ;;
    us-isof-* | eu-isof-*) dns_suffix=csp.hci.ic.gov ;;
    *) dns_suffix=amazonaws.com ;;
  esac
  bucket="https://s3.$REGION.$dns_suffix/amazon-ssm-$REGION/latest"
  case $(uname -m) in
    x86_64) arch=amd64 ;;
    aarch64) arch=arm64 ;;
    *) fail 11 "Amazon publishes no agent for the processor $(uname -m)." ;;
  esac
}

# Sets $value to a field of $os_release. The file is read line by line, never sourced.
os_field() {
  value=
  while IFS= read -r line; do
    case $line in "$1="*) value=${line#*=} ;; esac
  done <<EOF
$os_release
EOF
  value=${value#[\"\']}
  value=${value%[\"\']}
}

# Sets $family, or refuses the system by its name. The host reads its file itself, because an absolute link in it would
# lead into the container.
find_family() {
  os_release=$(host cat /etc/os-release) || fail 10 'The host does not tell its operating system in /etc/os-release.'
  os_field PRETTY_NAME
  os_name=${value:-An operating system without a name}
  os_field VERSION_ID
  os_version=$value
  os_field VARIANT_ID
  os_variant=$value
  os_field ID_LIKE
  os_like=$value
  os_field ID
  case $value in
    bottlerocket) fail 10 'Bottlerocket is left alone: it carries the agent in its control container.' ;;
    flatcar) family=flatcar ;;
    amzn)
      [ "$os_version" = 2023 ] || fail 10 "$os_name is refused: of Amazon Linux, only 2023 is supported."
      family=amazon_linux
      ;;
    ubuntu | debian) family=deb ;;
    rhel | centos | rocky | almalinux | ol) family=rpm ;;
    *)
      case " $os_like " in
        *' rhel '*) family=rpm ;;
        *' debian '* | *' ubuntu '*) family=deb ;;
        *) fail 10 "$os_name is refused: how to install on it is not known." ;;
      esac
      ;;
  esac
  if [ "$os_variant" = coreos ] || [ -e "$HOST_ROOT/run/ostree-booted" ]; then
    fail 10 "$os_name is refused: packages cannot be added to an OSTree image."
  fi
}

# Sets $unit to the host's unit of the agent, which comes from a package or from Ubuntu's snap. Fails where there is
# none.
find_unit() {
  for unit in snap.amazon-ssm-agent.amazon-ssm-agent.service amazon-ssm-agent.service; do
    if host systemctl cat "$unit" >/dev/null 2>&1; then return 0; fi
  done
  return 1
}

is_active() { host systemctl is-active --quiet "$unit"; }

# fetch URL FILE
fetch() {
  curl --fail --silent --show-error --proto =https --tlsv1.2 --connect-timeout 10 --max-time 300 \
    --retry 3 --retry-delay 2 --retry-max-time 600 --output "$2" --url "$1" || fail 20 "Cannot download $1"
}

# Downloads one of the agent's packages to the host, and stops unless Amazon signed it. Sets $package to its path there.
# gpg checks the signature, not rpm: the key vouches for itself with SHA-1, which rpm refuses to import since RHEL 9.
# Only GOODSIG counts, because gpg also succeeds for an expired key.
download() {
  fetch "$bucket/$1" "$scratch/package"
  fetch "$bucket/$1.sig" "$scratch/package.sig"
  signing_key | gpg_alone --dearmor >"$scratch/keyring" || fail 21 'gpg cannot read the signing key.'
  signed=$(gpg_alone --no-default-keyring --keyring "$scratch/keyring" --trust-model always --status-fd 1 \
    --verify "$scratch/package.sig" "$scratch/package") || fail 21 "The signature of $bucket/$1 is not valid."
  case $signed in
    *'[GNUPG:] GOODSIG '*"[GNUPG:] VALIDSIG $fingerprint "*) ;;
    *) fail 21 "The signature of $bucket/$1 is not a good one by the key $fingerprint." ;;
  esac
  cp "$scratch/package" "$staging/${1##*/}" || fail 30 'The package cannot be copied to /var/tmp on the host.'
  package=$staged/${1##*/}
}

# Runs gpg without anybody's settings or keys.
gpg_alone() { gpg --homedir "$scratch" --batch --no-tty "$@"; }

install_amazon_linux() { host_patiently dnf --assumeyes '--setopt=*.gpgcheck=1' install amazon-ssm-agent; }

install_deb() {
  download "debian_$arch/amazon-ssm-agent.deb"
  host_patiently env DEBIAN_FRONTEND=noninteractive dpkg --force-confold --install "$package"
}

install_rpm() {
  download "linux_$arch/amazon-ssm-agent.rpm"
  host_patiently rpm --upgrade --replacepkgs "$package"
}

# Flatcar has no package manager and a read-only /usr, so the programs of the package go to /opt, where the agent finds
# its workers beside itself.
install_flatcar() {
  download "debian_$arch/amazon-ssm-agent.deb"
  unpack_deb "$scratch/package" "$staging/data.tar" || return
  cat >"$staging/unit" <<'UNIT' || return
[Unit]
Description=Amazon SSM Agent
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/opt/amazon-ssm-agent/amazon-ssm-agent
WorkingDirectory=/opt/amazon-ssm-agent
KillMode=process
Restart=on-failure
RestartSec=15min

[Install]
WantedBy=multi-user.target
UNIT
  host tar --extract --no-same-owner --file "$staged/data.tar" --directory "$staged" &&
    host mkdir -p /opt/amazon-ssm-agent &&
    host cp -R "$staged/usr/bin/." /opt/amazon-ssm-agent &&
    host chmod -R 0755 /opt/amazon-ssm-agent &&
    host cp "$staged/unit" /etc/systemd/system/amazon-ssm-agent.service &&
    host systemctl daemon-reload
}

# unpack_deb DEB FILE: copies the payload out of an ar archive, for which neither image nor host has a tool. After a
# magic of 8 bytes, each member has a header of 60, with its name in bytes 1-16 and its size in bytes 49-58.
unpack_deb() {
  offset=9
  for _ in debian-binary control data; do
    name=$(tail -c "+$offset" "$1" | head -c 16)
    size=$(tail -c "+$((offset + 48))" "$1" | head -c 10 | tr -d ' ')
    case $size in '' | *[!0-9]*) return 1 ;; esac
    case $name in
      data.tar*)
        tail -c "+$((offset + 60))" "$1" | head -c "$size" >"$2"
        return
        ;;
    esac
    offset=$((offset + 60 + size + size % 2))
  done
  return 1
}

rm -f "$WORK/ready"
check_settings
find_family

if ! find_unit; then
  scratch=$(mktemp -d "$WORK/scratch.XXXXXX")
  staging=$(mktemp -d "$HOST_ROOT/var/tmp/ssm-agent.XXXXXX")
  staged=${staging#"$HOST_ROOT"}
  trap clean_up EXIT
  # A package manager that is stopped at work leaves a broken database.
  trap '' TERM
  "install_$family" || fail 30 "The agent could not be installed on $os_name."
  trap - TERM
  clean_up
  find_unit || fail 30 "The package installed on $os_name brought no unit for systemd."
fi

if is_active; then
  say "$unit is active on $os_name."
else
  host systemctl enable --now "$unit" || fail 31 "systemd cannot start $unit."
  sleep 5
  is_active || fail 31 "$unit ended right after its start: see journalctl -u $unit on the host."
  say "$unit was started on $os_name."
fi

: >"$WORK/ready"
exec sleep 2147483647
