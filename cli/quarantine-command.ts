import { detailType } from '../events/quarantine-request.ts';
import type { ReadRecord } from '../functions/shared/records/record-line.ts';
import { ask, readAsked, WHY, WHY_HELP } from './ask.ts';
import type { Command, Given } from './command.ts';
import { UsageError } from './usage-error.ts';

interface QuarantineCommand {
  readonly action: 'release' | 'extend' | 'terminate';
  readonly synopsis: string;
  readonly summary: string;
  readonly help: string;
  /** Whether it may be about a node group, too. */
  readonly ofGroups?: boolean;
  readonly options?: Command['options'];
  readonly optionsHelp?: string;
  /** What is asked for besides. */
  readonly more?: (given: Given) => object;
}

/** The command that sends one kind of quarantine request. */
export function quarantineCommand(command: QuarantineCommand): Command {
  const { action, synopsis, summary, help, ofGroups = false, options, optionsHelp, more } = command;
  return {
    name: action,
    synopsis,
    summary,
    help: [help, '', WHY_HELP, ...(optionsHelp === undefined ? [] : [optionsHelp])].join('\n'),
    options: { why: WHY, ...options },
    read: (given) => {
      const { about, why } = readAsked(given);
      if (!ofGroups && !('instanceId' in about)) {
        throw new UsageError(`SUBJECT: only a worker (i-0abc...) can be asked to ${action}`);
      }
      const detail = { action, ...about, ...more?.(given), why };
      return (surroundings) => ask(surroundings, { detailType, detail, isOutcome });
    },
  };
}

/** That a release has begun is not yet that it is through. */
const isOutcome = ({ decision, reason }: ReadRecord): boolean => decision !== 'waiting' && reason !== 'release-started';
