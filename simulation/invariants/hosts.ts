import { INSTALLER } from '../../functions/manage-ssm-agent/install/index.ts';
import { QUARANTINE_TAG } from '../../functions/shared/fleet/scope.ts';
import type { Instance } from '../../sandbox/account/ec2/instance.ts';
import type { CallRecord } from '../../sandbox/account/service.ts';
import { sweepPauseOf } from '../scenario/parts/sweeps.ts';
import { type Day, type Invariant, presentPolicies } from './invariant.ts';

/** How long a worker may take until it is looked at, but for the pause between sweeps: its grace time, and a reconcile. */
const LOOKED_AT_MS = 3_600_000;

/** Words that say that an agent answers. */
const ANSWERS: ReadonlySet<string> = new Set(['agent-verified', 'agent-cured', 'agent-updated']);

/** What begins a remedy. What follows one, and takes an installer back, goes on under any policy. */
const begins = ({ operation, outcome }: CallRecord): boolean =>
  ['AttachRolePolicy', 'SendCommand', 'UpdateServiceSetting'].includes(operation) && outcome === 'ok';

/** Agents are cured where the policy has them cured; each that does not answer, and each old service, is told of. */
export function hosts(day: Day): Invariant {
  if (day.scenario.hosts === undefined) return {};
  const { account, records } = day.run;
  const { instances } = account.fleet;

  const lastReasonOf = (remediation: string, id: string): string | undefined =>
    records.findLast((record) => record.remediation === remediation && record.instance === id)?.reason;

  /** Whether an agent may be being installed in a cluster: windows open late, and upgrades launch workers then. */
  const isInstalling = (ofCluster: string): boolean =>
    records.some(
      ({ reason, cluster, time }) =>
        reason === 'agent-install-started' &&
        cluster === ofCluster &&
        account.time.now - Date.parse(time) < LOOKED_AT_MS,
    );

  /** A worker in quarantine keeps what it has, and nothing is said of it. */
  const serving = (): Instance[] =>
    instances
      .list()
      .filter(
        ({ state, kubernetes, operator, launchedAt, tags }) =>
          state === 'running' &&
          kubernetes !== undefined &&
          operator === undefined &&
          !tags.has(QUARANTINE_TAG) &&
          account.time.now - launchedAt > sweepPauseOf(day.scenario) + LOOKED_AT_MS,
      );

  return {
    onCall(call) {
      if (call.function !== 'manage-ssm-agent' || !begins(call)) return;
      if (!presentPolicies(day).some(({ killSwitch, upgrades }) => !killSwitch && upgrades.mode === 'enforce'))
        day.breach('observe changes nothing', `manage-ssm-agent called ${call.operation}`);
    },
    onEnd() {
      const inForce = day.policies.at(-1)?.policy;
      if (inForce === undefined) return;
      const online = new Set(account.onlineAgents());
      for (const { id, metadataTokens } of serving()) {
        const agent = lastReasonOf('manage-ssm-agent', id);
        if (inForce.upgrades.mode !== 'off' && !online.has(id) && (agent === undefined || ANSWERS.has(agent)))
          day.breach('a silent agent is told of', `the agent of ${id} does not answer, and ${agent} was said`);
        const service = lastReasonOf('require-imdsv2', id);
        if (inForce.quarantine.mode !== 'off' && metadataTokens === 'optional') {
          if (service === undefined || service === 'imdsv2-required' || service === 'imdsv2-being-required')
            day.breach('IMDSv2 is required or told of', `${id} takes version 1, and ${service} was said`);
        }
      }
      for (const { name, cluster } of account.kubernetes.daemonSets()) {
        if (name === INSTALLER.name && !isInstalling(cluster))
          day.breach('comes to rest', `${cluster} still has ${name}`);
      }
    },
  };
}
