import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { debianPackage } from './debian-package.fixture.ts';
import { AMAZON_KEY, fakeNode, removeNodes, signedBy } from './fake-node.fixture.ts';
import { OS_RELEASE } from './os-release.fixture.ts';

afterEach(removeNodes);

const UNIT = 'amazon-ssm-agent.service';
const SNAP_UNIT = 'snap.amazon-ssm-agent.amazon-ssm-agent.service';
const BUCKET = 'https://s3.eu-central-1.amazonaws.com/amazon-ssm-eu-central-1/latest';
const LOOK = ['host cat /etc/os-release', `host systemctl cat ${SNAP_UNIT}`, `host systemctl cat ${UNIT}`];
const START = [
  ...LOOK.slice(1),
  `host systemctl is-active --quiet ${UNIT}`,
  `host systemctl enable --now ${UNIT}`,
  'sleep 5',
  `host systemctl is-active --quiet ${UNIT}`,
];
const STAY = 'sleep 2147483647';

const curl = (url: string, file: string): string =>
  `curl --fail --silent --show-error --proto =https --tlsv1.2 --connect-timeout 10 --max-time 300 --retry 3 ` +
  `--retry-delay 2 --retry-max-time 600 --output /work/scratch.X/${file} --url ${url}`;
const download = (path: string, bucket = BUCKET): string[] => [
  curl(`${bucket}/${path}`, 'package'),
  curl(`${bucket}/${path}.sig`, 'package.sig'),
  'gpg --dearmor',
  'gpg --verify',
];
const DPKG =
  'host env DEBIAN_FRONTEND=noninteractive dpkg --force-confold --install /var/tmp/ssm-agent.X/amazon-ssm-agent.deb';
const RPM = 'host rpm --upgrade --replacepkgs /var/tmp/ssm-agent.X/amazon-ssm-agent.rpm';

describe('on a node without the agent', () => {
  it.each([
    ['amazonLinux2023', 'x86_64', ['host dnf --assumeyes --setopt=*.gpgcheck=1 install amazon-ssm-agent']],
    ['ubuntu', 'x86_64', [...download('debian_amd64/amazon-ssm-agent.deb'), DPKG]],
    ['debian', 'aarch64', [...download('debian_arm64/amazon-ssm-agent.deb'), DPKG]],
    ['rhel', 'x86_64', [...download('linux_amd64/amazon-ssm-agent.rpm'), RPM]],
    ['rocky', 'aarch64', [...download('linux_arm64/amazon-ssm-agent.rpm'), RPM]],
    ['likeRhel', 'x86_64', [...download('linux_amd64/amazon-ssm-agent.rpm'), RPM]],
  ] as const)('of %s (%s) it installs, starts and waits', (system, machine, install) => {
    const node = fakeNode({ osRelease: OS_RELEASE[system], machine });
    const run = node.run();
    expect(run).toEqual({ code: 0, calls: [...LOOK, ...install, ...START, STAY], reason: '', ready: true });
    expect(node.leftovers()).toEqual([]);
  });

  it('of Flatcar it unpacks the programs to /opt and writes a unit', () => {
    const bucket = { 'amazon-ssm-agent.deb': debianPackage(), 'amazon-ssm-agent.deb.sig': 'its signature' };
    const node = fakeNode({ osRelease: OS_RELEASE.flatcar, bucket });
    const { code, calls, ready } = node.run();
    expect({ code, ready }).toEqual({ code: 0, ready: true });
    expect(calls).toEqual([
      ...LOOK,
      ...download('debian_amd64/amazon-ssm-agent.deb'),
      'host tar --extract --no-same-owner --file /var/tmp/ssm-agent.X/data.tar --directory /var/tmp/ssm-agent.X',
      'host mkdir -p /opt/amazon-ssm-agent',
      'host cp -R /var/tmp/ssm-agent.X/usr/bin/. /opt/amazon-ssm-agent',
      'host chmod -R 0755 /opt/amazon-ssm-agent',
      `host cp /var/tmp/ssm-agent.X/unit /etc/systemd/system/${UNIT}`,
      'host systemctl daemon-reload',
      ...START,
      STAY,
    ]);
    const program = node.path('root/opt/amazon-ssm-agent/amazon-ssm-agent');
    expect(readFileSync(program, 'utf8')).toBe('the agent');
    expect(statSync(program).mode & 0o777).toBe(0o755);
    expect(readFileSync(node.path('root/etc/systemd/system', UNIT), 'utf8')).toContain(
      'ExecStart=/opt/amazon-ssm-agent/amazon-ssm-agent\n',
    );
    expect(node.leftovers()).toEqual([]);
  });

  it.each([
    ['cn-north-1', 'https://s3.cn-north-1.amazonaws.com.cn/amazon-ssm-cn-north-1/latest'],
    ['eusc-de-east-1', 'https://s3.eusc-de-east-1.amazonaws.eu/amazon-ssm-eusc-de-east-1/latest'],
    ['us-iso-east-1', 'https://s3.us-iso-east-1.c2s.ic.gov/amazon-ssm-us-iso-east-1/latest'],
    ['us-isob-east-1', 'https://s3.us-isob-east-1.sc2s.sgov.gov/amazon-ssm-us-isob-east-1/latest'],
    ['eu-isoe-west-1', 'https://s3.eu-isoe-west-1.cloud.adc-e.uk/amazon-ssm-eu-isoe-west-1/latest'],
    ['us-gov-west-1', 'https://s3.us-gov-west-1.amazonaws.com/amazon-ssm-us-gov-west-1/latest'],
  ])('in %s it downloads from that partition', (region, bucket) => {
    const { calls } = fakeNode({ osRelease: OS_RELEASE.debian }).run(region);
    expect(calls).toEqual(expect.arrayContaining(download('debian_amd64/amazon-ssm-agent.deb', bucket)));
  });
});

describe('on a node with the agent', () => {
  it.each([UNIT, SNAP_UNIT])('that runs, as %s, it does nothing', (unit) => {
    const { code, calls, ready } = fakeNode({ osRelease: OS_RELEASE.ubuntu, units: { [unit]: true } }).run();
    expect({ code, ready }).toEqual({ code: 0, ready: true });
    expect(calls).toEqual([
      ...LOOK.slice(0, unit === SNAP_UNIT ? 2 : 3),
      `host systemctl is-active --quiet ${unit}`,
      STAY,
    ]);
  });

  it('as a snap that is stopped, it starts the snap and installs no second agent', () => {
    const { code, calls } = fakeNode({ osRelease: OS_RELEASE.ubuntu, units: { [SNAP_UNIT]: false } }).run();
    expect(code).toBe(0);
    expect(calls).toEqual([
      ...LOOK.slice(0, 2),
      `host systemctl is-active --quiet ${SNAP_UNIT}`,
      `host systemctl enable --now ${SNAP_UNIT}`,
      'sleep 5',
      `host systemctl is-active --quiet ${SNAP_UNIT}`,
      STAY,
    ]);
  });

  it('that it installed itself, the second run does nothing', () => {
    const node = fakeNode({ osRelease: OS_RELEASE.rhel });
    expect(node.run().calls).toContain(RPM);
    expect(node.run()).toEqual({
      code: 0,
      calls: [...LOOK, `host systemctl is-active --quiet ${UNIT}`, STAY],
      reason: '',
      ready: true,
    });
  });

  it('that ends right after its start, it says so and is not ready', () => {
    const node = fakeNode({ osRelease: OS_RELEASE.debian, units: { [UNIT]: false }, broken: true });
    writeFileSync(node.path('work/ready'), '');
    const { code, reason, ready } = node.run();
    expect({ code, ready }).toEqual({ code: 31, ready: false });
    expect(reason).toBe(`${UNIT} ended right after its start: see journalctl -u ${UNIT} on the host.`);
  });
});

describe('it refuses by name', () => {
  it.each([
    ['bottlerocket', 'Bottlerocket is left alone: it carries the agent in its control container.'],
    ['amazonLinux2', 'Amazon Linux 2 is refused: of Amazon Linux, only 2023 is supported.'],
    [
      'redHatCoreOs',
      'Red Hat Enterprise Linux CoreOS 418.94.202501221327-0 is refused: packages cannot be added to an OSTree image.',
    ],
    ['fedora', 'Fedora Linux 43 (Cloud Edition) is refused: how to install on it is not known.'],
  ] as const)('%s', (system, reason) => {
    const run = fakeNode({ osRelease: OS_RELEASE[system] }).run();
    expect(run).toEqual({ code: 10, calls: LOOK.slice(0, 1), reason, ready: false });
  });

  it('a system that was booted from an OSTree image', () => {
    const { code, reason } = fakeNode({ osRelease: OS_RELEASE.rhel, ostree: true }).run();
    expect(code).toBe(10);
    expect(reason).toContain('OSTree');
  });

  it('a processor for which there is no agent', () => {
    const run = fakeNode({ osRelease: OS_RELEASE.debian, machine: 'riscv64' }).run();
    expect(run).toEqual({
      code: 11,
      calls: [],
      reason: 'Amazon publishes no agent for the processor riscv64.',
      ready: false,
    });
  });
});

describe('it installs nothing', () => {
  const good = signedBy(AMAZON_KEY);
  it.each([
    ['a bad signature', { status: good.replace('GOODSIG', 'BADSIG'), exit: 1 }, 'is not valid'],
    ['an expired key', { status: signedBy(AMAZON_KEY, 'EXPKEYSIG'), exit: 0 }, 'is not a good one'],
    ['a revoked key', { status: signedBy(AMAZON_KEY, 'REVKEYSIG'), exit: 0 }, 'is not a good one'],
    [
      'a key of somebody else',
      { status: signedBy('4855A9E6833216D6A77D8FE451A8E050D0052E5D'), exit: 0 },
      'not a good one',
    ],
    ['no signature', { status: '[GNUPG:] NODATA 4', exit: 0 }, 'is not a good one'],
  ])('for %s', (_, gpg, reason) => {
    for (const [osRelease, file] of [
      [OS_RELEASE.debian, 'debian_amd64/amazon-ssm-agent.deb'],
      [OS_RELEASE.rhel, 'linux_amd64/amazon-ssm-agent.rpm'],
      [OS_RELEASE.flatcar, 'debian_amd64/amazon-ssm-agent.deb'],
    ] as const) {
      const node = fakeNode({ osRelease, gpg });
      const run = node.run();
      expect(run.code).toBe(21);
      expect(run.calls).toEqual([...LOOK, ...download(file)]);
      expect(run.reason).toContain(reason);
      expect(run.ready).toBe(false);
      expect(node.leftovers()).toEqual([]);
    }
  });

  it.each([[{}], [{ 'amazon-ssm-agent.deb': 'a package' }]])('when the bucket has only %j', (bucket) => {
    const { code, calls, reason } = fakeNode({ osRelease: OS_RELEASE.debian, bucket }).run();
    expect(code).toBe(20);
    expect(reason).toMatch(/^Cannot download https:\/\/s3\.eu-central-1\./);
    expect(calls.filter((call) => call.startsWith('host'))).toEqual(LOOK);
  });

  it('when a package for Flatcar is no package', () => {
    const { code, calls } = fakeNode({ osRelease: OS_RELEASE.flatcar }).run();
    expect(code).toBe(30);
    expect(calls).toEqual([...LOOK, ...download('debian_amd64/amazon-ssm-agent.deb')]);
  });
});

describe('a package manager that is busy', () => {
  it('is asked again', () => {
    const { code, calls } = fakeNode({ osRelease: OS_RELEASE.debian, failing: 2 }).run();
    expect(code).toBe(0);
    expect(calls.filter((call) => call === DPKG)).toHaveLength(3);
    expect(calls.filter((call) => call === 'sleep 15')).toHaveLength(2);
  });

  it('is given up after five times', () => {
    const node = fakeNode({ osRelease: OS_RELEASE.debian, failing: 99 });
    const { code, calls, reason, ready } = node.run();
    expect({ code, ready }).toEqual({ code: 30, ready: false });
    expect(calls.filter((call) => call === DPKG)).toHaveLength(5);
    expect(reason).toBe('The agent could not be installed on Debian GNU/Linux 12 (bookworm).');
    expect(node.leftovers()).toEqual([]);
  });
});

describe('hostile text', () => {
  it.each([
    '',
    '$(touch x)',
    '`touch x`',
    'eu-central-1; touch x',
    'eu-central-1\ntouch x',
    '"; touch x; "',
    "'; touch x; '",
    '../../x',
    'evil.example.com/',
    'EU-CENTRAL-1',
    'a b',
    '*',
  ])('as region %j stops it before anything is called', (region) => {
    const node = fakeNode({ osRelease: OS_RELEASE.debian });
    expect(node.run(region)).toEqual({
      code: 12,
      calls: [],
      reason: 'REGION is not the name of an AWS Region.',
      ready: false,
    });
    expect(existsSync(node.path('x'))).toBe(false);
  });

  it.each(['$(touch x)', '`touch x`', "'; touch x; '", '%s%n$HOME'])(
    'as the name of a system, %s is a name',
    (name) => {
      const node = fakeNode({
        osRelease: `ID=${name}\nID_LIKE="${name}"\nVERSION_ID=${name}\nPRETTY_NAME="${name}"\n`,
      });
      const { code, calls, reason } = node.run();
      expect({ code, calls, reason }).toEqual({
        code: 10,
        calls: LOOK.slice(0, 1),
        reason: `${name} is refused: how to install on it is not known.`,
      });
      expect(existsSync(node.path('x'))).toBe(false);
    },
  );
});
