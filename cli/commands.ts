import type { Command } from './command.ts';
import { explain } from './commands/explain.ts';

/** All commands, in the order in which they are listed. */
export const COMMANDS: readonly Command[] = [explain];
