import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { putFile } from '../../../sandbox/account/ssm/host-tree.ts';
import { SHELLS } from '../../../test/shells.ts';

const SCRIPT = join(import.meta.dirname, 'close-shells.sh');
const run = promisify(execFile);
const base = mkdtempSync(join(tmpdir(), 'shells-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const KEY = 'ssh-ed25519 AAAAsecret somebody\n';
const KEPT = 'var/lib/eks-host-remediator/authorized_keys';
const keysOf = (user: string) => `home/${user}/.ssh/authorized_keys`;

let trees = 0;
/** A host with an SSH daemon and these users, each with a key. */
function host(users: readonly string[], { sshd = true } = {}): string {
  const root = join(base, String(trees++));
  mkdirSync(root);
  const lines = users.map((user, index) => `${user}:x:${1000 + index}:1000::/home/${user}:/bin/bash\n`);
  putFile(root, '/etc/passwd', `root:x:0:0::/root:/bin/bash\n${lines.join('')}`);
  for (const user of users) putFile(root, `/${keysOf(user)}`, `# of ${user}\n\n${KEY}`, 0o640);
  if (sshd) putFile(root, '/proc/77/comm', 'sshd\n');
  return root;
}

async function act(root: string, ACTION: string, [name = 'sh', ...options]: readonly string[] = ['sh'], PATH = '') {
  const { stdout, stderr } = await run(name, [...options, SCRIPT], {
    env: { PATH: `${PATH}:${process.env.PATH}`, SHELLS_ROOT: root, ACTION },
  });
  expect(stderr).toBe('');
  expect(stdout).not.toContain('AAAA');
  // ListCommandInvocations gives 2,500 characters.
  expect(stdout.length).toBeLessThan(2_500);
  return JSON.parse(stdout);
}

describe.each(SHELLS.map((shell) => [shell.join(' '), shell] as const))('close-shells.sh with %s', (_name, shell) => {
  it('counts keys and changes nothing, puts them aside for root alone, and gives them back as they were', async () => {
    const root = host(['ec2-user', 'ann']);
    const before = readFileSync(join(root, keysOf('ann')), 'utf8');
    const seen = await act(root, 'look', shell);
    expect(seen).toEqual({
      sshd: true,
      keys: 2,
      elsewhere: 0,
      paths: [`/${keysOf('ec2-user')}`, `/${keysOf('ann')}`],
      certificates: '',
      admin: null,
      moved: 0,
      restored: 0,
      left: 0,
    });
    expect(await act(root, 'look', shell)).toEqual(seen);
    expect(await act(root, 'close', shell)).toMatchObject({ keys: 0, paths: [], moved: 2, left: 0 });
    expect(existsSync(join(root, keysOf('ann')))).toBe(false);
    expect(statSync(join(root, KEPT)).mode & 0o777).toBe(0o700);
    // Once more finds nothing left to do.
    expect(await act(root, 'close', shell)).toMatchObject({ keys: 0, moved: 0, left: 0 });
    expect(await act(root, 'restore', shell)).toMatchObject({ keys: 2, restored: 2, left: 0 });
    expect(readFileSync(join(root, keysOf('ann')), 'utf8')).toBe(before);
    expect(statSync(join(root, keysOf('ann'))).mode & 0o777).toBe(0o640);
    expect(await act(root, 'restore', shell)).toMatchObject({ keys: 2, restored: 0, left: 0 });
  });

  it('keeps each copy, and overwrites no keys that somebody has written since', async () => {
    const root = host(['ann']);
    await act(root, 'close', shell);
    putFile(root, `/${keysOf('ann')}`, 'ssh-rsa BBBB other\n');
    expect(await act(root, 'restore', shell)).toMatchObject({ restored: 0, left: 1 });
    expect(readFileSync(join(root, keysOf('ann')), 'utf8')).toBe('ssh-rsa BBBB other\n');
    expect(await act(root, 'close', shell)).toMatchObject({ moved: 1 });
    expect(readdirSync(join(root, KEPT))).toHaveLength(2);
    // The newest comes back, and the other one stays.
    expect(await act(root, 'restore', shell)).toMatchObject({ restored: 1, left: 0 });
    expect(readFileSync(join(root, keysOf('ann')), 'utf8')).toBe('ssh-rsa BBBB other\n');
    expect(readdirSync(join(root, KEPT))).toHaveLength(1);
  });

  it('gives keys back into no directory that a link leads to', async () => {
    const root = host(['ann']);
    await act(root, 'close', shell);
    rmSync(join(root, 'home/ann/.ssh'), { recursive: true });
    mkdirSync(join(root, 'root/.ssh'), { recursive: true });
    symlinkSync(join(root, 'root/.ssh'), join(root, 'home/ann/.ssh'));
    expect(await act(root, 'restore', shell)).toMatchObject({ restored: 0, left: 1 });
    expect(readdirSync(join(root, 'root/.ssh'))).toEqual([]);
  });

  it('moves a link to keys, and never what it leads to', async () => {
    const root = host(['ann']);
    putFile(root, '/etc/shared-keys', KEY);
    rmSync(join(root, keysOf('ann')));
    symlinkSync(join(root, 'etc/shared-keys'), join(root, keysOf('ann')));
    expect(await act(root, 'close', shell)).toMatchObject({ keys: 0, moved: 1 });
    expect(readFileSync(join(root, 'etc/shared-keys'), 'utf8')).toBe(KEY);
    expect(await act(root, 'restore', shell)).toMatchObject({ keys: 1, restored: 1 });
  });

  it('leaves files without keys alone, and names with characters that no file name should have', async () => {
    const root = host(['ann', 'b o b']);
    putFile(
      root,
      '/root/.ssh/authorized_keys',
      'no-pty,command="echo Please login as the user ec2-user" ssh-rsa CCCC x\n',
    );
    putFile(root, `/${keysOf('ann')}`, '# none\n\n');
    expect(await act(root, 'close', shell)).toMatchObject({ keys: 1, paths: [], moved: 0, left: 1 });
    expect(existsSync(join(root, 'root/.ssh/authorized_keys'))).toBe(true);
    expect(existsSync(join(root, keysOf('ann')))).toBe(true);
  });

  it("switches Bottlerocket's admin container off and on, and touches no file there", async () => {
    const root = host(['ann']);
    const api = `#!/bin/sh
at='${root}/admin'
case "$*" in
  'get settings.host-containers.admin.enabled')
    printf '{\\n  "settings": {"host-containers": {"admin": {"enabled": %s}}}\\n}\\n' "$(cat "$at")" ;;
  set\\ host-containers.admin.enabled=*) printf '%s' "\${2#*=}" >"$at" ;;
  *) exit 1 ;;
esac
`;
    putFile(root, '/bin/apiclient', api, 0o755);
    putFile(root, '/admin', 'true');
    const path = join(root, 'bin');
    expect(await act(root, 'look', shell, path)).toMatchObject({ sshd: false, keys: 0, admin: true });
    expect(await act(root, 'close', shell, path)).toMatchObject({ admin: false, moved: 1, left: 0 });
    expect(await act(root, 'close', shell, path)).toMatchObject({ admin: false, moved: 0, left: 0 });
    expect(await act(root, 'restore', shell, path)).toMatchObject({ admin: true, restored: 1 });
    expect(existsSync(join(root, keysOf('ann')))).toBe(true);
  });
});

/** What the kernel says of a process that listens on port 22. */
const LISTENS = '  sl  local_address rem_address   st\n   0: 00000000:0016 00000000:0000 0A 00000000:00000000\n';

it.each([
  ['Ubuntu', 'usr/lib/systemd/system/ssh.socket', '[Socket]\nListenStream=0.0.0.0:22\nListenStream=[::]:22\n', true],
  ['Flatcar', 'usr/lib/systemd/system/sshd.socket', '[Socket]\nListenStream=22\n', true],
  ['a port of one’s own', 'etc/systemd/system/ssh.socket.d/addresses.conf', '[Socket]\nListenStream=2222\n', false],
])('knows a daemon that only a connection starts: %s', async (_name, unit, text, listens) => {
  const root = host(['ann'], { sshd: false });
  putFile(root, `/${unit}`, text);
  expect(await act(root, 'look')).toMatchObject({ sshd: false, keys: 1 });
  putFile(root, '/proc/net/tcp', LISTENS);
  expect(await act(root, 'look')).toMatchObject({ sshd: listens });
  putFile(root, '/proc/net/tcp6', LISTENS.replaceAll('0016', '08AE'));
  expect(await act(root, 'look')).toMatchObject({ sshd: true });
});

it('counts keys that hide behind the words of cloud-init', async () => {
  const root = host(['ann', 'ben', 'cid']);
  putFile(root, `/${keysOf('ann')}`, 'ssh-ed25519 AAAA Please login as the user ann\n');
  putFile(root, `/${keysOf('ben')}`, 'command="echo Please login as the user ben; /bin/sh" ssh-ed25519 AAAA\n');
  putFile(
    root,
    `/${keysOf('cid')}`,
    `no-port-forwarding,no-agent-forwarding,no-X11-forwarding,command="echo 'Please login as the user \\"ec2-user\\" rather than the user \\"root\\".';echo;sleep 10;exit 142" ssh-ed25519 AAAA\n`,
  );
  expect(await act(root, 'look')).toMatchObject({ keys: 2, paths: [`/${keysOf('ann')}`, `/${keysOf('ben')}`] });
});

it('tells of keys elsewhere and of certificates, and changes neither', async () => {
  const root = host(['ann', 'ben']);
  putFile(
    root,
    '/etc/ssh/sshd_config',
    'Include /etc/ssh/sshd_config.d/*.conf\nAuthorizedKeysFile .ssh/authorized_keys\n',
  );
  const dropIn = 'authorizedkeysfile /etc/ssh/keys/%u /etc/ssh/all %h/.keys\nTrustedUserCAKeys=/etc/ssh/ca.pub\n';
  putFile(root, '/etc/ssh/sshd_config.d/10-own.conf', dropIn);
  putFile(root, '/etc/ssh/keys/ann', KEY);
  putFile(root, '/etc/ssh/all', KEY);
  putFile(root, '/home/ben/.keys', `${KEY}${KEY}`);
  expect(await act(root, 'close')).toMatchObject({
    keys: 0,
    elsewhere: 4,
    paths: ['/etc/ssh/all', '/etc/ssh/keys/ann', '/home/ben/.keys'],
    certificates: '/etc/ssh/ca.pub',
    moved: 2,
    left: 0,
  });
  expect(readFileSync(join(root, 'etc/ssh/all'), 'utf8')).toBe(KEY);
});

it('tells of keys in files that a configuration from elsewhere names, also for some users only', async () => {
  const root = host([]);
  putFile(root, '/etc/passwd', 'ann:x:1000:1000::/home/ann:/bin/bash\n');
  putFile(root, '/etc/ssh/sshd_config', 'Include /opt/ssh/*.conf\nAuthorizedKeysFile .ssh/authorized_keys\n');
  putFile(root, '/opt/ssh/own.conf', 'Match User ann\n  AuthorizedKeysFile /opt/ssh/keys/%u\n');
  putFile(root, '/opt/ssh/keys/ann', KEY);
  expect(await act(root, 'look')).toMatchObject({ keys: 0, elsewhere: 1, paths: ['/opt/ssh/keys/ann'] });
});

it('tells of keys of users by number and of those at home in the root directory, each file once', async () => {
  const root = host(['ann']);
  putFile(
    root,
    '/etc/passwd',
    'ann:x:1001:1000::/home/ann:/bin/bash\nops:x:7:7::/:/bin/bash\nbin:x:2:2::/:/sbin/nologin\nann2:x:1001:1000::/home/ann:/bin/bash\n',
  );
  putFile(root, '/etc/ssh/sshd_config', 'AuthorizedKeysFile /etc/ssh/keys/%U /home/%u/.ssh/authorized_keys\n');
  putFile(root, '/etc/ssh/keys/7', KEY);
  putFile(root, '/.ssh/authorized_keys', KEY);
  expect(await act(root, 'look')).toMatchObject({
    keys: 2,
    elsewhere: 1,
    paths: [`/${keysOf('ann')}`, '/.ssh/authorized_keys', '/etc/ssh/keys/7'],
  });
});

it('does not take a daemon in a pod for one of the host, and reads the file that a command names', async () => {
  const root = host(['ann'], { sshd: false });
  const link = (pid: number, namespace: string) => {
    mkdirSync(join(root, `proc/${pid}/ns`), { recursive: true });
    symlinkSync(namespace, join(root, `proc/${pid}/ns/mnt`));
  };
  link(1, 'mnt:[1]');
  link(77, 'mnt:[2]');
  putFile(root, '/proc/77/comm', 'sshd\n');
  putFile(root, '/proc/77/cgroup', '0::/kubepods/besteffort/pod1a2b/3f2a\n');
  putFile(root, '/proc/77/cmdline', 'sshd\0-oTrustedUserCAKeys=/of/pod\0');
  putFile(
    root,
    '/usr/lib/systemd/system/sshd.service',
    '[Service]\nExecStart=/usr/sbin/sshd -D -f /etc/ssh/own $OPTIONS\n',
  );
  putFile(root, '/etc/ssh/own', 'TrustedUserCAKeys /ca # ours\n');
  expect(await act(root, 'look')).toMatchObject({ sshd: false, keys: 1, certificates: '/ca' });
});

it('tells of keys where no daemon runs, too', async () => {
  expect(await act(host(['ann'], { sshd: false }), 'look')).toMatchObject({ sshd: false, keys: 1 });
});

it('is clean by shellcheck, where that is installed', async () => {
  const found = await run('shellcheck', [SCRIPT]).catch((error: NodeJS.ErrnoException) => error);
  if ('code' in found && found.code === 'ENOENT') return;
  expect(found).toMatchObject({ stdout: '' });
});
