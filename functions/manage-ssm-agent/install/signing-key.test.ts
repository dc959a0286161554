import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isHere } from '../../../test/is-here.ts';
import { AMAZON_KEY, fakeNode, removeNodes } from './fake-node.fixture.ts';
import { KEYS } from './gpg-keys.fixture.ts';
import { OS_RELEASE } from './os-release.fixture.ts';
import { INSTALL_SCRIPT } from './script.ts';

afterEach(removeNodes);

describe('the signing key', () => {
  const armored = /-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n([\s\S]+?)\n=.{4}\n-----END/.exec(INSTALL_SCRIPT)?.[1] ?? '';
  const key = Buffer.from(armored, 'base64');

  it('is the one with the fingerprint that Amazon documents', () => {
    // RFC 4880, 12.2: SHA-1 of 0x99, the two bytes of the length, and the public key packet.
    const packet = key.subarray(3, 3 + key.readUInt16BE(1));
    const framed = Buffer.concat([Buffer.from([0x99]), key.subarray(1, 3), packet]);
    expect(createHash('sha1').update(framed).digest('hex').toUpperCase()).toBe(AMAZON_KEY);
    expect(INSTALL_SCRIPT).toContain(`\nfingerprint=${AMAZON_KEY}\n`);
  });

  const gpgIsHere = isHere('gpg', spawnSync('gpg', ['--version']).status === 0, 'install gnupg');
  it.skipIf(!gpgIsHere)('is good for gpg', () => {
    const home = mkdtempSync(join(tmpdir(), 'gpg-'));
    const block = /-----BEGIN[\s\S]+-----END PGP PUBLIC KEY BLOCK-----\n/.exec(INSTALL_SCRIPT)?.[0];
    const shown = spawnSync('gpg', ['--homedir', home, '--with-colons', '--show-keys'], {
      input: block,
      encoding: 'utf8',
    });
    rmSync(home, { recursive: true });
    expect(shown.stdout).toContain(`:${AMAZON_KEY}:`);
    expect(shown.stdout).toContain('SSM Agent <ssm-agent-signer@amazon.com>');
  });

  it.skipIf(!gpgIsHere).each([
    ['good', 'good', 'a package', 0],
    ['good', 'good', 'another package', 21],
    ['good', 'expired', 'a package', 21],
    ['expired', 'expired', 'a package', 21],
  ] as const)('when it is %s, and the signature by a %s one, gpg judges "%s": %i', (held, signer, content, code) => {
    const { publicKey, fingerprint } = KEYS[held];
    const script = INSTALL_SCRIPT.replace(/-----BEGIN[\s\S]+BLOCK-----\n/, publicKey).replaceAll(
      AMAZON_KEY,
      fingerprint,
    );
    const bucket = { 'amazon-ssm-agent.deb': content, 'amazon-ssm-agent.deb.sig': KEYS[signer].signature };
    const run = fakeNode({ osRelease: OS_RELEASE.debian, bucket, realGpg: true }).run('eu-central-1', script);
    expect(run.code).toBe(code);
    expect(run.calls.some((call) => call.includes(' dpkg '))).toBe(code === 0);
  });
});
