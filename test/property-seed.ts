import { execFileSync } from 'node:child_process';

/** The seed of a tree that is no checkout of Git's. */
const WITHOUT_GIT = 0;

/**
 * The seed from which every property draws its cases, a whole number below 2³². It is that of the checked-out tree, so
 * each change tries other cases, and whoever runs the same tree tries the same ones. The environment variable
 * `PROPERTY_SEED` overrides it.
 *
 * @throws Error when `PROPERTY_SEED` is no such number
 */
export function propertySeed({ PROPERTY_SEED: given } = process.env, treeOf = treeOfHead): number {
  if (given === undefined) return Number.parseInt(treeOf()?.slice(0, 8) ?? `${WITHOUT_GIT}`, 16);
  const seed = Number(given);
  if (/^\d{1,10}$/.test(given) && seed < 2 ** 32) return seed;
  throw new Error(`PROPERTY_SEED: "${given}" is not a whole number below 4294967296.`);
}

/** The hash of the tree that Git has checked out; undefined where there is no Git, or no repository. */
function treeOfHead(): string | undefined {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD^{tree}'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}
