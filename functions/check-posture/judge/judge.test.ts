import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AL2023_FLAGS,
  al2023,
  al2023Config,
  CONFIG,
  DROP_INS,
  directory,
  dropIn,
  file,
  KUBECONFIG,
  WITH_DROP_INS,
} from '../../../sandbox/account/ssm/node-systems.ts';
import { benchmarkFor, CHECKS, type CheckId } from '../../shared/posture/benchmark.ts';
import { judge } from './judge.ts';
import { readNode } from './node.ts';
import { NODES } from './nodes.fixture.ts';

const judged = (node: unknown) => judge(readNode(node));
const verdictOf = (id: CheckId, node: unknown) => judged(node)[id].verdict;
const evidenceOf = (id: CheckId, node: unknown) => judged(node)[id].evidence;

const YAML_CONFIG = (text: string) =>
  `kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n${text}\n`;
const JSON_CONFIG = (members: string) =>
  `{"kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1", ${members}}`;

describe('judge', () => {
  it('has at least forty fixtures, each with its origin, of every system', () => {
    expect(NODES.length).toBeGreaterThanOrEqual(40);
    expect(new Set(NODES.map(({ name }) => name)).size).toBe(NODES.length);
    expect(NODES.filter(({ origin }) => origin === '')).toEqual([]);
    for (const system of ['al2', 'al2023', 'bottlerocket', 'ubuntu', 'rhel'])
      expect(NODES.filter(({ node }) => node.os.startsWith(system)).length).toBeGreaterThan(0);
  });

  it.each(NODES)('$name', ({ node, verdicts }) => {
    const found = judged(node);
    expect(Object.fromEntries(CHECKS.map(({ id }) => [id, found[id].verdict]))).toEqual(verdicts);
    for (const { id } of CHECKS) expect(found[id].evidence.length).toBeGreaterThan(0);
  });

  it('names the file, the line and the value', () => {
    const node = al2023({
      flags: WITH_DROP_INS,
      files: [directory(DROP_INS), file(`${DROP_INS}/99.conf`, '0644', dropIn({ readOnlyPort: 10255 }))],
    });
    expect(evidenceOf('3.2.4', node)).toEqual([
      { file: `${DROP_INS}/99.conf`, line: 4, value: 'readOnlyPort is 10255' },
    ]);
    expect(evidenceOf('3.2.1', node)).toEqual([
      { file: CONFIG, line: 7, value: 'authentication.anonymous.enabled is false' },
    ]);
    expect(evidenceOf('3.1.1', node)[0]).toEqual({ file: KUBECONFIG, value: 'mode 0644' });
  });

  it('names the flag', () => {
    const [evidence] = evidenceOf('3.2.4', al2023({ flags: [...AL2023_FLAGS, '--read-only-port', '10255'] }));
    expect(evidence).toMatchObject({ flag: '--read-only-port 10255' });
  });

  it('says of a file that is newer than the process that it may not hold yet', () => {
    const node = al2023({ kubeletStarted: 1000 });
    const files = node.files.map((one) => ({ ...one, modified: 2000 }));
    expect(evidenceOf('3.2.1', { ...node, files })[0]?.value).toContain('changed since the kubelet started');
    expect(evidenceOf('3.2.1', node)[0]?.value).not.toContain('changed');
  });

  it.each([
    ['0644', 'PASS'],
    ['644', 'PASS'],
    ['0600', 'PASS'],
    ['0400', 'PASS'],
    ['0', 'PASS'],
    ['0640', 'PASS'],
    ['0604', 'PASS'],
    ['0664', 'FAIL'],
    ['0646', 'FAIL'],
    ['0744', 'FAIL'],
    ['0654', 'FAIL'],
    ['1644', 'FAIL'],
    ['2644', 'FAIL'],
    ['4600', 'FAIL'],
  ])('of a kubeconfig with mode %s: %s', (mode, verdict) => {
    expect(verdictOf('3.1.1', { ...al2023(), files: [file(KUBECONFIG, mode)] })).toBe(verdict);
  });

  it.each([
    ['--anonymous-auth', '3.2.1', 'FAIL'],
    ['--anonymous-auth=T', '3.2.1', 'FAIL'],
    ['--anonymous-auth=0', '3.2.1', 'PASS'],
    ['--anonymous-auth=maybe', '3.2.1', 'MANUAL'],
    ['--make-iptables-util-chains', '3.2.6', 'PASS'],
    ['--make-iptables-util-chains=False', '3.2.6', 'FAIL'],
    ['--authorization-mode=AlwaysAllow', '3.2.2', 'FAIL'],
    ['--authorization-mode=', '3.2.2', 'MANUAL'],
    ['--client-ca-file=', '3.2.3', 'FAIL'],
    ['--read-only-port=0x0', '3.2.4', 'PASS'],
    ['--read-only-port=00', '3.2.4', 'PASS'],
    ['--read-only-port=ten', '3.2.4', 'MANUAL'],
    ['--streaming-connection-idle-timeout=0', '3.2.5', 'FAIL'],
    ['--streaming-connection-idle-timeout=0h0m0s', '3.2.5', 'FAIL'],
    ['--streaming-connection-idle-timeout=5m', '3.2.5', 'PASS'],
    ['--streaming-connection-idle-timeout=5', '3.2.5', 'MANUAL'],
    ['--streaming-connection-idle-timeout=.4ns', '3.2.5', 'FAIL'],
    ['--event-qps=0', '3.2.7', 'PASS'],
    ['--event-qps=-1', '3.2.7', 'FAIL'],
    ['--rotate-certificates=false', '3.2.8', 'FAIL'],
    ['--rotate-certificates', '3.2.8', 'PASS'],
    ['--feature-gates=RotateKubeletServerCertificate=false', '3.2.9', 'FAIL'],
  ] as const)('with %s, of %s: %s', (flag, id, verdict) => {
    expect(verdictOf(id, al2023({ flags: [...AL2023_FLAGS, flag] }))).toBe(verdict);
  });

  it.each([
    [
      'a value that looks like a flag belongs to the flag before it',
      ['--node-labels', '--read-only-port=10255'],
      '3.2.4',
      'PASS',
    ],
    ['what follows -- is no flag', ['--', '--read-only-port=10255'], '3.2.4', 'PASS'],
    ['a value of a boolean that stands by itself is none', ['--rotate-certificates', 'false'], '3.2.8', 'MANUAL'],
    ['a flag at the end that lacks its value', ['--read-only-port'], '3.2.4', 'MANUAL'],
    ['a short flag takes its value along', ['-v2', '--anonymous-auth'], '3.2.1', 'FAIL'],
    ['a short flag has its value behind it', ['-v', '2', '--anonymous-auth'], '3.2.1', 'FAIL'],
    [
      'the last of several counts, however it is written',
      ['--streaming-connection-idle-timeout=5m', '--streaming-connection-idle-timeout', '0'],
      '3.2.5',
      'FAIL',
    ],
    [
      'gates of several flags add up',
      ['--feature-gates=RotateKubeletServerCertificate=false', '--feature-gates=NodeSwap=true'],
      '3.2.9',
      'FAIL',
    ],
  ] as const)('reads argv as the kubelet does: %s', (_what, flags, id, verdict) => {
    expect(verdictOf(id, al2023({ flags: [...AL2023_FLAGS, ...flags] }))).toBe(verdict);
  });

  it('knows that AllBeta=false switches the gate off where nobody names it', () => {
    const config = (featureGates: object) => al2023({ config: al2023Config({ featureGates }) });
    expect(verdictOf('3.2.9', config({ AllBeta: false }))).toBe('FAIL');
    expect(verdictOf('3.2.9', config({ AllBeta: false, RotateKubeletServerCertificate: true }))).toBe('PASS');
  });

  it('goes into a linked directory of drop-ins where the flag ends in a slash, as lstat does', () => {
    const node = (flag: string) => ({
      ...al2023({
        flags: [...AL2023_FLAGS, flag],
        files: [
          { path: DROP_INS, mode: '0777', owner: 'root', group: 'root', type: 'symlink', target: '/srv/d' },
          directory('/srv/d'),
          file('/srv/d/1.conf', '0644', dropIn({ readOnlyPort: 1 })),
        ],
      }),
    });
    expect(verdictOf('3.2.4', node(`--config-dir=${DROP_INS}`))).toBe('PASS');
    expect(verdictOf('3.2.4', node(`--config-dir=${DROP_INS}/`))).toBe('FAIL');
  });

  it('fails a drop-in that others may write, whether its directory was gathered or not', () => {
    const node = al2023({
      flags: WITH_DROP_INS,
      files: [file(`${DROP_INS}/40-nodeadm.conf`, '0666', dropIn({ maxPods: 29 }))],
    });
    expect(verdictOf('EHR.1', node)).toBe('FAIL');
    expect(verdictOf('3.2.4', node)).toBe('PASS');
  });

  it('merges in YAML what others hold: what stands there wins, and of several the first', () => {
    const config = [
      'kind: KubeletConfiguration',
      'apiVersion: kubelet.config.k8s.io/v1beta1',
      'shut: &shut {readOnlyPort: 0, makeIPTablesUtilChains: true}',
      'open: &open {readOnlyPort: 10255, makeIPTablesUtilChains: false, eventRecordQPS: -1}',
      '<<: [*shut, *open]',
      'makeIPTablesUtilChains: false',
    ].join('\n');
    const verdicts = judged(al2023({ config }));
    expect(verdicts['3.2.4'].verdict).toBe('PASS');
    expect(verdicts['3.2.6'].verdict).toBe('FAIL');
    expect(verdicts['3.2.7'].verdict).toBe('FAIL');
  });

  it.each<[string, string, CheckId, string]>([
    [
      'reads JSON behind a byte order mark, which is YAML in Go',
      `\uFEFF${JSON_CONFIG('"readOnlyPort": 10255')}`,
      '3.2.4',
      'FAIL',
    ],
    [
      'keeps what a repeated object of JSON leaves out, as encoding/json does',
      JSON_CONFIG(
        '"authentication": {"anonymous": {"enabled": true}}, "authentication": {"x509": {"clientCAFile": "/ca"}}',
      ),
      '3.2.1',
      'FAIL',
    ],
    [
      'takes the last of repeated objects in YAML',
      YAML_CONFIG('authentication: {anonymous: {enabled: true}}\nauthentication: {x509: {clientCAFile: /ca}}'),
      '3.2.1',
      'PASS',
    ],
    [
      'merges where << stands, over the keys before it',
      YAML_CONFIG('open: &open {enabled: true}\nauthentication: {anonymous: {enabled: false, <<: *open}}'),
      '3.2.1',
      'FAIL',
    ],
    [
      'passes nothing that stands where an object must be',
      YAML_CONFIG('authentication: {anonymous: false}'),
      '3.2.1',
      'MANUAL',
    ],
    ['says nothing by a word where an object must be', YAML_CONFIG('authorization: Webhook'), '3.2.2', 'MANUAL'],
    [
      'says nothing by a duration beyond 64 bits',
      YAML_CONFIG('streamingConnectionIdleTimeout: 999999999h'),
      '3.2.5',
      'MANUAL',
    ],
  ])('%s', (_, config, id, verdict) => {
    expect(verdictOf(id, al2023({ config }))).toBe(verdict);
  });

  it.each<[string, string, CheckId, string]>([
    ['JSON of Windows lines', `${JSON_CONFIG('\r\n"readOnlyPort": 10255')}\r\n`, '3.2.4', 'FAIL'],
    [
      'a comment and a document mark before',
      `# by cloud-init\n---\n${YAML_CONFIG('readOnlyPort: 10255')}`,
      '3.2.4',
      'FAIL',
    ],
    [
      'a second document, which nobody reads',
      `${YAML_CONFIG('readOnlyPort: 0')}---\n${YAML_CONFIG('readOnlyPort: 10255')}`,
      '3.2.4',
      'PASS',
    ],
    ['a list of configurations', `[${JSON_CONFIG('"readOnlyPort": 0')}]`, '3.2.4', 'MANUAL'],
    ['a comma at the end of JSON', JSON_CONFIG('"readOnlyPort": 0,'), '3.2.4', 'MANUAL'],
    ['a tab for an indent', YAML_CONFIG('authentication:\n\tanonymous: {enabled: true}'), '3.2.1', 'MANUAL'],
    ['a port of octal digits', YAML_CONFIG('readOnlyPort: 010'), '3.2.4', 'FAIL'],
    ['a port in quotes', JSON_CONFIG('"readOnlyPort": "0"'), '3.2.4', 'MANUAL'],
    ['a key in another case, which is none', JSON_CONFIG('"ReadOnlyPort": 10255'), '3.2.4', 'PASS'],
    ['off, which is false', YAML_CONFIG('authentication: {anonymous: {enabled: off}}'), '3.2.1', 'PASS'],
    ['On, which is true', YAML_CONFIG('authentication: {anonymous: {enabled: On}}'), '3.2.1', 'FAIL'],
    ['a mode in another case', JSON_CONFIG('"authorization": {"mode": "alwaysAllow"}'), '3.2.2', 'MANUAL'],
    ['a client CA of null', JSON_CONFIG('"authentication": {"x509": {"clientCAFile": null}}'), '3.2.3', 'FAIL'],
    ['no time-out at all', JSON_CONFIG('"streamingConnectionIdleTimeout": ""'), '3.2.5', 'MANUAL'],
    ['an event rate of null', JSON_CONFIG('"eventRecordQPS": null'), '3.2.7', 'PASS'],
    ['an event rate that is no whole number', JSON_CONFIG('"eventRecordQPS": 1.5'), '3.2.7', 'MANUAL'],
  ])('reads in a configuration %s', (_, config, id, verdict) => {
    expect(verdictOf(id, al2023({ config }))).toBe(verdict);
  });

  it.each<[string, string, string, CheckId, string]>([
    ['of Windows lines', '5.conf', YAML_CONFIG('readOnlyPort: 10255').replaceAll('\n', '\r\n'), '3.2.4', 'FAIL'],
    ['that is hidden', '.5.conf', dropIn({ readOnlyPort: 10255 }), '3.2.4', 'FAIL'],
    ['that has no other name', '.conf', dropIn({ readOnlyPort: 10255 }), '3.2.4', 'FAIL'],
    ['in capitals, which nobody reads', '5.CONF', dropIn({ readOnlyPort: 10255 }), '3.2.4', 'PASS'],
    ['that rpm kept, which nobody reads', '5.conf.rpmsave', dropIn({ readOnlyPort: 10255 }), '3.2.4', 'PASS'],
    ['that is empty', '5.conf', '', '3.2.4', 'MANUAL'],
    ['of comments only', '5.conf', '# nothing yet\n', '3.2.4', 'MANUAL'],
    ['that takes all of authentication away', '5.conf', YAML_CONFIG('authentication: ~'), '3.2.3', 'FAIL'],
    ['that leaves anonymous requests at their default', '5.conf', YAML_CONFIG('authentication: ~'), '3.2.1', 'PASS'],
    [
      'that takes the gate away and switches the bootstrap off',
      '5.conf',
      YAML_CONFIG('featureGates: {RotateKubeletServerCertificate: null}\nserverTLSBootstrap: false'),
      '3.2.9',
      'FAIL',
    ],
  ])('reads a drop-in %s', (_, name, text, id, verdict) => {
    const files = [directory(DROP_INS), file(`${DROP_INS}/${name}`, '0644', text)];
    expect(verdictOf(id, al2023({ flags: WITH_DROP_INS, files }))).toBe(verdict);
  });

  it.each([
    [{ owner: 'root', group: 'root', uid: 1000, gid: 0 }, 'FAIL'],
    [{ owner: 'root', group: 'docker', uid: 0, gid: 998 }, 'FAIL'],
    [{ owner: 'toor', group: 'wheel', uid: 0, gid: 0 }, 'PASS'],
  ])('goes by the numbers of an owner, whatever they are called: %j is %s', (owner, verdict) => {
    const node = al2023();
    const files = node.files.map((one) => ({ ...one, ...owner }));
    expect(verdictOf('3.1.2', { ...node, files })).toBe(verdict);
    expect(verdictOf('3.1.4', { ...node, files })).toBe(verdict);
  });

  it('takes the last of repeated objects in a drop-in of JSON, which the kubelet reads as a map', () => {
    const text = JSON_CONFIG(
      '"authentication": {"anonymous": {"enabled": true}}, "authentication": {"webhook": {"enabled": true}}',
    );
    const node = al2023({
      flags: WITH_DROP_INS,
      files: [directory(DROP_INS), file(`${DROP_INS}/40.conf`, '0644', text)],
    });
    expect(verdictOf('3.2.1', node)).toBe('PASS');
  });

  it('hides no flag behind another: neither in one string with its value, nor after a switch of cAdvisor', () => {
    const flags = [
      ...AL2023_FLAGS,
      '--read-only-port 10255',
      '--docker-only',
      '--anonymous-auth=true',
      '--event-qps -1',
    ];
    const verdicts = judged(al2023({ flags }));
    expect(['3.2.1', '3.2.4', '3.2.7'].map((id) => verdicts[id as CheckId].verdict)).toEqual(['FAIL', 'FAIL', 'FAIL']);
  });

  it('takes what points to something for a link', () => {
    const { files } = al2023();
    const kubeconfig = { path: '/etc/kubeconfig', mode: '0777', owner: 'root', group: 'root', target: KUBECONFIG };
    const flags = [`--config=${CONFIG}`, `--kubeconfig=${kubeconfig.path}`];
    expect(verdictOf('3.1.1', { ...al2023({ flags }), files: [...files, kubeconfig] })).toBe('PASS');
  });

  it('takes null for a member that is not there', () => {
    const files = al2023().files.map((one) => ({ type: null, target: null, content: null, uid: null, ...one }));
    expect(judged({ ...al2023(), files, report: { 'cis-k8s': null } })).toEqual(judged(al2023()));
  });

  it('needs no more time for a long argument than its length', () => {
    const long = `--streaming-connection-idle-timeout=${'1'.repeat(200_000)}`;
    expect(verdictOf('3.2.5', al2023({ flags: [...AL2023_FLAGS, long] }))).toBe('MANUAL');
  }, 2000);

  it('ends where links lead in a circle', () => {
    const loop = (path: string, target: string) => ({
      path,
      mode: '0777',
      owner: 'root',
      group: 'root',
      type: 'symlink',
      target,
    });
    const node = { ...al2023(), files: [loop(KUBECONFIG, '/a'), loop('/a', KUBECONFIG)] };
    expect(verdictOf('3.1.1', node)).toBe('MANUAL');
  });

  it('says MANUAL of who may write drop-ins where a directory above is open and sticky, FAIL where it is only open', () => {
    const node = (mode: string) =>
      al2023({ flags: WITH_DROP_INS, files: [directory(DROP_INS), directory('/etc/kubernetes', mode)] });
    expect(verdictOf('EHR.1', node('1777'))).toBe('PASS');
    expect(verdictOf('EHR.1', node('0777'))).toBe('FAIL');
  });

  const linkTo = (path: string, target: string) =>
    ({ path, mode: '0777', owner: 'root', group: 'root', type: 'symlink', target }) as const;
  const team = { owner: 'team', group: 'team' };
  it.each([
    [
      'FAIL',
      "the file is root's, and lies in a directory of somebody else",
      [directory(DROP_INS), linkTo(`${DROP_INS}/5.conf`, '/opt/team/5.conf'), directory('/opt/team', '0755', team)],
    ],
    [
      'PASS',
      'the file lies in a directory of root',
      [directory(DROP_INS), linkTo(`${DROP_INS}/5.conf`, '/opt/team/5.conf'), directory('/opt/team')],
    ],
    [
      'PASS',
      'the file lies in a directory in which each may only replace files of their own',
      [directory(DROP_INS), linkTo(`${DROP_INS}/5.conf`, '/opt/team/5.conf'), directory('/opt/team', '1777')],
    ],
    [
      'FAIL',
      'a link leads through a directory of somebody else',
      [
        directory(DROP_INS),
        linkTo(`${DROP_INS}/5.conf`, '/home/team/5.conf'),
        linkTo('/home/team/5.conf', '/opt/team/5.conf'),
        directory('/home/team', '0755', team),
      ],
    ],
    [
      'FAIL',
      'the directory is on a disk whose root others may write',
      [linkTo('/etc/kubernetes', '/srv/kubernetes'), directory('/srv', '0777'), directory(`/srv${DROP_INS.slice(4)}`)],
    ],
  ])('says %s of who may write drop-ins where %s', (verdict, _what, files) => {
    const target = file('/opt/team/5.conf', '0644', dropIn({ maxPods: 29 }));
    expect(verdictOf('EHR.1', al2023({ flags: WITH_DROP_INS, files: [...files, target] }))).toBe(verdict);
  });

  it('never passes a setting that any drop-in opens last, however many come before', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'Z', '0', '9', '-', '~'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.dictionary(name, fc.boolean(), { minKeys: 1, maxKeys: 6 }), (contents) => {
        const files = Object.entries(contents).map(([stem, enabled]) =>
          file(`${DROP_INS}/${stem}.conf`, '0644', dropIn({ authentication: { anonymous: { enabled } } })),
        );
        const last = Object.keys(contents)
          .map((stem) => `${stem}.conf`)
          .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
          .at(-1);
        const node = al2023({ flags: WITH_DROP_INS, files: [directory(DROP_INS), ...files] });
        expect(verdictOf('3.2.1', node)).toBe(contents[last!.slice(0, -'.conf'.length)] ? 'FAIL' : 'PASS');
      }),
    );
  });

  it.each([
    ['644', 'PASS'],
    ['0644', 'PASS'],
    ['0o644', 'PASS'],
    // st_mode as a whole.
    ['100644', 'PASS'],
    ['0100644', 'PASS'],
    ['0100664', 'FAIL'],
    ['4644', 'FAIL'],
  ])('reads the mode %s', (mode, verdict) => {
    const node = al2023();
    const files = node.files.map((one) => (one.path === CONFIG ? { ...one, mode } : one));
    expect(verdictOf('3.1.3', { ...node, files })).toBe(verdict);
  });

  it('reads what Bottlerocket reports without -f json, which names no mode of a file', () => {
    const text = [
      'Benchmark name:  CIS Kubernetes Benchmark (Worker Node)',
      'Version:         v1.8.0',
      'Benchmark level: 1',
      '',
      '[FAIL] 4.1.5     Ensure that the --kubeconfig kubelet.conf file permissions are set to 600 (Automatic)',
      '[PASS] 4.1.6     Ensure that the --kubeconfig kubelet.conf file ownership is set to root:root (Automatic)',
      '[FAIL] 4.2.1     Ensure that the --anonymous-auth argument is set to false (Automatic)',
      '[SKIP] 4.2.10    Ensure that the --rotate-certificates argument is not set to false (Manual)',
      '',
      'Passed:          1',
      'Compliance check result: FAIL ',
    ].join('\n');
    const found = judged({ os: 'bottlerocket', files: [], kubeletFlags: null, report: { 'cis-k8s': text } });
    const verdicts = (['3.1.1', '3.1.2', '3.2.1', '3.2.2', '3.2.8'] as const).map((id) => found[id].verdict);
    expect(verdicts).toEqual(['MANUAL', 'PASS', 'FAIL', 'MANUAL', 'MANUAL']);
    expect(found['3.2.1'].evidence[0]?.value).toContain('report cis-k8s v1.8.0, 4.2.1: FAIL');
  });

  it('does not decide by a number that the kubelet cannot hold', () => {
    expect(verdictOf('3.2.4', al2023({ config: al2023Config({ readOnlyPort: 2 ** 31 }) }))).toBe('MANUAL');
  });

  it('never throws, whatever stands in files and flags', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), fc.jsonValue(), (text, flags, value) => {
        const files = [file('/c', '0644', text), file('/d/1.conf', '0644', JSON.stringify(value)), directory('/d')];
        const found = judged({ os: 'al2023', files, kubeletFlags: [...flags, '--config=/c', '--config-dir=/d'] });
        expect(Object.keys(found)).toHaveLength(CHECKS.length);
      }),
    );
  });
});

describe('benchmarkFor', () => {
  it.each([
    ['1.28', '1.5.0'],
    ['1.29', '1.7.0'],
    ['1.31', '1.7.0'],
    ['1.32', '1.8.0'],
    ['1.33.4', '1.8.0'],
    ['v1.34.1-eks-113cf36', '2.0.0'],
    ['1.36', '2.0.0'],
  ])('of Kubernetes %s is %s', (kubernetes, version) => {
    expect(benchmarkFor(kubernetes).version).toBe(version);
  });

  it('says that the text of 2.0.0 is assumed, and where it goes beyond its scope', () => {
    expect(benchmarkFor('1.35').caveat).toContain('assumed');
    expect(benchmarkFor('1.36').caveat).toContain('made for 1.34 and 1.35');
  });
});

describe('readNode refuses', () => {
  const good = al2023();
  it.each([
    [[], 'the node: must be one JSON object'],
    [{}, 'os: must be the name of the operating system'],
    [{ ...good, files: undefined }, 'files: must be a list of files'],
    [{ ...good, kubeletFlags: undefined }, "kubeletFlags: must be the kubelet's argv"],
    [{ ...good, kubeletFlags: '--config=/a' }, "kubeletFlags: must be the kubelet's argv"],
    [{ ...good, kubeletFlags: [1] }, 'kubeletFlags[0]: must be a string'],
    [{ ...good, kubernetesVersion: 'latest' }, 'kubernetesVersion: must be a version'],
    [
      { ...good, files: [{ path: 'etc', mode: '0644', owner: 'root', group: 'root' }] },
      'files[0].path: must be an absolute path',
    ],
    [
      { ...good, files: [{ path: '/etc', mode: 420, owner: 'root', group: 'root' }] },
      'files[0].mode: must be octal digits',
    ],
    [
      { ...good, files: [{ path: '/etc', mode: 'rw-r--r--', owner: 'root', group: 'root' }] },
      'files[0].mode: must be octal digits',
    ],
    [{ ...good, files: [{ path: '/etc', mode: '0644', group: 'root' }] }, 'files[0].owner: must be a name'],
    [
      { ...good, files: [{ path: '/e', mode: '0777', owner: 'root', group: 'root', type: 'symlink' }] },
      'files[0].target: is missing',
    ],
    [{ ...good, files: [file('/e', '0644'), file('/e', '0600')] }, 'files[1].path: /e is there twice'],
    [{ ...good, files: [file('/e', '0644'), file('//./e', '0600')] }, 'files[1].path: /e is there twice'],
    [{ ...good, files: [null] }, 'files[0]: must be an object with path, mode, owner and group'],
    [{ ...good, report: 'FAIL' }, 'report: must be an object with cis-k8s'],
    [{ ...good, report: { 'cis-k8s': 'cut o' } }, 'report["cis-k8s"]: must be what apiclient report'],
    [{ ...good, report: { 'cis-k8s': {} } }, 'report["cis-k8s"].results: must have the results'],
  ])('%j', (input, message) => {
    expect(() => readNode(input)).toThrow(message);
  });
});
