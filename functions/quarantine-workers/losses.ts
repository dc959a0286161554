import { refusalOf } from '../shared/runtime/aws-refusal.ts';

/** What a release could not give back, by what it was; and whether it must be reconciled again. */
export interface Losses {
  /** Its Auto Scaling group has no room for it now: its return is tried again. */
  hasNoRoom?: boolean;
  readonly lost: Map<string, string>;
  readonly pending: string[];
  /** Interfaces of which no security group is left to be given back: they stay shut off. */
  readonly shutOff: string[];
}

/** Runs what gives one thing back; a refusal means that it is lost, and names it. */
export async function giveBack(
  { lost }: Losses,
  key: string,
  what: string,
  run: () => Promise<unknown>,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    lost.set(key, `${what} (${refusal})`);
  }
}
