/**
 * Whether a tool that a test needs is installed. Without it the test is skipped on a developer's machine. In CI its
 * absence is an error, since a skipped test proves nothing.
 * @param how to install it
 * @throws Error in CI when it is missing
 */
export function isHere(tool: string, here: boolean, how: string): boolean {
  const inCi = process.env.CI !== undefined && !['', 'false'].includes(process.env.CI);
  if (!here && inCi) throw new Error(`There is no ${tool} here, so what needs it cannot be shown: ${how}.`);
  return here;
}
