import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

const directory = join(import.meta.dirname, 'queries');

/** A query in `infra/queries/`, which Logs Insights runs as it is. */
export interface SavedQuery {
  /** A value such as `what-was-changed`. */
  readonly name: string;
  /** The question that the query answers, from its first line. */
  readonly question: string;
  readonly text: string;
}

/** @throws Error for a query that does not begin with its question */
export function readQuery(name: string): SavedQuery {
  const text = readFileSync(join(directory, `${name}.txt`), 'utf8');
  const question = /^# (.+)\n/.exec(text)?.[1];
  if (question === undefined) throw new Error(`infra/queries/${name}.txt must begin with "# " and its question`);
  return { name, question, text };
}

/** All saved queries, by name. */
export const savedQueries = (): SavedQuery[] =>
  readdirSync(directory)
    .map((file) => basename(file, '.txt'))
    .sort()
    .map(readQuery);

/** The log groups of the stack. */
export interface LogGroups {
  readonly logGroup: ILogGroup;
  readonly fedLogGroup: ILogGroup;
}

/** Queries about runs of functions rather than records, which search the logs of all functions. */
const ABOUT_RUNS = ['is-everything-alive', 'which-runs-failed'];

/** The names of the log groups that a saved query searches. */
export const groupsAsked = (name: string, { logGroup, fedLogGroup }: LogGroups): string[] =>
  [logGroup, ...(ABOUT_RUNS.includes(name) ? [fedLogGroup] : [])].map(({ logGroupName }) => logGroupName);

/** The saved queries, in a Logs Insights folder with the stack's name. */
export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, props: LogGroups & { readonly stackName: string }) {
    super(scope, id);
    for (const { name, text } of savedQueries()) {
      new CfnQueryDefinition(this, name, {
        name: `${props.stackName}/${name.replaceAll('-', ' ')}`,
        queryString: text,
        logGroupNames: groupsAsked(name, props),
      });
    }
  }
}
