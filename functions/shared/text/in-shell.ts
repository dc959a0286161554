/** A word of a shell command for people. The name of an Auto Scaling group may hold nearly any character. */
export const inShell = (word: string): string =>
  /^[\w.:/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
