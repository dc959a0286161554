import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * Whether the simulated day of a seed breaks something that must hold.
 * @param root the directory of the sources
 * @throws Error where the day cannot be played
 */
export function breaksDay(root: string, seed: number): boolean {
  const args = [join(root, 'simulation', 'main.ts'), '--seeds', '1', '--from', String(seed), '--no-shrink'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (status === 0) return false;
  // A process that ends by an exception has status 1, too.
  if (stdout.includes('1 days played, 1 broken')) return true;
  throw new Error(`The day of seed ${seed} cannot be played: ${stderr}`);
}
