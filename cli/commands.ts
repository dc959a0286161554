import type { Command } from './command.ts';
import { approve } from './commands/approve.ts';
import { explain } from './commands/explain.ts';
import { extend } from './commands/extend.ts';
import { policy } from './commands/policy.ts';
import { posture } from './commands/posture.ts';
import { quarantines } from './commands/quarantines.ts';
import { reject } from './commands/reject.ts';
import { release } from './commands/release.ts';
import { resume } from './commands/resume.ts';
import { retry } from './commands/retry.ts';
import { status } from './commands/status.ts';
import { terminate } from './commands/terminate.ts';

/** All commands, in the order in which they are listed. */
export const COMMANDS: readonly Command[] = [
  status,
  explain,
  policy,
  posture,
  quarantines,
  release,
  extend,
  terminate,
  approve,
  reject,
  resume,
  retry,
];
