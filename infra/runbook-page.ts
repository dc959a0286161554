import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Aws, CfnCondition, Fn } from 'aws-cdk-lib';
import { type IWidget, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { FULL_WIDTH } from './widgets.ts';

/** The approximate number of characters in a line of a text widget of full width. */
const LINE = 180;

/**
 * The runbook as widgets: alarms link to it wherever they are read, and its version is the deployed one. The package
 * contains the page as well.
 *
 * @param resolve replaces the page's placeholders by the stack's own names
 */
export const runbookWidgets = (resolve: (text: string) => string): IWidget[] =>
  sectionsOf(readFileSync(join(import.meta.dirname, '..', 'docs', 'runbook.md'), 'utf8')).map(
    (section) => new TextWidget({ markdown: resolve(section), width: FULL_WIDTH, height: heightOf(section) }),
  );

/**
 * The URL of a dashboard in the console, whose host name depends on the partition. Sources: "AWS Management Console" in
 * the general reference, and the user guides of the China regions and of GovCloud. The SDKs' endpoints.json has no
 * consoles.
 *
 * @param scope gets the conditions on the partition
 */
export function dashboardUrl(scope: Construct, dashboardName: string): string {
  const within = (id: string, partition: string) =>
    new CfnCondition(scope, id, { expression: Fn.conditionEquals(Aws.PARTITION, partition) }).logicalId;
  const otherwise = Fn.conditionIf(
    within('InGovCloud', 'aws-us-gov'),
    'console.amazonaws-us-gov.com',
    'console.aws.amazon.com',
  );
  const host = Fn.conditionIf(within('InChina', 'aws-cn'), 'console.amazonaws.cn', otherwise).toString();
  return `https://${Aws.REGION}.${host}/cloudwatch/home?region=${Aws.REGION}#dashboards/dashboard/${dashboardName}`;
}

/** The page in sections, each with its heading, without links to pages that the dashboard does not have. */
const sectionsOf = (page: string): string[] =>
  page
    .replaceAll(/<!--.*?-->\n/g, '')
    .replaceAll(/\[([^[\]]+)\]\((?!https?:)[^()]*\)/g, '**$1**')
    .split(/^(?=## )/m)
    .map((section) => section.trim());

/** Height in rows of the dashboard's grid, of 50 pixels each. A line of text takes about half a row. */
const heightOf = (section: string): number => {
  const lines = section.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / LINE)), 0);
  return Math.min(2 + Math.ceil(lines / 2), 20);
};
