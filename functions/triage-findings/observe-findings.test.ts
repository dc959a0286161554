import { Inspector2Client } from '@aws-sdk/client-inspector2';
import { expect, it } from 'vitest';
import { policyOf } from './observation.fixture.ts';
import { readOpenFindings } from './observe-findings.ts';

it('a finding counts for each of its resources that is a worker, wherever in the list that is', async () => {
  const client = new Inspector2Client({ region: 'eu-central-1' });
  const resources = ['sha256:image', 'i-0a', 'i-0b', 'i-0other'].map((id) => ({ id }));
  client.send = async () => ({
    findings: [{ severity: 'HIGH', packageVulnerabilityDetails: { vulnerabilityId: 'CVE-2026-31415' }, resources }],
  });
  const workers = ['i-0a', 'i-0b'].map((instanceId) => ({ instanceId, image: 'current' as const }));
  const open = await readOpenFindings({ client, accountId: '111122223333' }, workers, policyOf().findings);
  expect(open).toMatchObject(workers.map((worker) => ({ ...worker, vulnerabilityId: 'CVE-2026-31415' })));
});
