import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bundleOf, certificate, pemOf } from './certificates.fixture.ts';
import { certificateOf, certificatesOf, embeddedIn } from './embedded-authority.ts';

const OLD = certificate('old');
const NEW = certificate('new');
const [OLD_PRINT, NEW_PRINT] = [certificateOf(OLD), certificateOf(NEW)];
const SECRET = 'hunter2-0a1b2c3d4e5f';

const encoded = (text: string | Buffer): string => Buffer.from(text).toString('base64');
const found = (text: string | Buffer) => {
  const result = embeddedIn(encoded(text));
  return 'embedded' in result
    ? result.embedded.map(({ key, isClusters, certificates }) => ({ key, isClusters, certificates }))
    : result;
};
const wrapped = (text: string, indent: string): string => text.replace(/.{76}/g, `$&\n${indent}`);

const nodeConfig = (value: string) => `---
apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  cluster:
    name: shop
    apiServerEndpoint: https://0123.gr7.eu-central-1.eks.example
    certificateAuthority: ${value}
    cidr: 10.100.0.0/16
`;
const mime = (body: string, headers: readonly string[] = [], line = '\n') =>
  [
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="//"',
    '',
    '--//',
    'Content-Type: text/x-shellscript; charset="us-ascii"',
    '',
    `export TOKEN=${SECRET}`,
    '--//',
    'Content-Type: application/node.eks.aws',
    ...headers,
    '',
    body,
    '--//--',
    '',
  ].join(line);

/** The samples of cloud-init's module "Write Files", with another content. */
const written = (content: string, encoding: string) =>
  `#cloud-config\nwrite_files:\n- path: /etc/motd\n  content: Welcome\n- encoding: ${encoding}\n  content: ${content}\n  owner: root:root\n  path: /opt/join.sh\n  permissions: '0755'\n`;

const NODE_CONFIG = 'spec.cluster.certificateAuthority of NodeConfig';

describe('the authority in user data', () => {
  it.each([
    [
      'an option of bootstrap.sh',
      `#!/bin/bash\nset -ex\n/etc/eks/bootstrap.sh shop --b64-cluster-ca '${OLD}' --apiserver-endpoint https://x\n`,
      '--b64-cluster-ca of bootstrap.sh',
    ],
    [
      'the variable of most templates',
      `#!/bin/bash\nB64_CLUSTER_CA=${OLD}\nAPI_SERVER_URL=https://x\n/etc/eks/bootstrap.sh shop --b64-cluster-ca $B64_CLUSTER_CA\n`,
      'the variable B64_CLUSTER_CA',
    ],
    ['a NodeConfig of nodeadm', nodeConfig(OLD), NODE_CONFIG],
    ['a NodeConfig in quotes', nodeConfig(`"${OLD}"`), NODE_CONFIG],
    ['a NodeConfig in folded lines', nodeConfig(`>-\n      ${wrapped(OLD, '      ')}`), NODE_CONFIG],
    [
      'settings of Bottlerocket',
      `[settings.kubernetes]\ncluster-name = "shop"\ncluster-certificate = "${OLD}"\napi-server = "https://x"\n`,
      'settings.kubernetes.cluster-certificate of Bottlerocket',
    ],
    [
      'the bootstrap of Windows',
      `<powershell>\n& $EKSBootstrapScriptFile -EKSClusterName shop -Base64ClusterCA "${OLD}" 3>&1\n</powershell>`,
      '-Base64ClusterCA of Start-EKSBootstrap.ps1',
    ],
    ['a MIME part', mime(nodeConfig(OLD)), NODE_CONFIG],
    ['a MIME part with CRLF', mime(nodeConfig(OLD), [], '\r\n'), NODE_CONFIG],
    [
      'a MIME part in base64',
      mime(wrapped(encoded(nodeConfig(OLD)), ''), ['Content-Transfer-Encoding: base64']),
      NODE_CONFIG,
    ],
    [
      'a MIME part in base64 with CRLF',
      mime(encoded(nodeConfig(OLD)), ['content-transfer-encoding: BASE64'], '\r\n'),
      NODE_CONFIG,
    ],
    [
      'a MIME part that is compressed',
      mime(encoded(gzipSync(nodeConfig(OLD))), ['Content-Transfer-Encoding: base64']),
      NODE_CONFIG,
    ],
    ['compressed user data', gzipSync(mime(nodeConfig(OLD))), NODE_CONFIG],
  ])('is found in %s', (_, text, key) => {
    expect(found(text)).toEqual([{ key, isClusters: true, certificates: [OLD_PRINT] }]);
  });

  it('is found under no known key, and in a kubeconfig, which may be one of another cluster', () => {
    const kubeconfig = `clusters:\n- cluster:\n    certificate-authority-data: ${OLD}\n`;
    const key = 'certificate-authority-data of a kubeconfig';
    expect(found(kubeconfig)).toEqual([{ key, isClusters: false, certificates: [OLD_PRINT] }]);
    const script = `CA_OF_US=${OLD}\njoin "$CA_OF_US"\n`;
    const unknown = { key: 'a value under no known key', isClusters: false, certificates: [OLD_PRINT] };
    expect(found(script)).toEqual([unknown]);
  });

  it('is found as PEM, indented or with written line ends', () => {
    const file = `write_files:\n  - path: /etc/kubernetes/pki/ca.crt\n    content: |\n${pemOf(OLD).replace(/^/gm, '      ')}`;
    const one = { key: 'a PEM certificate', isClusters: false, certificates: [OLD_PRINT] };
    expect(found(file)).toEqual([one]);
    expect(found(JSON.stringify({ ca: pemOf(OLD) }))).toEqual([one]);
  });

  it.each([
    ['b64', written(encoded(nodeConfig(OLD)), 'b64')],
    ['base64 in quotes', written(`'${encoded(nodeConfig(OLD))}'`, 'base64')],
    ['gz+b64', written(encoded(gzipSync(nodeConfig(OLD))), 'gz+b64')],
    ['gzip+base64 in a block', written(`|\n    ${wrapped(encoded(gzipSync(nodeConfig(OLD))), '    ')}`, 'gzip+base64')],
    ['gzip, tagged as binary', written(`!!binary |\n    ${encoded(gzipSync(nodeConfig(OLD)))}`, 'gzip')],
    ['JSON', JSON.stringify({ write_files: [{ content: encoded(gzipSync(nodeConfig(OLD))), encoding: 'gz+b64' }] })],
    [
      'a MIME part in base64',
      mime(encoded(written(encoded(gzipSync(nodeConfig(OLD))), 'gzip+b64')), ['Content-Transfer-Encoding: base64']),
    ],
  ])('is found in a file that cloud-init writes, encoded as %s', (_, text) => {
    expect(found(text)).toEqual([{ key: NODE_CONFIG, isClusters: true, certificates: [OLD_PRINT] }]);
  });

  it('is found once where a file is the certificate itself', () => {
    expect(found(written(OLD, 'b64'))).toMatchObject([{ certificates: [OLD_PRINT] }]);
    expect(found(written(encoded(gzipSync(pemOf(OLD))), 'gz'))).toMatchObject([{ certificates: [OLD_PRINT] }]);
  });

  it('has each certificate of a bundle, and each value, in order', () => {
    const both = { key: NODE_CONFIG, isClusters: true, certificates: [OLD_PRINT, NEW_PRINT] };
    expect(found(nodeConfig(bundleOf(OLD, NEW)))).toEqual([both]);
    expect(found(`A=${OLD}\n${NEW}`)).toMatchObject([{ certificates: [OLD_PRINT] }, { certificates: [NEW_PRINT] }]);
    expect(found(nodeConfig(wrapped(bundleOf(OLD, NEW), '\n      ')))).toEqual([both]);
  });

  it('is none where a script asks EKS, where a value is cut off, and where there is no user data', () => {
    expect(found('#!/bin/bash\nCA=$(aws eks describe-cluster --query cluster.certificateAuthority.data)\n')).toEqual(
      [],
    );
    expect(found(nodeConfig(OLD.slice(0, 400)))).toEqual([]);
    expect(found(`-----BEGIN CERTIFICATE-----\nMII`)).toEqual([]);
    expect(found('')).toEqual([]);
  });

  it('is not looked for in what is broken, too long, or becomes too long', () => {
    expect(found('x'.repeat(16_385))).toEqual({ unsearchable: 'is longer than 16384 bytes' });
    const broken = { unsearchable: 'cannot be decompressed' };
    expect(found(gzipSync('#!/bin/bash').subarray(0, 12))).toEqual(broken);
    expect(found(Buffer.from([0x1f, 0x8b]))).toEqual(broken);
    expect(found(gzipSync(Buffer.alloc(2_000_000)))).toEqual(broken);
    const part = `\n--//\nContent-Transfer-Encoding: base64\n\n${encoded(gzipSync(Buffer.alloc(900_000)))}`;
    expect(found(`Content-Type: multipart/mixed${part}`)).toEqual([]);
    expect(found(`Content-Type: multipart/mixed${part.repeat(2)}`)).toEqual(broken);
    expect(found(gzipSync(`Content-Type: multipart/mixed${part.repeat(100)}`))).toEqual(broken);
    const file = `\n- encoding: gz+b64\n  content: ${encoded(gzipSync(Buffer.alloc(900_000)))}`;
    expect(found(`write_files:${file}`)).toEqual([]);
    expect(found(`write_files:${file.repeat(2)}`)).toEqual(broken);
    expect(found(gzipSync(`write_files:${file.repeat(500)}`))).toEqual(broken);
    expect(found(written(encoded(gzipSync(nodeConfig(OLD)).subarray(0, 99)), 'gz+b64'))).toEqual(broken);
  });

  it.each([
    ['beginnings of values', Buffer.from('-----BEGIN CERTIFICATE-----').toString('base64')],
    ['beginnings of certificates', '-----BEGIN CERTIFICATE-----'],
    ['ends of certificates', '-----END CERTIFICATE-----'],
    ['bounds of parts', 'Content-Type: multipart/\nContent-Transfer-Encoding: base64\n\n--'],
    ['headers of parts', 'Content-Type: multipart/\nContent-Transfer-Encoding: base64\n'],
    ['spaces', ' '],
    ['files', '  content: eA\n  encoding: b64\n'],
    ['files without an end', 'content: !!binary |\n  '],
    ['files of one name', 'content:content '],
    ['keys', '--b64-cluster-ca '],
  ])('is looked for at once among a million bytes of %s', (_, part) => {
    const packed = gzipSync(part.repeat(1_000_000 / part.length));
    const begun = process.threadCpuUsage();
    const result = found(packed);
    const { user, system } = process.threadCpuUsage(begun);
    expect((user + system) / 1_000).toBeLessThan(500);
    expect(result).toEqual([]);
  });

  it('takes no other text of the user data along, whatever that is', () => {
    const texts = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const result = JSON.stringify(embeddedIn(encoded(`${before} ${SECRET} ${OLD} ${SECRET} ${after}`)));
        expect(result).not.toContain(SECRET);
        expect(result).toContain(OLD_PRINT);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the certificate of an authority', () => {
  it('is the same in PEM and in DER', () => {
    const [, der = ''] = /-----BEGIN CERTIFICATE-----([^-]*)/.exec(pemOf(OLD)) ?? [];
    expect(certificateOf(der)).toBe(OLD_PRINT);
    expect(certificateOf('')).toBeUndefined();
    expect(certificateOf(undefined)).toBeUndefined();
    expect(certificatesOf(bundleOf(OLD, NEW))).toEqual([OLD_PRINT, NEW_PRINT]);
  });
});
