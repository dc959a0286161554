import { GetFindingsCommand, SecurityHubClient } from '@aws-sdk/client-securityhub';
import type { Run } from '../sandbox/play.ts';

/** All findings in the account's Security Hub, as remediation and place, compliance status, and record state. */
export async function findingsIn({ account }: Run): Promise<string[]> {
  const { https } = account.network.attach((effect) => effect());
  const client = new SecurityHubClient({
    region: account.world.region,
    credentials: { accessKeyId: 'anybody', secretAccessKey: 'anything' },
    requestHandler: { httpsAgent: new https.Agent({ keepAlive: true }) },
  });
  const found: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new GetFindingsCommand({ NextToken, MaxResults: 100 }));
    for (const { Id = '', Compliance, RecordState } of page.Findings ?? []) {
      const [, , , remediation, ...place] = Id.split('/');
      found.push(`${remediation} ${place.join('/')} ${Compliance?.Status} ${RecordState}`);
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
}
