import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { PackageSurroundings } from '../lambda/execution-environment.ts';
import type { Random } from '../time/random.ts';
import { isRecord } from '../wire/json-codec.ts';
import { COMMON, commonModulesIn } from './common-code.ts';
import type { DirectCalls } from './direct-calls.ts';
import { noAnswer, sdkError } from './sdk-error.ts';

/** The account that a client calls, and the execution environment in which it was made. */
export interface Surroundings extends PackageSurroundings {
  readonly calls: DirectCalls;
}

/** The same number as in `CLIENT_DEFAULTS` of the functions. */
const MOST_ATTEMPTS = 6;
/**
 * The unit of the SDK's pauses, ms. The pause before the n-th repetition is random, up to 2^n units, and never longer
 * than 20 s.
 */
const PAUSE_MS = 100;
const PAUSE_WHEN_THROTTLED_MS = 500;
const LONGEST_PAUSE_MS = 20_000;

const require = createRequire(join(import.meta.dirname, '..', '..', 'package.json'));
const modules = new Map<string, object>();

/**
 * The packages that light bundles leave out, for one execution environment. They are the packages of this process,
 * except that each SDK client calls the account directly, in the environment's name. With them come the modules that
 * all environments have in common.
 */
export function inProcessPackages(surroundings: Surroundings): (id: string) => unknown {
  return (id) => {
    if (id.startsWith(COMMON)) return commonModulesIn(surroundings.directory, packageOf)[id.slice(COMMON.length)];
    const real = packageOf(id);
    if (!id.startsWith('@aws-sdk/client-')) return real;
    const name = clientNameOf(id, real);
    return name === undefined ? real : withMember(real, name, clientClass(real, name, surroundings));
  };
}

const clientNames = new Map<string, string | undefined>();

/** The name of a package's client, such as `EC2Client` of `@aws-sdk/client-ec2`. */
function clientNameOf(id: string, module: object): string | undefined {
  if (!clientNames.has(id)) {
    clientNames.set(
      id,
      Object.keys(module).find((each) => /Client$/.test(each) && each !== '__Client'),
    );
  }
  return clientNames.get(id);
}

/** A package of this process. Its document client sends each call through the client that it gets. */
function packageOf(id: string): object {
  const known = modules.get(id);
  if (known !== undefined) return known;
  const loaded: unknown = require(id);
  if (typeof loaded !== 'object' || loaded === null) throw new Error(`${id} exports no object.`);
  const module = id === '@aws-sdk/lib-dynamodb' ? withDocumentClient(loaded) : loaded;
  modules.set(id, module);
  return module;
}

const withMember = (module: object, name: string, value: unknown): object =>
  Object.create(module, { [name]: { value, enumerable: true } });

/** Constructs objects that are instances of the SDK's class, for its paginators, but call the account directly. */
function clientClass(module: object, name: string, surroundings: Surroundings): unknown {
  const real = prototypeOf(module, name);
  const credentials = { accessKeyId: surroundings.accessKeyId, secretAccessKey: 'sandbox', sessionToken: 'sandbox' };
  const send = (command: unknown) => sent(commandOf(command), surroundings);
  return function InProcessClient() {
    return Object.assign(Object.create(real), { config: { credentials: async () => credentials }, send });
  };
}

function withDocumentClient(module: object): object {
  const real = prototypeOf(module, 'DynamoDBDocumentClient');
  const from = (client: Pick<DynamoDBClient, 'send'>, translateConfig: object): object => {
    const send = async (command: unknown) => {
      const { marshall, unmarshall, schema, input } = documentCommand(command, translateConfig);
      return unmarshall(await Reflect.apply(client.send, client, [{ schema, input: await marshall(input) }]));
    };
    return Object.assign(Object.create(real), { send });
  };
  return withMember(module, 'DynamoDBDocumentClient', { from });
}

const prototypeOf = (module: object, name: string): object => {
  const found: unknown = Reflect.get(module, name);
  if (typeof found !== 'function') throw new Error(`There is no class ${name}.`);
  return found.prototype;
};

interface Command {
  readonly namespace: string;
  readonly operation: string;
  readonly input: object;
}

function commandOf(command: unknown): Command {
  const schema: unknown = isRecord(command) ? command.schema : undefined;
  if (!isRecord(command) || !Array.isArray(schema)) throw new Error('This is no command of the SDK.');
  return { namespace: String(schema[1]), operation: String(schema[2]), input: Object(command.input) };
}

type Middleware = (
  next: (args: { input: object }) => Promise<{ output: object }>,
  context: object,
) => (args: { input: object }) => Promise<{ output: object }>;

/**
 * The command inside a command of the document client, and the conversions that the latter adds to the middleware
 * stack.
 */
function documentCommand(command: unknown, translateConfig: object) {
  if (!isRecord(command)) throw new Error('This is no command of the document client.');
  const conversions: Middleware[] = [];
  const { schema, input } = Object(command.clientCommand);
  const addRelativeTo = (middleware: Middleware): void => void conversions.push(middleware);
  const clientCommand = { middlewareStack: { addRelativeTo } };
  const bare: unknown = Object.assign(Object.create(Object.getPrototypeOf(command)), command, { clientCommand });
  Reflect.apply(Reflect.get(Object(bare), 'addMarshallingMiddleware'), bare, [{ translateConfig }]);
  const [marshalling, unmarshalling] = conversions;
  if (marshalling === undefined || unmarshalling === undefined)
    throw new Error('The document client converts nothing.');
  return {
    schema,
    input: Object(input),
    async marshall(input: object): Promise<object> {
      let marshalled = input;
      await marshalling(async (args) => {
        marshalled = args.input;
        return { output: {} };
      }, {})({ input });
      return marshalled;
    },
    async unmarshall(output: object): Promise<object> {
      return (await unmarshalling(async () => ({ output }), {})({ input: {} })).output;
    },
  };
}

/** Sends a call by the SDK's own rules for retries, with its pauses in virtual time. */
function sent(command: Command, surroundings: Surroundings): Promise<object> {
  const { calls, time, random, accessKeyId, alive, deliver, waiting } = surroundings;
  waiting(1);
  return new Promise((resolve, reject) => {
    const end = (finish: () => void): void =>
      deliver(() => {
        waiting(-1);
        finish();
      });
    try {
      const attempt = calls.take({ ...command, accessKeyId, traceHeader: surroundings.traceHeader() });
      const tryAgain = async (attempts: number): Promise<void> => {
        // A crashed environment repeats nothing. Over the wire, its connections and timers end with it.
        if (!alive()) return;
        const answer = await attempt();
        if (answer !== 'dropped' && 'output' in answer) {
          const { output, requestId } = answer;
          const $metadata = { httpStatusCode: 200, requestId, attempts, totalRetryDelay: 0 };
          end(() => resolve(Object.assign(output, { $metadata })));
          return;
        }
        const error =
          answer === 'dropped' ? noAnswer() : sdkError(answer.service, answer.refused, answer.requestId, attempts);
        const pauseMs = attempts < MOST_ATTEMPTS ? pauseAfter(Object(error), attempts, random) : undefined;
        if (pauseMs === undefined) end(() => reject(error));
        else time.after(pauseMs, () => void tryAgain(attempts + 1).catch(reject));
      };
      tryAgain(1).catch(reject);
    } catch (error) {
      end(() => reject(error));
    }
  });
}

function pauseAfter(
  error: Parameters<typeof isTransientError>[0],
  attempts: number,
  random: Random,
): number | undefined {
  const throttled = isThrottlingError(error);
  if (!throttled && !isTransientError(error) && !isServerError(error)) return undefined;
  const most = (throttled ? PAUSE_WHEN_THROTTLED_MS : PAUSE_MS) * 2 ** (attempts - 1);
  return Math.floor(Math.min(LONGEST_PAUSE_MS, random.next() * most));
}
