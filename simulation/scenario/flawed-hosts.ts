import {
  al2023,
  DROP_INS,
  directory,
  dropIn,
  file,
  type NodeInput,
  WITH_DROP_INS,
} from '../../sandbox/account/ssm/node-systems.ts';

/** What each flaw of a host adds to the kubelet's drop-ins, by the check of posture that it fails. */
const FLAWS = {
  '3.2.1': ['0644', { authentication: { anonymous: { enabled: true } } }],
  '3.2.4': ['0644', { readOnlyPort: 10255 }],
  'EHR.1': ['0666', {}],
} as const;
export type Flaw = keyof typeof FLAWS;

/** How people get a shell on a host by SSH: by a key in a home, or by one that no command puts aside. */
export type WayIn = 'key' | 'key-elsewhere';

export const FLAW_IDS: readonly Flaw[] = ['3.2.1', '3.2.4', 'EHR.1'];

/** The keys that a command puts aside. */
export const KEYS = '/home/ec2-user/.ssh/authorized_keys';
const ELSEWHERE = '/etc/ssh/keys/ec2-user';
const KEY = 'ssh-ed25519 AAAA somebody\n';
const USERS = 'root:x:0:0::/root:/bin/bash\nec2-user:x:1000:1000::/home/ec2-user:/bin/bash\n';

const dropInOf = (flaw: Flaw): string => `${DROP_INS}/90-${flaw}.conf`;

/** A host with flaws and ways in; undefined where it has none, and is as its image has it. */
export function hostWith(flaws: readonly Flaw[], way: WayIn | undefined): NodeInput | undefined {
  if (flaws.length === 0 && way === undefined) return undefined;
  const drops = flaws.map((flaw) => {
    const [mode, config] = FLAWS[flaw];
    return file(dropInOf(flaw), mode, dropIn(config));
  });
  const ways = way === undefined ? [] : [file('/etc/passwd', '0644', USERS), file('/proc/77/comm', '0444', 'sshd\n')];
  const elsewhere = 'AuthorizedKeysFile /etc/ssh/keys/%u\n';
  return al2023({
    files: [
      ...(drops.length > 0 ? [directory(DROP_INS), ...drops] : []),
      ...ways,
      ...(way === 'key' ? [file(KEYS, '0600', KEY)] : []),
      ...(way === 'key-elsewhere'
        ? [file('/etc/ssh/sshd_config', '0600', elsewhere), file(ELSEWHERE, '0644', KEY)]
        : []),
    ],
    ...(drops.length > 0 && { flags: WITH_DROP_INS }),
  });
}

const flawsByHost = new WeakMap<NodeInput, ReadonlySet<Flaw>>();

/** The flaws that a host has. */
export function flawsOf(host: NodeInput | undefined): ReadonlySet<Flaw> {
  if (host === undefined) return new Set();
  const known = flawsByHost.get(host);
  if (known !== undefined) return known;
  const paths = new Set(host.files.map(({ path }) => path));
  const flaws = new Set(FLAW_IDS.filter((flaw) => paths.has(dropInOf(flaw))));
  flawsByHost.set(host, flaws);
  return flaws;
}

/** How people get a shell on a host; undefined: nobody does. */
export function wayInto(host: NodeInput | undefined): WayIn | undefined {
  const paths = new Set(host?.files.map(({ path }) => path));
  if (paths.has(KEYS)) return 'key';
  return paths.has(ELSEWHERE) ? 'key-elsewhere' : undefined;
}
