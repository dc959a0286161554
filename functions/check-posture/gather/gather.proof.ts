import { execFile, execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { makeHostTree, putFile, putKubelet } from '../../../sandbox/account/ssm/host-tree.ts';
import {
  AL2023_FLAGS,
  al2023,
  CONFIG,
  cisReport,
  DROP_INS,
  directory,
  dropIn,
  file,
  KUBECONFIG,
  type NodeInput,
  WITH_DROP_INS,
} from '../../../sandbox/account/ssm/node-systems.ts';
import { SHELLS } from '../../../test/shells.ts';
import { CHECKS, type CheckId } from '../../shared/posture/benchmark.ts';
import { judge } from '../judge/judge.ts';
import { readNode } from '../judge/node.ts';
import { NODES } from '../judge/nodes.fixture.ts';

const SCRIPT = join(import.meta.dirname, 'gather.sh');
const run = promisify(execFile);
const base = mkdtempSync(join(tmpdir(), 'gather-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const IS_ROOT = process.getuid?.() === 0;

let trees = 0;
function emptyTree(): string {
  const root = join(base, String(trees++));
  mkdirSync(root);
  return root;
}

const put = putFile;
const kubelet = putKubelet;

/** Makes a tree of files, with a /proc, from a fixture. */
function treeOf(node: NodeInput, more: Readonly<Record<string, string>> = {}): string {
  const root = emptyTree();
  makeHostTree(root, node);
  for (const [path, content] of Object.entries(more)) put(root, path, content);
  return root;
}

async function gather(
  root: string,
  [name = 'sh', ...options]: readonly string[] = ['sh'],
  env: Record<string, string> = {},
) {
  const { stdout, stderr } = await run(name, [...options, SCRIPT], {
    env: { PATH: process.env.PATH ?? '', POSTURE_ROOT: root, ...env },
    maxBuffer: 1e7,
  });
  expect(stderr).toBe('');
  expect(stdout.length).toBeLessThan(24_000);
  return JSON.parse(stdout);
}

const OWNERS: readonly CheckId[] = ['3.1.2', '3.1.4', 'EHR.1'];

/** Fixtures that a tree can be made of. The user who runs the tests owns all of the files. */
const BUILDABLE = NODES.filter(
  ({ node }) =>
    node.kubeletFlags !== null &&
    node.files.every(({ owner, group }) => owner === 'root' && group === 'root') &&
    node.files.every(({ path }) => !path.startsWith('/srv')),
);

describe('gather.sh', () => {
  it('has shells to be tried in', () => {
    expect(SHELLS).toContainEqual(['sh']);
  });

  it('gathers from a tree what the fixture says, so that the verdicts are the same', { timeout: 60_000 }, async () => {
    expect(BUILDABLE.length).toBeGreaterThan(25);
    for (const { name, node, verdicts } of BUILDABLE) {
      const found = judge(readNode(await gather(treeOf(node))));
      const differing = CHECKS.filter(({ id }) => IS_ROOT || !OWNERS.includes(id))
        .filter(({ id }) => found[id].verdict !== verdicts[id])
        .map(
          ({ id }) => `${name}: ${id} is ${found[id].verdict}, not ${verdicts[id]}: ${found[id].evidence[0]?.value}`,
        );
      expect(differing).toEqual([]);
    }
  });

  describe.each(SHELLS.map((shell) => [shell.join(' '), shell] as const))('with %s', (_name, shell) => {
    const node = al2023({
      flags: [...WITH_DROP_INS, '--node-labels', 'a="b c"\\d', '--v=2'],
      files: [
        directory(DROP_INS),
        file(`${DROP_INS}/40-nodeadm.conf`, '0640', dropIn({ maxPods: 29 })),
        file(`${DROP_INS}/with space/50 "x".conf`, '0600', dropIn({ maxPods: 30 })),
      ],
    });

    it('tells argv, files, links and the versions', async () => {
      const root = treeOf(node);
      symlinkSync(join(root, DROP_INS, '40-nodeadm.conf'), join(root, DROP_INS, '60-link.conf'));
      const found = await gather(root, shell);
      expect(found).toMatchObject({
        os: 'al2023',
        osVersion: '2023',
        kubernetesVersion: 'v1.33',
        kubelets: 1,
        kubeletFlags: node.kubeletFlags,
        kubeletStarted: 1_780_000_123,
      });
      const paths = new Map(readNode(found).files.map((one) => [one.path, one]));
      expect(paths.get(KUBECONFIG)).toMatchObject({ mode: 0o644 });
      expect(paths.get(KUBECONFIG)).not.toHaveProperty('content');
      expect(JSON.parse(paths.get(CONFIG)?.content ?? '')).toMatchObject({ kind: 'KubeletConfiguration' });
      expect(paths.get(`${DROP_INS}/40-nodeadm.conf`)).toMatchObject({ mode: 0o640, uid: process.getuid?.() });
      expect(paths.get(`${DROP_INS}/with space/50 "x".conf`)).toMatchObject({ mode: 0o600 });
      expect(paths.get(`${DROP_INS}/60-link.conf`)).toMatchObject({
        type: 'symlink',
        target: `${DROP_INS}/40-nodeadm.conf`,
      });
      expect(paths.get('/etc/kubernetes')).toMatchObject({ type: 'dir' });
    });

    it('prints nothing that is secret', async () => {
      const config = `kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
staticPodURL: https://user:TOPSECRET@pods.example
staticPodURLHeader:
  Authorization:
  - Bearer TOPSECRET
  "X-{": ["TOPSECRET"]
readOnlyPort: 0
authorization: {mode: AlwaysAllow}
`;
      const json = `{"kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1",
  "staticPodURLHeader": {"Authorization": ["Bearer \\"TOPSECRET}"]},
  "staticPodURL":
    "https://TOPSECRET", "authorization": {"mode": "AlwaysAllow"}}`;
      const flags = [
        ...WITH_DROP_INS,
        '--manifest-url=https://TOPSECRET',
        '--manifest-url-header',
        'Authorization:TOPSECRET',
        '--v=2',
      ];
      for (const text of [config, json]) {
        const root = treeOf(
          al2023({ config: text, flags, files: [directory(DROP_INS), file(`${DROP_INS}/1.conf`, '0644', config)] }),
          {
            [KUBECONFIG]: 'token: TOPSECRET',
            '/etc/passwd': 'ec2-user:x:1000:1000::/home/ec2-user:/bin/bash\n',
            '/home/ec2-user/.ssh/authorized_keys': 'ssh-ed25519 TOPSECRET me\n',
          },
        );
        const found = await gather(root, shell);
        expect(JSON.stringify(found)).not.toContain('TOPSECRET');
        expect(found.kubeletFlags.slice(-4)).toEqual([
          '--manifest-url=REDACTED',
          '--manifest-url-header',
          'REDACTED',
          '--v=2',
        ]);
        const { verdict, evidence } = judge(readNode(found))['3.2.2'];
        expect({ verdict, line: evidence[0]?.line }).toEqual({ verdict: 'FAIL', line: 9 });
      }
    });

    it('tells of the host: SELinux, AppArmor, keys, the runtime, labels of pods', async () => {
      const root = treeOf(al2023(), {
        '/sys/fs/selinux/enforce': '0',
        '/sys/fs/selinux/booleans/container_use_devices': '1 1',
        '/sys/fs/selinux/booleans/container_manage_cgroup': '0 0',
        '/etc/selinux/config': '# comment\nSELINUX=permissive\nSELINUXTYPE=targeted\n',
        '/etc/containerd/config.toml': '[plugins]\n  enable_selinux = true\n',
        '/sys/module/apparmor/parameters/enabled': 'Y\n',
        '/etc/passwd': 'root:x:0:0::/root:/bin/sh\nec2-user:x:1000:1000::/home/ec2-user:/bin/bash\n',
        '/root/.ssh/authorized_keys':
          'command="echo \'Please login as the user \\"ec2-user\\"\';exit 142" ssh-rsa AAAA k\n',
        '/home/ec2-user/.ssh/authorized_keys': '# mine\n\nssh-ed25519 AAAA k\nssh-rsa BBBB l\n',
        '/etc/ssh/sshd_config': 'AuthorizedKeysCommand /opt/aws/bin/eic_run_authorized_keys %u %f\n',
        '/proc/77/comm': 'sshd\n',
        '/proc/78/cgroup': `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${'1a2b_'.repeat(4)}.slice/cri-containerd-9f.scope\n`,
        '/proc/78/attr/current': 'system_u:system_r:spc_t:s0\0\n',
        '/proc/80/cgroup': '0::/kubepods/besteffort/pod0c9d-7e/3f2a\n',
        '/proc/80/attr/current': 'system_u:system_r:spc_t:s0\0\n',
        '/proc/81/cgroup':
          '11:memory:/kubepods/besteffort/pod0c9d-7e/3f2b\n10:cpu:/kubepods/besteffort/pod0c9d-7e/3f2b\n',
        '/proc/81/attr/current': 'system_u:system_r:container_t:s0:c1,c2\n',
        '/var/log/pods/kube-system_kube-proxy-x2_1a2b-1a2b-1a2b-1a2b-/kube-proxy/0.log': '',
        '/var/log/pods/shop_web-7f_0c9d-7e/web/0.log': '',
        '/var/log/pods/shop_a "b"_0c9d-7e/web/0.log': '',
        '/proc/79/cgroup': '0::/system.slice/a.service\n',
        '/proc/79/attr/current': 'system_u:system_r:unconfined_service_t:s0\n',
      });
      expect(await gather(root, shell)).toMatchObject({
        selinux: {
          mode: 'permissive',
          configured: 'permissive',
          policy: 'targeted',
          booleans: ['container_use_devices'],
          runtime: true,
        },
        apparmor: true,
        ssh: {
          running: true,
          keysCommand: '/opt/aws/bin/eic_run_authorized_keys',
          certificates: '',
          authorizedKeys: [
            { user: 'root', path: '/root/.ssh/authorized_keys', keys: 0 },
            { user: 'ec2-user', path: '/home/ec2-user/.ssh/authorized_keys', keys: 2 },
          ],
        },
        labels: [
          {
            label: 'system_u:system_r:spc_t:s0',
            processes: 2,
            pods: 2,
            names: ['kube-system/kube-proxy-x2', 'shop/web-7f'],
          },
          { label: 'system_u:system_r:container_t:s0:c1,c2', processes: 1, pods: 1, names: ['shop/web-7f'] },
        ],
      });
    });

    it.each([
      ['SELINUX=Permissive\n', '', 'permissive'],
      ['SELINUX= disabled # for now\n', '', 'disabled'],
      ['#SELINUX=disabled\nSELINUX=strange\nSELINUX=permissive\nSELINUX=enforcing\n', '', 'permissive'],
      ['SELINUXTYPE=targeted\nSELINUX=enforcing\n', '', 'enforcing'],
      ['SELINUX=enforcing\n', 'ro quiet enforcing=0', 'permissive'],
      ['SELINUX=enforcing\n', 'selinux=0 ro', 'disabled'],
      ['SELINUX=enforcing\n', 'ro xenforcing=0 enforcing=01', 'enforcing'],
      ['SELINUX=enforcing\n', 'ro enforcing=00', 'permissive'],
      ['SELINUX=enforcing\n', 'ro enforcing=off', 'permissive'],
      ['SELINUX=enforcing\n', 'enforcing=1 enforcing=0', 'permissive'],
      ['SELINUX=permissive\n', 'ro enforcing=1', 'enforcing'],
      ['SELINUX=disabled\n', 'enforcing=1', 'disabled'],
      ['SELINUX=enforcing\n', 'selinux=0x0', 'disabled'],
      // The kernel has SELinux, and nobody says that it is to enforce.
      ['# SELINUX=enforcing\n', '', 'permissive'],
      [' SELINUX=enforcing\n', '', 'permissive'],
      ['SELINUX=\r\n', '', 'permissive'],
      ['SELINUX=enforcing\r\n', '', 'enforcing'],
      ['', '', 'permissive'],
    ])('reads the mode after the next start as libselinux does: %j, kernel %j', async (config, kernel, configured) => {
      const root = treeOf(al2023(), {
        '/sys/fs/selinux/enforce': '1',
        '/etc/selinux/config': config,
        '/proc/cmdline': `${kernel}\n`,
      });
      expect(await gather(root, shell)).toMatchObject({ selinux: { mode: 'enforcing', configured } });
    });

    it.each([
      ['options root=UUID=1 ro selinux=0\n', '', 'disabled'],
      ['options root=UUID=1 ro enforcing=0 quiet\n', '', 'permissive'],
      ['options $kernelopts $tuned_params\n', 'kernelopts=root=UUID=1 ro selinux=0\n', 'disabled'],
      ['title options selinux=0\noptions root=UUID=1 ro\n', 'saved_entry=a\n', 'enforcing'],
    ])('reads what the boot loader has for the next start: %j, %j', async (entry, environment, configured) => {
      const root = treeOf(al2023(), {
        '/sys/fs/selinux/enforce': '1',
        '/etc/selinux/config': 'SELINUX=enforcing\n',
        '/proc/cmdline': 'BOOT_IMAGE=/vmlinuz root=UUID=1 ro\n',
        '/boot/loader/entries/1a2b-6.12.conf': entry,
        '/boot/grub2/grubenv': `# GRUB Environment Block\n${environment}`,
      });
      expect(await gather(root, shell)).toMatchObject({ selinux: { mode: 'enforcing', configured } });
    });

    it('tells of permissive domains, wherever the policy has its modules', async () => {
      const module = (path: string) => ({ [`${path}/cil`]: '', [`${path}/lang_ext`]: 'cil' });
      const root = treeOf(al2023(), {
        ...module('/var/lib/selinux/targeted/active/modules/400/permissive_container_t'),
        ...module('/var/lib/selinux/targeted/active/modules/100/permissivedomains'),
        ...module('/etc/selinux/targeted/active/modules/400/permissive_httpd_t'),
      });
      expect(await gather(root, shell)).toMatchObject({ selinux: { permissive: ['container_t', 'httpd_t'] } });
    });

    it('leaves out the labels of ordinary pods first, where there are many pods', async () => {
      const process = (pid: number, pod: string, label: string) => ({
        [`/proc/${pid}/cgroup`]: `0::/kubepods/besteffort/pod${pod}/3f2a\n`,
        [`/proc/${pid}/attr/current`]: `${label}\n`,
      });
      const ordinary = Array.from({ length: 60 }, (_, at) =>
        process(100 + at, `a-${at >> 1}`, `system_u:system_r:container_t:s0:c${at >> 1},c500`),
      );
      const root = treeOf(
        al2023(),
        Object.assign(
          {},
          ...ordinary,
          process(300, 'b-1', 'system_u:system_r:container_t:s0'),
          process(301, 'b-2', 'system_u:system_r:spc_t:s0'),
          process(302, 'b-3', 'system_u:system_r:container_t:s0:c0.c1023'),
          process(303, 'b-4', 'system_u:system_r:container_t:s0:c7,c9'),
          process(304, 'b-5', 'system_u:system_r:container_t:s0:c7,c9'),
        ),
      );
      const { labels } = await gather(root, shell);
      expect(labels).toHaveLength(20);
      expect(labels.slice(0, 4)).toEqual([
        { label: 'system_u:system_r:container_t:s0:c7,c9', processes: 2, pods: 2 },
        { label: 'system_u:system_r:container_t:s0', processes: 1, pods: 1 },
        { label: 'system_u:system_r:container_t:s0:c0.c1023', processes: 1, pods: 1 },
        { label: 'system_u:system_r:spc_t:s0', processes: 1, pods: 1 },
      ]);
    });

    it('stays under the limit, and then rather says less than half', async () => {
      const big = Array.from({ length: 8 }, (_, at) =>
        file(`${DROP_INS}/${at}.conf`, '0644', dropIn({ clusterDomain: 'x'.repeat(6000) })),
      );
      const found = await gather(treeOf(al2023({ flags: WITH_DROP_INS, files: [directory(DROP_INS), ...big] })), shell);
      expect(judge(readNode(found))).toMatchObject({
        '3.1.1': { verdict: 'PASS' },
        '3.2.1': { verdict: 'MANUAL' },
        '3.2.4': { verdict: 'MANUAL' },
      });
    });

    it('takes the report of Bottlerocket, where there is its API', async () => {
      const root = emptyTree();
      const answers: Record<string, string> = {
        'report cis-k8s -f json -l 2': JSON.stringify(cisReport()),
        'report cis -f json -l 2': JSON.stringify({ ...cisReport(), results: {} }),
        'get os': '{\n  "os": {\n    "variant_id": "aws-k8s-1.34",\n    "version_id": "1.50.0"\n  }\n}',
        'get settings.host-containers.admin.enabled': '{"settings":{"host-containers":{"admin":{"enabled":true}}}}',
      };
      const cases = Object.entries(answers).map(([words, text]) => `'${words}') printf '%s\\n' '${text}' ;;`);
      put(root, '/bin/apiclient', `#!/bin/sh\ncase "$*" in\n${cases.join('\n')}\n*) exit 1 ;;\nesac\n`, 0o755);
      const found = await gather(root, shell, { PATH: `${root}/bin:${process.env.PATH}` });
      expect(found).toMatchObject({
        os: 'bottlerocket',
        osVersion: '1.50.0',
        kubernetesVersion: '1.34',
        kubeletFlags: null,
        adminContainer: true,
      });
      expect(judge(readNode(found))).toMatchObject({ '3.1.1': { verdict: 'PASS' }, '3.2.7': { verdict: 'MANUAL' } });
      // Nothing passes without reports.
      put(root, '/bin/apiclient', '#!/bin/sh\nexit 1\n', 0o755);
      const without = await gather(root, shell, { PATH: `${root}/bin:${process.env.PATH}` });
      expect(without).toMatchObject({ os: 'bottlerocket', report: {}, adminContainer: null });
    });
  });

  it('tells of ways in by SSH that are not in .ssh of a home, nor in a running daemon', async () => {
    const key = 'ssh-ed25519 AAAA k\n';
    const root = treeOf(al2023(), {
      '/etc/passwd': 'ann:x:1000:1000::/home/ann:/bin/bash\nben:x:1001:1001::/home/ben:/bin/bash\n',
      '/etc/ssh/sshd_config':
        '# TrustedUserCAKeys no\n  AuthorizedKeysFile "/etc/ssh/keys/%u" shared .ssh/authorized_keys\n',
      '/etc/ssh/sshd_config.d/50.conf': 'trustedusercakeys=/etc/ssh/ca.pub\nAuthorizedKeysCommand none\n',
      '/etc/ssh/keys/ann': key,
      '/home/ben/shared': key,
      '/home/ben/.ssh/authorized_keys': `${key}ssh-rsa AAAA Please login as the user ben\n`,
      '/usr/lib/systemd/system/ssh.socket': '[Socket]\nListenStream=22\n',
      '/lib/systemd/system/ssh.service.d/ec2-instance-connect.conf':
        '[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D -o "AuthorizedKeysCommand /usr/share/ec2-instance-connect/eic_run_authorized_keys %%u %%f" -o "AuthorizedKeysCommandUser ec2-instance-connect" $SSHD_OPTS\n',
      '/proc/net/tcp6': '  sl  local_address\n   0: 00000000000000000000000000000000:0016 0:0000 0A 0\n',
    });
    expect(await gather(root)).toMatchObject({
      ssh: {
        running: true,
        keysCommand: '/usr/share/ec2-instance-connect/eic_run_authorized_keys',
        certificates: '/etc/ssh/ca.pub',
        authorizedKeys: [
          { user: 'ann', path: '/etc/ssh/keys/ann', keys: 1 },
          { user: 'ben', path: '/home/ben/.ssh/authorized_keys', keys: 2 },
          { user: 'ben', path: '/home/ben/shared', keys: 1 },
        ],
      },
    });
    // The title of a running daemon has its options, too.
    put(root, '/proc/77/comm', 'sshd\n');
    put(
      root,
      '/proc/77/cmdline',
      'sshd: /usr/sbin/sshd -D -o AuthorizedKeysCommand /opt/keys %u [listener] 0 of 10-100 startups\0',
    );
    rmSync(join(root, 'lib'), { recursive: true });
    expect(await gather(root)).toMatchObject({ ssh: { keysCommand: '/opt/keys' } });
  });

  it('reads the configuration of SSH as its daemon does: includes in their place, first values, and Match blocks', async () => {
    const key = 'ssh-ed25519 AAAA k\n';
    const main =
      'AuthorizedKeysCommand /opt/aws/bin/eic_run_authorized_keys %u %f\nTrustedUserCAKeys /etc/ssh/late.pub\n';
    const root = treeOf(al2023(), {
      '/etc/passwd': 'ann:x:1000:1000::/home/ann:/bin/bash\n',
      '/etc/ssh/sshd_config': `Include sshd_config.d/*.conf\ninclude "/opt/ssh/*.conf" more/own.conf\n${main}`,
      '/etc/ssh/sshd_config.d/10.conf': 'AuthorizedKeysCommand none\n',
      '/etc/ssh/more/own.conf': 'TrustedUserCAKeys /etc/ssh/ca.pub\nInclude /etc/ssh/more/own.conf\n',
      '/opt/ssh/a.conf': 'Match User ann\n  AuthorizedKeysFile /opt/ssh/keys/%u\n',
      '/opt/ssh/keys/ann': key,
    });
    expect(await gather(root)).toMatchObject({
      ssh: {
        keysCommand: '',
        certificates: '/etc/ssh/ca.pub',
        authorizedKeys: [{ user: 'ann', path: '/opt/ssh/keys/ann', keys: 1 }],
      },
    });
    // In a block it holds for those whom the block is about, whatever holds for everybody.
    put(root, '/opt/ssh/a.conf', 'Match User ann\n  AuthorizedKeysCommand /opt/keys\n');
    expect(await gather(root)).toMatchObject({ ssh: { keysCommand: '/opt/keys', certificates: '/etc/ssh/ca.pub' } });
  });

  it.each<readonly [string, Readonly<Record<string, string>>, object]>([
    [
      'another configuration, which the command of the daemon names',
      {
        '/proc/77/cmdline': '/usr/sbin/sshd\0-D\0-f\0/etc/ssh/eks.conf\0',
        '/etc/ssh/eks.conf': 'TrustedUserCAKeys /ca\n',
      },
      { running: true, certificates: '/ca' },
    ],
    [
      'options of Debian and Ubuntu, for a daemon that starts at a connection',
      { '/etc/default/ssh': "SSHD_OPTS='-o TrustedUserCAKeys=/ca -4'\n" },
      { certificates: '/ca' },
    ],
    [
      'options of RHEL and Amazon Linux',
      {
        '/etc/sysconfig/sshd':
          '# OPTIONS="-o TrustedUserCAKeys=/no"\nOPTIONS="-u0 -oAuthorizedKeysCommand=/opt/keys"\n',
      },
      { certificates: '', keysCommand: '/opt/keys' },
    ],
    [
      'a daemon for each connection, whose command has several lines',
      {
        '/usr/lib/systemd/system/sshd.socket': '[Socket]\nListenStream = 0.0.0.0:22\nAccept=yes',
        '/usr/lib/systemd/system/sshd@.service':
          '[Service]\nExecStart=-/usr/sbin/sshd -i \\\n  -o TrustedUserCAKeys=/ca\n',
        '/proc/net/tcp': '  sl  local_address\n   0: 00000000:0016 00000000:0000 0A 0\n',
      },
      { running: true, certificates: '/ca' },
    ],
    [
      'a user by number, and one whose home is the root directory',
      {
        '/etc/passwd': 'ann:x:1001:1001::/home/ann:/bin/bash\nops:x:7:7::/:/bin/bash',
        '/etc/ssh/sshd_config': 'AuthorizedKeysFile /etc/ssh/keys/%U\r\nAuthorizedKeysFile /etc/ssh/keys/%u\r\n',
        '/etc/ssh/keys/1001': 'ssh-ed25519 AAAA k\n',
        '/etc/ssh/keys/ops': 'ssh-ed25519 AAAA k\n',
      },
      {
        authorizedKeys: [
          { user: 'ann', path: '/etc/ssh/keys/1001', keys: 1 },
          { user: 'ops', path: '/etc/ssh/keys/ops', keys: 1 },
        ],
      },
    ],
    [
      'nothing of a daemon in a pod',
      {
        '/proc/77/cgroup': '0::/kubepods.slice/kubepods-pod1a2b.slice/cri-containerd-9f.scope\n',
        '/proc/77/cmdline':
          'sshd: /usr/sbin/sshd -D -o AuthorizedKeysCommand=/gitlab/keys [listener] 0 of 10-100 startups\0',
      },
      { running: false, keysCommand: '' },
    ],
    [
      'values with a comment behind them',
      { '/etc/ssh/sshd_config': 'TrustedUserCAKeys none # nobody\nAuthorizedKeysCommand  none\t# "nobody"\r\n' },
      { certificates: '', keysCommand: '' },
    ],
    [
      'the command that is not of EC2 Instance Connect, where there are two',
      {
        '/etc/ssh/sshd_config':
          'AuthorizedKeysCommand /opt/aws/bin/eic_run_authorized_keys %u %f\nMatch Group wheel\nAuthorizedKeysCommand /usr/bin/sss_ssh_authorizedkeys %u\n',
      },
      { keysCommand: '/usr/bin/sss_ssh_authorizedkeys' },
    ],
  ])('tells of ways in by SSH: %s', async (_what, files, ssh) => {
    const root = treeOf(al2023(), { ...files, ...('/proc/77/cmdline' in files && { '/proc/77/comm': 'sshd\n' }) });
    for (const [pid, namespace] of [
      [1, 'mnt:[1]'],
      [4242, 'mnt:[1]'],
      [77, '/proc/77/cgroup' in files ? 'mnt:[2]' : 'mnt:[1]'],
    ] as const) {
      mkdirSync(join(root, `/proc/${pid}/ns`), { recursive: true });
      symlinkSync(namespace, join(root, `/proc/${pid}/ns/mnt`));
    }
    expect(await gather(root)).toMatchObject({ ssh });
  });

  it('tells of the directories above what links among the drop-ins lead to', async () => {
    const node = al2023({ flags: WITH_DROP_INS, files: [file('/opt/team/5.conf', '0644', dropIn({}))] });
    const root = treeOf(node);
    mkdirSync(join(root, 'srv/drop-ins'), { recursive: true });
    symlinkSync(join(root, 'srv/drop-ins'), join(root, DROP_INS));
    symlinkSync(join(root, 'opt/team/5.conf'), join(root, 'srv/drop-ins/5.conf'));
    const paths = readNode(await gather(root)).files.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['/opt/team/5.conf', '/opt/team', '/opt', '/srv', '/etc/kubernetes']));
  });

  const ON = '[plugins."io.containerd.grpc.v1.cri"]\n  enable_selinux = true\n';
  it.each([
    ['version = 2\n', {}, false],
    ['version = 2\nimports = ["/etc/containerd/config.d/*.toml"]\n', { 'config.d/9.toml': ON }, true],
    [
      "imports = [\n  # 'other/*.toml',\n  'own/*.toml', \"last.toml\"\n]\n",
      { 'own/1.toml': ON, 'last.toml': '' },
      true,
    ],
    [`imports = ['last.toml']\n${ON}`, { 'last.toml': 'enable_selinux = false\n' }, false],
    // Nobody imports these.
    ['version = 2\n', { 'config.d/9.toml': ON }, false],
    ['version = 3\nimports = ["own/*.toml"]\n', { 'config.d/9.toml': ON }, false],
    // From containerd 2.2 on only.
    ['version = 3\n', { 'conf.d/9.toml': ON }, null],
    ['version = 3\nimports = ["conf.d/*.toml"]\n', { 'conf.d/9.toml': ON }, true],
    ['version = 3\n', { 'conf.d/9.toml': '# enable_selinux = true\n' }, false],
    [undefined, {}, null],
  ])('reads whether containerd labels containers: %j with %j', async (main, files, runtime) => {
    const all = { ...(main !== undefined && { 'config.toml': main }), ...files };
    const paths = Object.entries(all).map(([name, text]) => [`/etc/containerd/${name}`, text] as const);
    expect(await gather(treeOf(al2023(), Object.fromEntries(paths)))).toMatchObject({ selinux: { runtime } });
  });

  it('comes to an end where files of the SSH daemon include each other', async () => {
    const loop = 'Include /etc/ssh/sshd_config.d/*.conf\n';
    const root = treeOf(al2023(), {
      '/etc/ssh/sshd_config': `TrustedUserCAKeys /etc/ssh/ca.pub\n${loop}`,
      ...Object.fromEntries([1, 2, 3, 4].map((index) => [`/etc/ssh/sshd_config.d/${index}.conf`, loop])),
    });
    expect(await gather(root)).toMatchObject({ ssh: { certificates: '/etc/ssh/ca.pub' } });
  });

  it('runs no program of a user who calls a process kubelet', async () => {
    const root = treeOf(al2023());
    rmSync(join(root, 'proc/4242'), { recursive: true });
    kubelet(root, 4343, ['kubelet', '--config=/elsewhere']);
    put(root, '/proc/4343/status', 'Name:\tkubelet\nUid:\t1000\t0\t0\t0\n');
    put(root, '/proc/4343/exe', `#!/bin/sh\ntouch '${root}/owned'\n`, 0o755);
    expect(await gather(root)).toMatchObject({ kubelets: 0, kubeletFlags: null, kubernetesVersion: null });
    expect(() => lstatSync(join(root, 'owned'))).toThrow('ENOENT');
    // It hides the kubelet of root no longer, either.
    kubelet(root, 4242, ['kubelet', ...AL2023_FLAGS]);
    put(root, '/proc/4242/status', 'Name:\tkubelet\nUid:\t0\t0\t0\t0\n');
    expect(await gather(root)).toMatchObject({ kubelets: 1, kubeletFlags: AL2023_FLAGS });
  });

  it('tells of two kubelets that it does not know which, and leaves out those in containers', async () => {
    const two = treeOf(al2023());
    kubelet(two, 4343, ['kubelet', '--config=/elsewhere']);
    expect(await gather(two)).toMatchObject({ kubelets: 2, kubeletFlags: null, files: [] });
    const contained = treeOf(al2023());
    kubelet(contained, 4343, ['kubelet', '--config=/elsewhere']);
    for (const [pid, namespace] of [
      ['1', 'mnt:[1]'],
      ['4242', 'mnt:[1]'],
      ['4343', 'mnt:[2]'],
    ] as const) {
      mkdirSync(join(contained, `/proc/${pid}/ns`), { recursive: true });
      symlinkSync(namespace, join(contained, `/proc/${pid}/ns/mnt`));
    }
    expect(await gather(contained)).toMatchObject({ kubelets: 1, kubeletFlags: AL2023_FLAGS });
  });

  it('tells nothing of a directory whose list would not be whole', async () => {
    const node = al2023({
      flags: WITH_DROP_INS,
      files: [directory(DROP_INS), file(`${DROP_INS}/1\n.conf`, '0644', dropIn({}))],
    });
    expect(judge(readNode(await gather(treeOf(node))))['3.2.1'].verdict).toBe('MANUAL');
  });

  it('changes nothing', async () => {
    const root = treeOf(al2023());
    const before = execFileSync('find', [root, '-printf', '%p %m %s %T@\n']).toString();
    await gather(root);
    expect(execFileSync('find', [root, '-printf', '%p %m %s %T@\n']).toString()).toBe(before);
    const text = readFileSync(SCRIPT, 'utf8').replaceAll(/^\s*#.*$/gm, '');
    expect(text).not.toMatch(/\b(rm|mv|cp|chmod|chown|tee|dd|sed -i|kill|systemctl|curl|wget|mktemp)\b/);
    expect(lstatSync(SCRIPT).mode & 0o111).toBeGreaterThan(0);
  });

  it('is clean by shellcheck, where that is installed', async () => {
    const found = await run('shellcheck', [SCRIPT]).catch((error: NodeJS.ErrnoException) => error);
    if (found instanceof Error && found.code === 'ENOENT') return;
    expect(found).toMatchObject({ stdout: '' });
  });
});
