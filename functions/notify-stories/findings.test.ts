import { expect, it } from 'vitest';
import { keepFindings } from './findings.ts';
import { recordAt } from './record.fixture.ts';

const failing = (nodegroup: string) => recordAt(1, 'failed', { nodegroup, remediation: 'manage-ssm-agent' });

it('saves the states of the findings that Security Hub takes, and then names the one that it refuses', async () => {
  const saved: unknown[] = [];
  const documents = {
    send: async ({ input }: { input: { Item?: { sk: string } } }) => {
      if (input.Item !== undefined) saved.push(input.Item.sk);
      return { Responses: {} };
    },
  };
  const securityHub = {
    send: async ({ input }: { input: { Findings: ReadonlyArray<{ Id: string }> } }) => {
      const refused = input.Findings.filter(({ Id }) => Id.includes('/bad/'));
      return {
        FailedCount: refused.length,
        FailedFindings: refused.map(({ Id }) => ({ Id, ErrorCode: 'InvalidInput', ErrorMessage: 'no such account' })),
      };
    },
  };
  const deps = {
    securityHub: securityHub as never,
    ledger: { documents: documents as never, table: 'ledger' },
    clock: { now: () => 0 },
    stack: 'eks-host-remediator',
    partition: 'aws',
  };
  await expect(keepFindings(deps, [failing('bad'), failing('good')])).rejects.toThrow(
    'Security Hub did not take 1 of 2 findings: InvalidInput no such account',
  );
  expect(saved).toEqual(['manage-ssm-agent/shop/good/-']);
});
