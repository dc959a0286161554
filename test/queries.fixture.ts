import { CloudWatchLogsClient, GetQueryResultsCommand, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import { expect } from 'vitest';
import { InMemoryNetwork } from '../sandbox/lambda/in-memory-network.ts';
import type { Run } from '../sandbox/play.ts';

type Answer = Array<Record<string, string | undefined>>;

/**
 * Runs a query like an AWS client, over everything logged so far.
 * @param from epoch seconds
 */
export async function askInsights({ account }: Run, text: string, from = 0): Promise<Answer> {
  const { https } = new InMemoryNetwork(account.server.http).attach((effect) => effect());
  const client = new CloudWatchLogsClient({
    region: account.world.region,
    credentials: { accessKeyId: 'operator', secretAccessKey: 'secret' },
    requestHandler: { httpsAgent: new https.Agent({ keepAlive: true }) },
  });
  const { LogGroupName, FedLogGroupName } = account.stack.outputs;
  const logGroupNames = [String(LogGroupName), String(FedLogGroupName)];
  const range = { startTime: from, endTime: Math.ceil(account.time.now / 1000) };
  const { queryId } = await client.send(new StartQueryCommand({ logGroupNames, queryString: text, ...range }));
  const { results = [] } = await client.send(new GetQueryResultsCommand({ queryId }));
  return results.map((row) => Object.fromEntries(row.map(({ field = '', value }) => [field, value])));
}

/** The text of a saved query of the stack, with its placeholders filled in. */
export function textOf({ account }: Run, name: string, given: Readonly<Record<string, string>> = {}): string {
  const saved = account.logs.savedQueries.find((query) => query.name === `eks-host-remediator/${name}`);
  if (saved === undefined) throw new Error(`no saved query ${name}`);
  expect(saved.groups[0]).toBe(account.stack.outputs.LogGroupName);
  return Object.entries(given).reduce((text, [placeholder, value]) => text.replaceAll(placeholder, value), saved.text);
}

/** These fields of each row, joined into one text. */
export const told = (rows: Answer, ...fields: string[]): string[] =>
  rows.map((row) => fields.map((field) => row[field]).join(' '));
