import { type EmbeddedAccount, openAccount } from '../../sandbox/embedded-account.ts';
import { parseFleet } from '../../sandbox/fleet/parse-fleet.ts';
import type { InvocationOutcome } from '../../sandbox/lambda/lambda-function.ts';
import { readSynthesizedStack, type SynthesizedStack } from '../../sandbox/stack/template.ts';

/** One cluster with what the samples of events speak of. */
const FLEET = {
  startsAt: '2026-07-14T18:00:00Z',
  releases: [
    { at: '-40d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: '1.33.12-20260604' },
    { at: '-10d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: '1.33.12-20260625' },
  ],
  clusters: [
    {
      name: 'shop',
      version: '1.33',
      nodeGroups: [
        { name: 'web', amiType: 'AL2023_x86_64_STANDARD', desiredSize: 2, releaseVersion: '1.33.12-20260604' },
      ],
    },
  ],
};

/** Has each function act, so that an input goes as far as it can. */
const POLICY = {
  upgrades: { mode: 'enforce', bakeAge: '1h' },
  quarantine: { mode: 'enforce' },
  ssmAgent: { mode: 'enforce' },
  findings: { mode: 'enforce' },
  imds: { mode: 'enforce' },
  notifications: { securityHub: 'enforce' },
};

/** The account of a stage keeps all that was logged, so it is closed after so many invocations. */
const MOST_INVOCATIONS = 400;
/** What an invocation asks of others is seen within this time, ms. */
const AFTERMATH_MS = 2_000;

/** What one invocation did. */
export interface Performance {
  readonly outcome: InvocationOutcome;
  /** Lines that the function wrote. */
  readonly lines: readonly string[];
  /** Lines that other functions wrote meanwhile. */
  readonly others: readonly string[];
  /** The subjects of the messages that people were sent meanwhile. */
  readonly subjects: readonly string[];
}

/** The account in which handlers are run: the whole stack, deployed beside a small fleet. */
export class Stage {
  readonly #synthesized: SynthesizedStack;
  #account: EmbeddedAccount | undefined;
  #invocations = 0;
  #lines: Array<{ readonly line: string; readonly stream: string }> = [];

  /** @param template path of a stack that was synthesized from light bundles */
  constructor(template: string) {
    this.#synthesized = readSynthesizedStack(template);
  }

  /** The id of a worker that runs. */
  async worker(): Promise<string> {
    const { fleet } = await this.#open();
    return fleet.instances.list().find(({ state }) => state === 'running')?.id ?? '';
  }

  /** Invokes a function. */
  async perform(name: string, event: unknown): Promise<Performance> {
    const account = await this.#open();
    this.#invocations += 1;
    this.#lines = [];
    const told = account.sns.published.length;
    const outcome = await account.invoke(name, event);
    await account.play(AFTERMATH_MS);
    const own = account.lambda.functions.find(({ label }) => label === name)?.name ?? name;
    const lines = this.#lines.filter(({ stream }) => stream.includes(own)).map(({ line }) => line);
    const others = this.#lines.filter(({ stream }) => !stream.includes(own)).map(({ line }) => line);
    const subjects = account.sns.published.slice(told).map(({ subject = '' }) => subject);
    return { outcome, lines, others, subjects };
  }

  async #open(): Promise<EmbeddedAccount> {
    if (this.#account !== undefined && this.#invocations < MOST_INVOCATIONS) return this.#account;
    this.#invocations = 0;
    this.#account = await openAccount({
      fleet: parseFleet(JSON.stringify(FLEET), 'stage'),
      seed: 1,
      synthesized: this.#synthesized,
      inProcess: true,
      policy: JSON.stringify(POLICY),
      onLine: (line, _group, stream) => this.#lines.push({ line, stream }),
    });
    return this.#account;
  }
}
