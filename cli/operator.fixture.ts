import type { EmbeddedAccount } from '../sandbox/embedded-account.ts';
import { type Clients, createClients } from './clients.ts';
import type { Command, Local, Surroundings } from './command.ts';
import { COMMANDS } from './commands.ts';
import { remediator } from './remediator.ts';
import { readStackOutputs } from './stack-outputs.ts';

/** The result of a command line. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The clients of an operator who works with an account of the sandbox, in this process. */
export const clientsIn = (account: EmbeddedAccount, region?: string): Clients =>
  createClients(configIn(account, region));

/** The configuration of such clients. */
export function configIn({ network, world }: EmbeddedAccount, region: string = world.region) {
  const { https } = network.attach((effect) => effect());
  const credentials = { accessKeyId: 'anybody', secretAccessKey: 'anything' };
  const requestHandler = { httpsAgent: new https.Agent({ keepAlive: true }) };
  return { region, credentials, requestHandler, maxAttempts: 1 };
}

/**
 * Runs a command line in this process, at the account's time. Waiting lets that time pass. Nobody answers questions.
 */
export const operate = (account: EmbeddedAccount, ...argv: string[]): Promise<Ended> => operateAs(account, {}, ...argv);

/** Runs a command line like {@link operate}, on a terminal of this kind. */
export async function operateAs(
  account: EmbeddedAccount,
  terminal: Partial<Pick<Local, 'width' | 'askBack'>>,
  ...argv: string[]
): Promise<Ended> {
  const [printed, noted]: [string[], string[]] = [[], []];
  const code = await remediator(argv, {
    commands: COMMANDS,
    createClients: ({ region }) => clientsIn(account, typeof region === 'string' ? region : undefined),
    clock: clockOf(account),
    sleep: (ms) => account.play(ms),
    print: (text) => printed.push(`${text}\n`),
    note: (text) => noted.push(`${text}\n`),
    ...NO_TERMINAL,
    ...terminal,
    env: {},
  });
  return { code, stdout: printed.join(''), stderr: noted.join('') };
}

/** The dependencies of a command, for tests of its parts. */
export async function surroundingsIn(account: EmbeddedAccount): Promise<Surroundings> {
  const clients = clientsIn(account);
  return {
    clients,
    stack: await readStackOutputs(clients, account.stack.name),
    clock: clockOf(account),
    sleep: (ms) => account.play(ms),
    json: false,
    wide: false,
    ...NO_TERMINAL,
    print: () => undefined,
    note: () => undefined,
  };
}

const NO_TERMINAL = { width: undefined, askBack: async () => undefined };

const clockOf = ({ time }: EmbeddedAccount) => ({ now: () => time.now });

/** A stack of which only the log group is used. */
export const RECORDS_ONLY = {
  LogGroupName: 'records',
  EventBusName: '',
  LedgerTableName: '',
  PolicyParameterName: '/policy',
  stackName: '',
  region: '',
};

/** Runs a command line where there is no AWS, so that a request for a client fails. @param at epoch milliseconds */
export async function operateOffline(command: Command, argv: readonly string[], at = 0) {
  const [printed, noted]: [string[], string[]] = [[], []];
  const code = await remediator([command.name, ...argv], {
    commands: [command],
    createClients: () => {
      throw new Error('no AWS here');
    },
    clock: { now: () => at },
    sleep: async () => undefined,
    print: (text) => printed.push(text),
    note: (text) => noted.push(text),
    ...NO_TERMINAL,
    env: {},
  });
  return { code, lines: printed, stdout: printed.join('\n'), stderr: noted.join('\n') };
}
