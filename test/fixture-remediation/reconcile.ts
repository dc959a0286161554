import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SQSRecord } from 'aws-lambda';
import { findWorkers } from '../../functions/shared/fleet/find-workers.ts';
import type { QueueDeps } from '../../functions/shared/handler/queue-function.ts';
import { putAside } from '../../functions/shared/intake/dead-letter.ts';
import { messageReader } from '../../functions/shared/intake/messages.ts';
import { readWorkerBatch } from '../../functions/shared/intake/worker-batch.ts';
import { isInvalid } from '../../functions/shared/policy/policy.ts';
import * as reconcileRequest from './reconcile-request.ts';
import type { greetWorkers } from './remediation.ts';

interface ReconcileDeps extends QueueDeps<typeof greetWorkers> {
  readonly ec2: EC2Client;
}

const READERS = {
  [reconcileRequest.detailType]: messageReader(reconcileRequest.schema, ({ detail }) => detail),
};

export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  const { scope, malformed } = readWorkerBatch(messages, READERS);
  for (const message of malformed) await putAside(deps, message);
  const policy = await deps.readPolicy();
  if (isInvalid(policy)) return;
  const found = await findWorkers(deps.ec2, scope);
  deps.recorder.count('Greeted', found.length);
  for (const { instanceId, worker, trigger } of found)
    deps.recorder.record({
      subject: { cluster: worker.cluster, instance: instanceId },
      decision: 'done',
      reason: 'greeted',
      message: `${policy.greeting.word}, ${instanceId}!`,
      trigger,
      fingerprint: 'greeted',
      correlationId: trigger.id,
    });
}
