import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NodeInput } from './node-systems.ts';

/** Creates a file below a root, with the directories above it. */
export function putFile(root: string, path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  chmodSync(join(root, path), mode);
}

/** Creates a node's files, links and directories below a root, and a /proc with its kubelet. */
export function makeHostTree(root: string, { os, kubernetesVersion, files, kubeletFlags }: NodeInput): void {
  const byDepth = files.toSorted((a, b) => a.path.split('/').length - b.path.split('/').length);
  for (const { path, type, target } of byDepth) {
    if (type !== 'symlink' || !target) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target.startsWith('/') ? join(root, target) : target, join(root, path));
  }
  for (const { path, type } of byDepth) if (type === 'dir') mkdirSync(join(root, path), { recursive: true });
  for (const { path, type, content, mode } of byDepth)
    if ((type ?? 'file') === 'file') putFile(root, path, content ?? '', Number.parseInt(mode, 8));
  for (const { path, type, mode } of byDepth.toReversed())
    if (type === 'dir') chmodSync(join(root, path), Number.parseInt(mode, 8));
  putFile(root, '/etc/os-release', OS_RELEASES[os] ?? `ID="${os}"\nVERSION_ID="1"\n`);
  putFile(root, '/proc/stat', 'cpu 1 2 3\nbtime 1780000000\n');
  if (kubeletFlags !== null) putKubelet(root, 4242, ['/usr/bin/kubelet', ...kubeletFlags], kubernetesVersion ?? null);
}

const OS_RELEASES: Readonly<Record<string, string>> = {
  al2: 'NAME="Amazon Linux"\nID="amzn"\nVERSION_ID="2"\n',
  al2023: 'NAME="Amazon Linux"\nID="amzn"\nVERSION_ID="2023"\n',
};

/** Creates a process called kubelet. */
export function putKubelet(root: string, pid: number, argv: readonly string[], version: string | null = '1.33'): void {
  const numbers = Array.from({ length: 17 }, (_, at) => at).join(' ');
  putFile(root, `/proc/${pid}/comm`, 'kubelet\n');
  putFile(root, `/proc/${pid}/cmdline`, `${argv.join('\0')}\0`);
  putFile(root, `/proc/${pid}/stat`, `${pid} (kube let) S 1 ${numbers} 12345 0\n`);
  putFile(root, `/proc/${pid}/exe`, `#!/bin/sh\necho Kubernetes v${version?.replace(/^v/, '')}\n`, 0o755);
}
