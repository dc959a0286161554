/**
 * Removes doubled slashes, `.` parts and slashes at the end. `..` stays, because after a symbolic link it is not the
 * directory before it in the path.
 */
export function clean(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return `/${parts.join('/')}`;
}
