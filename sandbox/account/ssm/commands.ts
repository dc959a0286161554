import type { CommandInvocationStatus } from '@aws-sdk/client-ssm';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import type { Instance } from '../ec2/instances.ts';
import { agentPlatform } from '../eks/node-os.ts';
import type { World } from '../world.ts';
import { isAtLeast, LATEST_AGENT_VERSION, type SsmAgents } from './agents.ts';
import { type CommandDocument, CommandDocuments, RUN_SHELL_SCRIPT, UPDATE_AGENT } from './commands-documents.ts';
import { runOnHost, type ScriptResult, usualNode } from './host-script.ts';
import type { NodeInput } from './node-systems.ts';

/** How long the steps of an invocation take, ms. */
const VISIBLE_AFTER_MS = { least: 500, most: 2_000 };
const STARTS_AFTER_MS = { least: 1_000, most: 5_000 };
const UPDATE_TAKES_MS = { least: 20_000, most: 60_000 };
const SCRIPT_TAKES_MS = { least: 1_000, most: 5_000 };
const USUAL_SCRIPT_TIME_MS = 3_600_000;

export interface CommandRequest {
  readonly document: CommandDocument;
  /** As the caller gave it; by default `$DEFAULT`. */
  readonly documentVersion: string;
  readonly instanceIds: readonly string[];
  readonly parameters: Readonly<Record<string, string[]>>;
  readonly comment: string;
  /** How long an agent may take to start it. */
  readonly timeoutSeconds: number;
  /** How many instances run it concurrently: a number, or a percentage. */
  readonly maxConcurrency: string;
  /** With more failures than this, the command is sent to no further instance; a number, or a percentage. */
  readonly maxErrors: string;
}

export interface Command extends CommandRequest {
  readonly id: string;
  /** Epoch ms. */
  readonly requestedAt: number;
  readonly invocations: readonly Invocation[];
}

/** A command on one instance. */
export interface Invocation {
  readonly instance: Instance;
  /** Epoch ms from which on Systems Manager returns it. */
  readonly visibleAt: number;
  status: CommandInvocationStatus;
  statusDetails: string;
  /** Epoch ms. */
  startedAt?: number;
  endedAt?: number;
  /** The agent's final result. */
  result?: ScriptResult;
}

/**
 * The commands that Run Command has sent to agents. Each invocation takes time, and each of its steps is announced as
 * an event.
 */
export class Commands {
  readonly documents = new CommandDocuments();
  readonly #world: World;
  readonly #agents: SsmAgents;
  readonly #random: World['random'];
  readonly #byId = new Map<string, Command>();
  /** The state of hosts after scripts have changed them, by instance, with the state that the fleet gave them. */
  readonly #hosts = new Map<string, { readonly given: NodeInput | undefined; readonly host: NodeInput }>();

  constructor(world: World, agents: SsmAgents) {
    this.#world = world;
    this.#agents = agents;
    this.#random = world.random.fork('ssm-commands');
  }

  get(id: string): Command | undefined {
    return this.#byId.get(id);
  }

  list(): Command[] {
    return [...this.#byId.values()];
  }

  /** What an instance has by now, as scripts have changed it; undefined: what its image usually has. */
  hostOf({ id, commands }: Pick<Instance, 'id' | 'commands'>): NodeInput | undefined {
    const known = this.#hosts.get(id);
    return known !== undefined && known.given === commands.host ? known.host : commands.host;
  }

  /** @throws InvalidInstanceId, UnsupportedPlatformType, NotImplemented when nothing defines a script's output */
  send(request: CommandRequest): Command {
    const { document, instanceIds } = request;
    const targets = instanceIds.map((id) => this.#agents.get(id));
    const online = targets.filter((agent) => agent?.pingStatus === 'Online').flatMap((agent) => agent?.instance ?? []);
    if (online.length < targets.length) {
      const known = new Set(online.map(({ id }) => id));
      const invalid = instanceIds.filter((id) => !known.has(id)).join(', ');
      const message = `Instances [[${invalid}]] not in a valid state for account ${this.#world.accountId}`;
      throw new AwsError('InvalidInstanceId', message);
    }
    for (const { osImage, commands } of online) {
      const { type } = agentPlatform(osImage);
      if (!document.platforms.includes(type)) {
        throw new AwsError('UnsupportedPlatformType', `The document ${document.name} does not support ${type}.`);
      }
      if (document.name === RUN_SHELL_SCRIPT && commands.script === undefined) {
        throw new NotImplemented('running shell scripts: a fleet file says what they print (ssm.commands.script)');
      }
    }
    const command: Command = {
      ...request,
      id: this.#random.uuid(),
      requestedAt: this.#world.time.now,
      invocations: online.map((instance) => ({
        instance,
        visibleAt: this.#world.time.now + this.#draw(VISIBLE_AFTER_MS),
        status: 'Pending',
        statusDetails: 'Pending',
      })),
    };
    this.#byId.set(command.id, command);
    const waiting = [...command.invocations];
    for (const invocation of waiting.splice(0, Math.max(1, shareOf(request.maxConcurrency, waiting.length)))) {
      this.#deliver(command, invocation, waiting);
    }
    return command;
  }

  /** Continues after an invocation has ended: starts the next one, unless too many have failed. */
  #continue(command: Command, waiting: Invocation[]): void {
    const failures = command.invocations.filter(({ status }) => status === 'Failed').length;
    if (failures > shareOf(command.maxErrors, command.invocations.length)) {
      for (const invocation of waiting.splice(0)) this.#move(command, invocation, 'Cancelled', 'Terminated');
    }
    const next = waiting.shift();
    if (next !== undefined) this.#deliver(command, next, waiting);
  }

  #deliver(command: Command, invocation: Invocation, waiting: Invocation[]): void {
    const { time } = this.#world;
    const undeliverable = command.document.name === UPDATE_AGENT && this.#takesFailure(invocation, 'TimedOut');
    const timeOut = () => {
      this.#move(command, invocation, 'TimedOut', 'DeliveryTimedOut');
      this.#continue(command, waiting);
    };
    const timesOutAt = time.now + command.timeoutSeconds * 1000;
    if (undeliverable) {
      time.at(timesOutAt, timeOut);
      return;
    }
    time.at(Math.max(time.now, invocation.visibleAt) + this.#draw(STARTS_AFTER_MS), () => {
      if (this.#agents.get(invocation.instance.id)?.pingStatus !== 'Online') {
        time.at(timesOutAt, timeOut);
        return;
      }
      this.#move(command, invocation, 'InProgress', 'InProgress');
      const { script, scriptEndsWithinMs = USUAL_SCRIPT_TIME_MS } = command.document;
      if (script !== undefined && invocation.instance.commands.hangs === true) {
        time.after(scriptEndsWithinMs, () => {
          this.#move(command, invocation, 'TimedOut', 'ExecutionTimedOut');
          this.#continue(command, waiting);
        });
        return;
      }
      const takes = command.document.name === UPDATE_AGENT ? UPDATE_TAKES_MS : SCRIPT_TAKES_MS;
      time.after(this.#draw(takes), () => {
        this.#finish(command, invocation);
        this.#continue(command, waiting);
      });
    });
  }

  #finish(command: Command, invocation: Invocation): void {
    const result =
      command.document.name === UPDATE_AGENT
        ? this.#update(invocation, command.parameters)
        : (invocation.instance.commands.script ?? this.#runScript(command.document, invocation.instance));
    if (result !== undefined) invocation.result = result;
    const outcome = result?.exitCode === 0 ? 'Success' : 'Failed';
    this.#move(command, invocation, outcome, outcome);
  }

  /**
   * Really runs a document of the account, on the host of the fleet file or on a usual host of the image. Changes
   * persist on this instance until the fleet gives it another host.
   */
  #runScript({ script }: CommandDocument, { id, osImage, commands }: Instance): ScriptResult | undefined {
    if (script === undefined) return undefined;
    const run = runOnHost(script, this.hostOf({ id, commands }) ?? usualNode(osImage));
    this.#hosts.set(id, { given: commands.host, host: run.host });
    return run.result;
  }

  #update(invocation: Invocation, parameters: CommandRequest['parameters']): ScriptResult {
    const { instance } = invocation;
    const installed = this.#agents.get(instance.id)?.version ?? '';
    const wanted = parameters.version?.[0] || LATEST_AGENT_VERSION;
    const failed = (errorOutput: string) => ({ exitCode: 1, output: '', errorOutput });
    if (this.#takesFailure(invocation, 'Failed')) {
      return failed(`failed to update amazon-ssm-agent to ${wanted}, amazon-ssm-agent ${installed} is still running`);
    }
    // Bottlerocket's agent is part of the control container's image, which only a host update replaces.
    if (agentPlatform(instance.osImage).name === 'Bottlerocket') return failed('the platform is not supported');
    if (wanted === installed) {
      const output = `amazon-ssm-agent ${installed} has already been installed, update skipped`;
      return { exitCode: 0, output, errorOutput: '' };
    }
    if (!isAtLeast(wanted, installed) && parameters.allowDowngrade?.[0] !== 'true') {
      return failed('updating amazon-ssm-agent to an older version, please enable allow downgrade to proceed');
    }
    this.#agents.updated(instance.id, wanted);
    // Source: aws/amazon-ssm-agent#255, "Snap auto-refresh overrides amazon-ssm-agent AWS-UpdateSSMAgent installed version".
    const { updateUndoneAfterMs } = instance.commands;
    if (updateUndoneAfterMs !== undefined) {
      this.#world.time.after(updateUndoneAfterMs, () => this.#agents.updated(instance.id, installed));
    }
    const output = `Initiating amazon-ssm-agent update to ${wanted}\namazon-ssm-agent updated successfully to ${wanted}`;
    return { exitCode: 0, output, errorOutput: '' };
  }

  /** Whether the update is set to end this way. Each use counts once. */
  #takesFailure({ instance }: Invocation, outcome: 'Failed' | 'TimedOut'): boolean {
    const failure = instance.commands.updateFailure;
    if (failure === undefined || failure.outcome !== outcome || failure.times === 0) return false;
    failure.times -= 1;
    return true;
  }

  #move(command: Command, invocation: Invocation, status: CommandInvocationStatus, statusDetails: string): void {
    const { partition, region, accountId, time } = this.#world;
    Object.assign(invocation, { status, statusDetails });
    if (status === 'InProgress') invocation.startedAt = time.now;
    else if (invocation.startedAt !== undefined) invocation.endedAt = time.now;
    this.#world.emit({
      source: 'aws.ssm',
      detailType: 'EC2 Command Invocation Status-change Notification',
      resources: [`arn:${partition}:ec2:${region}:${accountId}:instance/${invocation.instance.id}`],
      detail: {
        'command-id': command.id,
        'document-name': command.document.name,
        'instance-id': invocation.instance.id,
        'requested-date-time': new Date(command.requestedAt).toISOString(),
        status,
      },
    });
  }

  #draw({ least, most }: typeof VISIBLE_AFTER_MS): number {
    return this.#random.integer(least, most);
  }
}

/** The limit `7`, or `20%` of the count, rounded down. */
const shareOf = (limit: string, count: number): number =>
  limit.endsWith('%') ? Math.floor((count * Number(limit.slice(0, -1))) / 100) : Number(limit);
