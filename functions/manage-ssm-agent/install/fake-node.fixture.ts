import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INSTALL_SCRIPT } from './script.ts';

/**
 * Replaces `chroot ROOT nsenter …` in the installer container: commands for the host are logged and simulated in the
 * fake root. Packages "install" a unit, which runs once it is started, unless the node says otherwise.
 */
const CHROOT = `#!/bin/sh
root=$1
if [ "$root $2 $3 $4 $5 $6" != "$HOST_ROOT nsenter --target 1 --mount --" ]; then
  echo "chroot $*" >>"$FAKE_LOG"
  exit 99
fi
shift 6
echo "host $*" >>"$FAKE_LOG"
units="$root/etc/systemd/system"
works() {
  tries=$(cat "$root/../failing" 2>/dev/null || echo 0)
  [ "$tries" -eq 0 ] || { echo $((tries - 1)) >"$root/../failing"; return 1; }
}
case "$1" in
  cat) exec cat "$root$2" ;;
  dnf | env | rpm) works && touch "$units/amazon-ssm-agent.service" ;;
  systemctl)
    case "$2" in
      cat) [ -e "$units/$3" ] ;;
      is-active) [ -e "$root/../active/$4" ] ;;
      enable) [ -e "$root/../broken" ] || touch "$root/../active/$4" ;;
      daemon-reload) ;;
      *) exit 98 ;;
    esac
    ;;
  tar | mkdir | cp | chmod)
    for argument; do
      shift
      case "$argument" in /*) argument="$root$argument" ;; esac
      set -- "$@" "$argument"
    done
    "$@"
    ;;
  *) exit 97 ;;
esac
`;

const CURL = `#!/bin/sh
echo "curl $*" >>"$FAKE_LOG"
while [ $# -gt 0 ]; do
  case "$1" in --output) output=$2 ;; --url) url=$2 ;; esac
  shift
done
[ -e "$FAKE_BUCKET/\${url##*/}" ] || exit 22
cp "$FAKE_BUCKET/\${url##*/}" "$output"
`;

const GPG = `#!/bin/sh
for last; do :; done
case "$*" in
  *--dearmor*) echo 'gpg --dearmor' >>"$FAKE_LOG"; exec cat ;;
  *--verify*) echo 'gpg --verify' >>"$FAKE_LOG"; printf '%s\\n' "$FAKE_GPG_STATUS"; exit "$FAKE_GPG_EXIT" ;;
esac
exit 96
`;

/** The output of gpg for a good signature by the key with this fingerprint. */
export const signedBy = (fingerprint: string, verdict = 'GOODSIG'): string =>
  [
    '[GNUPG:] NEWSIG',
    `[GNUPG:] ${verdict} ${fingerprint.slice(-16)} SSM Agent <ssm-agent-signer@amazon.com>`,
    `[GNUPG:] VALIDSIG ${fingerprint} 2026-10-01 1790812800 0 4 0 1 8 00 ${fingerprint}`,
  ].join('\n');

export const AMAZON_KEY = '1C5B395CBE5E74E2F1CA21592784DBF388D19D46';

export interface FakeNode {
  /** Contents of /etc/os-release. */
  readonly osRelease: string;
  readonly machine?: string;
  /** Files in the bucket, by their last path segment; default: the packages and their signatures. */
  readonly bucket?: Readonly<Record<string, string | Buffer>>;
  /** Units of the host, and whether each runs. */
  readonly units?: Readonly<Record<string, boolean>>;
  /** How many times package managers fail before they succeed. */
  readonly failing?: number;
  /** Whether started units end at once. */
  readonly broken?: boolean;
  readonly ostree?: boolean;
  readonly gpg?: { readonly status: string; readonly exit: number };
  /** Uses the gpg of this machine instead of a fake one. */
  readonly realGpg?: boolean;
}

export interface Run {
  readonly code: number | null;
  /** Commands in order, without temporary names and the fake root. */
  readonly calls: readonly string[];
  /** The container's termination message. */
  readonly reason: string;
  readonly ready: boolean;
}

const PACKAGES = Object.fromEntries(
  ['amazon-ssm-agent.deb', 'amazon-ssm-agent.rpm'].flatMap((name) => [
    [name, 'a package'],
    [`${name}.sig`, 'its signature'],
  ]),
);

/** A node of this kind, on which the script can be run repeatedly. Removed after the test: see {@link removeNodes}. */
export function fakeNode(node: FakeNode) {
  const home = mkdtempSync(join(tmpdir(), 'eks-host-remediator-node-'));
  homes.push(home);
  const at = (...path: string[]): string => join(home, ...path);
  for (const folder of [
    'root/etc/systemd/system',
    'root/run',
    'root/var/tmp',
    'root/opt',
    'bin',
    'work',
    'bucket',
    'active',
  ]) {
    mkdirSync(at(folder), { recursive: true });
  }
  writeFileSync(at('root/etc/os-release'), node.osRelease);
  if (node.ostree) writeFileSync(at('root/run/ostree-booted'), '');
  if (node.failing !== undefined) writeFileSync(at('failing'), `${node.failing}\n`);
  if (node.broken) writeFileSync(at('broken'), '');
  for (const [unit, active] of Object.entries(node.units ?? {})) {
    writeFileSync(at('root/etc/systemd/system', unit), '');
    if (active) writeFileSync(at('active', unit), '');
  }
  for (const [name, content] of Object.entries(node.bucket ?? PACKAGES)) writeFileSync(at('bucket', name), content);
  const tools: Record<string, string> = {
    chroot: CHROOT,
    curl: CURL,
    ...(!node.realGpg && { gpg: GPG }),
    sleep: '#!/bin/sh\necho "sleep $*" >>"$FAKE_LOG"\n',
    uname: `#!/bin/sh\necho ${node.machine ?? 'x86_64'}\n`,
  };
  for (const [name, text] of Object.entries(tools)) {
    writeFileSync(at('bin', name), text);
    chmodSync(at('bin', name), 0o755);
  }
  const { status = signedBy(AMAZON_KEY), exit = 0 } = node.gpg ?? {};

  return {
    path: at,
    /** Runs the script like the container does. */
    run(region = 'eu-central-1', script = INSTALL_SCRIPT): Run {
      for (const file of ['log', 'termination-log']) rmSync(at(file), { force: true });
      const { status: code } = spawnSync('sh', ['-c', script], {
        cwd: home,
        env: {
          PATH: `${at('bin')}:${process.env.PATH ?? ''}`,
          REGION: region,
          HOST_ROOT: at('root'),
          WORK: at('work'),
          TERMINATION_LOG: at('termination-log'),
          FAKE_LOG: at('log'),
          FAKE_BUCKET: at('bucket'),
          FAKE_GPG_STATUS: status,
          FAKE_GPG_EXIT: String(exit),
        },
      });
      return {
        code,
        calls: readIfThere(at('log'))
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => line.replaceAll(/\/(ssm-agent|scratch)\.\w{6}(?=\/|$)/g, '/$1.X').replaceAll(home, '')),
        reason: readIfThere(at('termination-log')).trimEnd(),
        ready: existsSync(at('work/ready')),
      };
    },
    /** Files that the script left behind. */
    leftovers: () => [
      ...readdirSync(at('root/var/tmp')),
      ...readdirSync(at('work')).filter((name) => name !== 'ready'),
    ],
  };
}

const homes: string[] = [];

export const removeNodes = (): void => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true });
};

const readIfThere = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
