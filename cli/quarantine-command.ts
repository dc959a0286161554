import { detailType } from '../events/quarantine-request.ts';
import type { ReadRecord } from '../functions/shared/records/record-line.ts';
import { ASK_HELP, ASK_OPTIONS, type AskedAbout, ask, readAsked, type Wanted } from './ask.ts';
import type { Command, Given } from './command.ts';
import { aboutOf, nameOfAsked, offersIn } from './fitting.ts';
import { UsageError } from './usage-error.ts';

interface QuarantineCommand {
  readonly action: 'release' | 'extend' | 'terminate';
  readonly synopsis: string;
  readonly summary: string;
  readonly help: string;
  /** Whether the request may also name a node group. */
  readonly ofGroups?: boolean;
  readonly options?: Command['options'];
  readonly optionsHelp?: string;
  /** Further members of the request. */
  readonly more?: (given: Given) => object;
}

/** Creates the command for one kind of quarantine request. */
export function quarantineCommand(command: QuarantineCommand): Command {
  const { action, synopsis, summary, help, ofGroups = false, options, optionsHelp, more } = command;
  return {
    name: action,
    synopsis,
    summary,
    help: [help, '', ...(optionsHelp === undefined ? [] : [optionsHelp]), ASK_HELP].join('\n'),
    options: { ...ASK_OPTIONS, ...options },
    read: (given) => {
      const asked = readAsked(given);
      const { named, why, yes } = asked;
      if (!ofGroups && named.some((about) => !('instanceId' in about))) {
        throw new UsageError(`RESOURCE: only a worker (i-0abc...) can be asked to ${action}`);
      }
      const rest = { ...more?.(given), why };
      return async (surroundings) => {
        const offers = named.length > 0 ? [] : await offersIn(surroundings, action, asked);
        const abouts: AskedAbout[] = [...named, ...offers.flatMap((offer) => aboutOf(offer) ?? [])];
        const wanted = abouts.map(
          (about): Wanted => ({ subject: nameOfAsked(about), detail: { action, ...about, ...rest } }),
        );
        return ask(surroundings, { detailType, wanted, yes, chosen: asked.named.length === 0, isOutcome });
      };
    },
  };
}

/** `release-started` does not mean that the release has ended. */
const isOutcome = ({ decision, reason }: ReadRecord): boolean => decision !== 'waiting' && reason !== 'release-started';
