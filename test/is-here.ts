/**
 * Whether a tool that a test needs is here. Without it the test is skipped on a developer's machine; in CI that fails,
 * since what does not run proves nothing.
 * @param how what would bring it here
 * @throws Error in CI, when it is not here
 */
export function isHere(tool: string, here: boolean, how: string): boolean {
  const inCi = process.env.CI !== undefined && !['', 'false'].includes(process.env.CI);
  if (!here && inCi) throw new Error(`There is no ${tool} here, so what needs it cannot be shown: ${how}.`);
  return here;
}
