import type { Random } from '../time/random.ts';
import { AwsError } from '../wire/aws-error.ts';
import { ConnectionDropped } from '../wire/connection-dropped.ts';
import type { Service } from './service.ts';
import type { World } from './world.ts';

/** A time span, in epoch ms, in which calls about one subject fail. */
export interface Trouble {
  readonly from: number;
  readonly until: number;
  /** Whether a call concerns the subject. */
  readonly isAbout: (operation: string, input: Readonly<Record<string, unknown>>) => boolean;
  readonly code: string;
  readonly status: number;
  /** `{id}` is replaced by a new id each time. */
  readonly message: string;
}

/** Planned failures of a service, which affect every caller. */
export class Troubles {
  readonly #world: World;
  readonly #random: Random;
  readonly #known: Trouble[] = [];

  /** @param service names the random stream for request ids */
  constructor(world: World, service: string) {
    this.#world = world;
    this.#random = world.random.fork(`${service}-troubles`);
  }

  add(trouble: Trouble): void {
    this.#known.push(trouble);
  }

  /** Wraps the operations of the service so that each fails where a failure is planned. */
  around(operations: Service['operations']): Service['operations'] {
    return Object.fromEntries(
      Object.entries(operations).map(([name, { run, ...operation }]) => [
        name,
        {
          ...operation,
          run: (input: never, context) => {
            this.#strike(name, input);
            return run(input, context);
          },
        },
      ]),
    );
  }

  /** @throws AwsError, ConnectionDropped */
  #strike(operation: string, input: Readonly<Record<string, unknown>>): void {
    const { now } = this.#world.time;
    const trouble = this.#known.find(
      ({ from, until, isAbout }) => from <= now && now < until && isAbout(operation, input),
    );
    if (trouble === undefined) return;
    if (trouble.code === 'ConnectionDropped') throw new ConnectionDropped('no answer');
    throw new AwsError(trouble.code, trouble.message.replaceAll('{id}', this.#random.uuid()), trouble.status);
  }
}
