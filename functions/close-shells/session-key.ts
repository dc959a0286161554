import type { IAMClient } from '@aws-sdk/client-iam';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import type { FoundWorker } from '../shared/fleet/find-workers.ts';
import { type Reading, read } from '../shared/fleet/reading.ts';
import { instanceArnOf, questionOf, REGISTERS } from '../shared/iam/agent-calls.ts';
import type { Location } from '../shared/iam/location.ts';
import { type ObservedProfile, observeProfile } from '../shared/iam/read-roles.ts';
import { rightTo } from '../shared/iam/role-policies.ts';
import { readPreferences } from '../shared/posture/session-preferences.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';

interface Clients {
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
}

/** Why no session may begin on a host, as a clause, and whether that is because AWS could not be read for now. */
export interface SessionTrouble {
  readonly why: string;
  readonly isUnread: boolean;
}

/**
 * Why no session may begin on hosts that Session Manager reaches, by instance id; a host on which one begins is
 * missing. Where the preferences name a key, the agent must decrypt with it before a session begins, which no policy of
 * AWS for agents allows. Source: Systems Manager user guide, "Adding Session Manager permissions to an existing IAM role".
 */
export async function readSessionTroubles(
  { iam, ssm }: Clients,
  location: Location,
  hosts: readonly Pick<FoundWorker, 'instanceId' | 'instance'>[],
): Promise<ReadonlyMap<string, SessionTrouble>> {
  if (hosts.length === 0) return new Map();
  const ofAll = (why: string, isUnread = false) =>
    new Map(hosts.map(({ instanceId }): [string, SessionTrouble] => [instanceId, { why, isUnread }]));
  const preferences = await read(() => readPreferences(ssm), 'tell');
  if (preferences.kind === 'unreadable')
    return ofAll(
      `the preferences of Session Manager cannot be read (${preferences.code})`,
      preferences.mayPass === true,
    );
  if (preferences.kind === 'gone') return ofAll('the preferences of Session Manager cannot be understood');
  const { kmsKeyId = '' } = preferences.found.content.inputs;
  if (kmsKeyId === '') return new Map();
  const arnOf = ({ instance }: (typeof hosts)[number]) => instance.IamInstanceProfile?.Arn ?? '';
  const profiles = await readProfiles(iam, hosts.map(arnOf));
  return new Map(
    hosts.flatMap((host): Array<[string, SessionTrouble]> => {
      const profile = profiles.get(arnOf(host));
      const why =
        profile?.kind === 'unreadable'
          ? `and the role of the instance cannot be read (${profile.code})`
          : whyNoKey(kmsKeyId, profile?.kind === 'found' ? profile.found : undefined, host.instanceId, location);
      const isUnread = profile?.kind === 'unreadable' && profile.mayPass === true;
      return why === undefined ? [] : [[host.instanceId, { why: `${encrypted(kmsKeyId)}, ${why}`, isUnread }]];
    }),
  );
}

/** Reads each profile by itself: one that cannot be read says nothing of hosts with another. */
async function readProfiles(
  iam: IAMClient,
  arns: readonly string[],
): Promise<ReadonlyMap<string, Reading<ObservedProfile>>> {
  const readings = await pMap(
    [...new Set(arns)].filter((arn) => arn !== ''),
    async (arn) => [arn, await read(() => observeProfile(iam, arn), 'tell')] as const,
    { concurrency: READ_CONCURRENCY },
  );
  return new Map(readings);
}

const encrypted = (key: string): string => `sessions are encrypted by the key ${key}`;

/** Why an agent cannot decrypt with the key, or may not be able to, as a clause; undefined: it can. */
export function whyNoKey(
  key: string,
  profile: ObservedProfile | undefined,
  instanceId: string,
  location: Location,
): string | undefined {
  const role = profile?.role;
  if (role === undefined) return 'and the instance has no role whose rights could be read';
  const agent = { ...location, instanceId, roleArn: role.roleArn };
  const ask = (action: string, resource: string) => rightTo(questionOf(agent, action, resource), role);
  if (role.distrusts || ask(REGISTERS, instanceArnOf(agent)).answer !== 'yes') {
    return `and its agent may have its rights from another role than ${role.name}`;
  }
  const { partition, region, account } = location;
  const named = arnOfKey(key, location);
  const { answer, why } = ask('kms:Decrypt', named ?? `arn:${partition}:kms:${region}:${account}:key/*`);
  if (answer === 'yes') return undefined;
  const because = why === undefined ? '' : `: ${why}`;
  // Only KMS tells which key an alias stands for.
  return answer === 'no' && named !== undefined
    ? `and role ${role.name} does not allow kms:Decrypt with it${because}`
    : `and whether role ${role.name} allows kms:Decrypt with it cannot be told${because}`;
}

/** The ARN of a key that is named by ARN or id; undefined for an alias. */
function arnOfKey(key: string, { partition, region, account }: Location): string | undefined {
  if (key.startsWith('arn:')) return /:key\/[^/]+$/.test(key) ? key : undefined;
  return /^(mrk-)?[0-9a-f-]+$/.test(key) ? `arn:${partition}:kms:${region}:${account}:key/${key}` : undefined;
}
