import type { Command } from './command.ts';
import { approve } from './commands/approve.ts';
import { check } from './commands/check.ts';
import { explain } from './commands/explain.ts';
import { extend } from './commands/extend.ts';
import { get } from './commands/get.ts';
import { go } from './commands/go.ts';
import { plan } from './commands/plan.ts';
import { policy } from './commands/policy.ts';
import { posture } from './commands/posture.ts';
import { quarantines } from './commands/quarantines.ts';
import { reject } from './commands/reject.ts';
import { release } from './commands/release.ts';
import { resume } from './commands/resume.ts';
import { retry } from './commands/retry.ts';
import { status } from './commands/status.ts';
import { stop } from './commands/stop.ts';
import { terminate } from './commands/terminate.ts';
import { undo } from './commands/undo.ts';
import { watch } from './commands/watch.ts';

/** All commands, in the order of the list. */
export const COMMANDS: readonly Command[] = [
  status,
  plan,
  get,
  explain,
  watch,
  policy,
  stop,
  go,
  posture,
  check,
  quarantines,
  release,
  extend,
  terminate,
  approve,
  reject,
  resume,
  retry,
  undo,
];
