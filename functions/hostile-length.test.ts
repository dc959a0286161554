import type { SQSRecord } from 'aws-lambda';
import { expect, it } from 'vitest';
import { checkPolicy } from '../cli/policy-check.ts';
import { sample, schema } from '../events/quarantine-request.ts';
import { readHost } from './check-posture/host/host.ts';
import { readNode } from './check-posture/judge/node.ts';
import { readKubeBench } from './check-posture/kube-bench/report.ts';
import { parsePolicy } from './policy-document.ts';
import { REMEDIATIONS } from './remediations.ts';
import { readRequestedChanges } from './request-actions/requested-change.ts';
import { readQuestion } from './review-actions/question.ts';
import { messageReader, readMessages } from './shared/intake/messages.ts';
import { parseScheduled } from './shared/intake/scheduled-trigger.ts';

/** As a member whose length is limited, it makes zod throw a TypeError. */
const HOSTILE = { length: { toString: {} } };
const POLICY = JSON.stringify({ scope: { clusters: HOSTILE }, upgrades: { waves: HOSTILE } });

/** What reads it, and what then comes of it. */
const refusals: Readonly<Record<string, () => unknown>> = {
  'a scheduled event': () => parseScheduled({ id: HOSTILE }),
  'a node': () => readNode({ os: HOSTILE }),
  'a report of kube-bench': () => readKubeBench({ Controls: HOSTILE }),
};

it.each(Object.entries(refusals))('a length that is no number is refused by name: %s', (_what, read) => {
  const refused = expect.objectContaining({ name: expect.stringMatching(/^(Zod|Node|KubeBench)Error$/) });
  expect(read).toThrow(refused);
  // Lambda shows the name and message of an Error only.
  expect(read).toThrow(Error);
});

it('a message with a length that is no number is put aside, and the rest of its batch is read', () => {
  const hostile = { ...sample, detail: { ...sample.detail, why: HOSTILE } };
  const messages = [hostile, sample].map(
    (event) =>
      ({
        body: JSON.stringify(event),
        attributes: {},
        eventSourceARN: 'arn:aws:sqs:eu-central-1:111122223333:queue',
      }) as SQSRecord,
  );
  const readers = { [sample['detail-type']]: messageReader(schema, ({ detail }) => detail.action) };
  const { requests, malformed } = readMessages(messages, readers);
  expect(malformed.map(({ fault }) => fault)).toEqual(['has a length that is no number']);
  expect(requests.map(({ target }) => target)).toEqual([sample.detail.action]);
});

it('the policy, the widget and a host with a length that is no number are as invalid as others', () => {
  expect(parsePolicy(POLICY, 'enforce')).toMatchObject({ error: expect.stringContaining('no number') });
  expect(checkPolicy(POLICY, 0).faults).toEqual(['has a length that is no number']);
  expect(readQuestion({ filter: { find: HOSTILE }, trail: HOSTILE }, 0)).toMatchObject({ trail: [] });
  expect(readRequestedChanges({ action: 'retry', all: HOSTILE }, REMEDIATIONS).changes).toEqual([]);
  expect(readHost({ osVersion: HOSTILE })).toEqual({ os: 'unknown' });
});
