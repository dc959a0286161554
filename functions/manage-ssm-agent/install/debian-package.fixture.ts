import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Debian package: an ar archive, here with a member of odd length before the payload. */
export function debianPackage(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'deb-'));
  mkdirSync(join(folder, 'usr/bin'), { recursive: true });
  for (const program of ['amazon-ssm-agent', 'ssm-agent-worker', 'ssm-session-worker']) {
    writeFileSync(join(folder, 'usr/bin', program), 'the agent', { mode: 0o640 });
  }
  const { stdout: data } = spawnSync('tar', ['--create', '--gzip', '--directory', folder, 'usr']);
  rmSync(folder, { recursive: true });
  const members = { 'debian-binary': Buffer.from('2.0\n'), 'control.tar.gz': Buffer.from('odd'), 'data.tar.gz': data };
  return Buffer.concat([
    Buffer.from('!<arch>\n'),
    ...Object.entries(members).flatMap(([name, body]) => [
      Buffer.from(
        `${`${name}/`.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(body.length).padEnd(10)}\`\n`,
      ),
      body,
      Buffer.alloc(body.length % 2, '\n'),
    ]),
  ]);
}
