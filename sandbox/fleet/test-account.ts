import type { Operation, Service } from '../account/service.ts';
import type { EmittedEvent, World } from '../account/world.ts';
import { Random } from '../time/random.ts';
import { VirtualTime } from '../time/virtual-time.ts';
import { AwsError } from '../wire/aws-error.ts';
import { parseFleet } from './parse-fleet.ts';
import { seedFleet } from './seed-fleet.ts';
import { fleetServices } from './services.ts';
import type { FleetState } from './state.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** An event with its virtual time, epoch ms. */
export interface Heard extends EmittedEvent {
  readonly at: number;
}

/** An account for tests: the fleet's services without the wire, and a bus that only records. */
export interface TestAccount {
  readonly state: FleetState;
  readonly events: Heard[];
  /** Calls an operation like a client, and refuses members that the sandbox does not support. */
  call<Output>(service: string, operation: string, input?: object): Output;
  service(signingName: string): Service;
  play(ms: number): Promise<void>;
}

/** @param fleet as in a fleet file; default for `startsAt`: 2026-07-14T12:00:00Z */
export function testAccount(fleet: object, seed = 1): TestAccount {
  const parsed = parseFleet(JSON.stringify({ startsAt: '2026-07-14T12:00:00Z', ...fleet }), 'test.json');
  const events: Heard[] = [];
  const time = new VirtualTime(Date.parse(parsed.startsAt));
  const world: World = {
    accountId: parsed.account,
    region: parsed.region,
    partition: 'aws',
    time,
    random: new Random(seed),
    emit: (event) => events.push({ ...event, at: time.now }),
  };
  const state = seedFleet(world, parsed);
  const services = new Map(fleetServices(state).map((service) => [service.signingName, service]));
  const service = (name: string): Service => {
    const found = services.get(name);
    if (found === undefined) throw new Error(`no service ${name}`);
    return found;
  };
  return {
    state,
    events,
    service,
    call: <Output>(name: string, operation: string, input: object = {}) => {
      const known = service(name).operations[operation] as Operation<object, Output> | undefined;
      if (known === undefined) throw new Error(`no operation ${operation}`);
      for (const member of Object.keys(input)) {
        if (!known.supports.includes(member)) throw new Error(`${operation} does not support ${member}`);
      }
      const caller = { function: 'operator' };
      return known.run(input, { caller, requestId: '00000000-0000-4000-8000-000000000000' }) as Output;
    },
    play: (ms) => time.play(time.now + ms),
  };
}

/** The AWS error of a refused call. */
export function refusal(call: () => unknown): AwsError {
  try {
    call();
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
  throw new Error('the call was not refused');
}
