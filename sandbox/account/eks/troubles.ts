import type { Random } from '../../time/random.ts';
import { AwsError } from '../../wire/aws-error.ts';
import { ConnectionDropped } from '../../wire/connection-dropped.ts';
import type { Service } from '../service.ts';
import type { World } from '../world.ts';

/** Calls about one subject that fail between two times, epoch ms. */
export interface Trouble {
  readonly from: number;
  readonly until: number;
  readonly cluster: string;
  readonly nodeGroup: string | undefined;
  readonly operations: ReadonlySet<string>;
  readonly code: string;
  readonly status: number;
  /** `{id}` is another one each time. */
  readonly message: string;
}

/** What EKS does not answer, or not well, whoever asks. */
export class Troubles {
  readonly #world: World;
  readonly #random: Random;
  readonly #known: Trouble[] = [];

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('eks-troubles');
  }

  add(trouble: Trouble): void {
    this.#known.push(trouble);
  }

  /** The operations of EKS, each of which fails where there is trouble. */
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
  #strike(operation: string, { clusterName, name, nodegroupName }: Readonly<Record<string, unknown>>): void {
    const { now } = this.#world.time;
    const trouble = this.#known.find(
      ({ from, until, operations, cluster, nodeGroup }) =>
        from <= now &&
        now < until &&
        operations.has(operation) &&
        cluster === (clusterName ?? name) &&
        nodeGroup === nodegroupName,
    );
    if (trouble === undefined) return;
    if (trouble.code === 'ConnectionDropped') throw new ConnectionDropped('no answer');
    throw new AwsError(trouble.code, trouble.message.replaceAll('{id}', this.#random.uuid()), trouble.status);
  }
}
