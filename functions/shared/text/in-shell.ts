/** Text that a shell takes as one word without quotes. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * Quotes a name as one word of a command line for people. The name of an Auto Scaling group may hold nearly any
 * character, and other names come from tags, which anybody may set.
 */
export const inShell = (word: string): string => (PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
