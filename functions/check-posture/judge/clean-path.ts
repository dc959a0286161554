/** Without doubled slashes, a dot, or a slash at the end. `..` stays: after a link it is not the directory before it. */
export function clean(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return `/${parts.join('/')}`;
}
