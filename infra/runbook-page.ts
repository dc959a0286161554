import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Aws, CfnCondition, Fn } from 'aws-cdk-lib';
import { Dashboard, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { FULL_WIDTH } from './widgets.ts';

/** About so many characters fit into a line of a text widget of the full width. */
const LINE = 180;

/**
 * The runbook as a dashboard of the account: an alarm can link to it wherever it is read, and it is the runbook of the
 * version that is deployed. The package carries the page, too.
 */
export class RunbookPage extends Construct {
  /** Where it is, as people open it. */
  readonly url: string;

  /** @param resolve puts the stack's own names in the place of those that the page has for them */
  constructor(scope: Construct, id: string, stackName: string, resolve: (text: string) => string) {
    super(scope, id);
    const dashboardName = `${stackName}-runbook`;
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName });
    for (const section of sectionsOf(readFileSync(join(import.meta.dirname, '..', 'docs', 'runbook.md'), 'utf8'))) {
      dashboard.addWidgets(
        new TextWidget({ markdown: resolve(section), width: FULL_WIDTH, height: heightOf(section) }),
      );
    }
    this.url = `https://${Aws.REGION}.${this.consoleHost()}/cloudwatch/home?region=${Aws.REGION}#dashboards/dashboard/${dashboardName}`;
  }

  /**
   * Where the console of the partition is. Source: botocore's endpoints.json has no consoles; "AWS Management Console" in
   * the general reference, and the user guides of the China regions and of GovCloud name these.
   */
  private consoleHost(): string {
    const within = (id: string, partition: string) =>
      new CfnCondition(this, id, { expression: Fn.conditionEquals(Aws.PARTITION, partition) }).logicalId;
    const otherwise = Fn.conditionIf(
      within('InGovCloud', 'aws-us-gov'),
      'console.amazonaws-us-gov.com',
      'console.aws.amazon.com',
    );
    return Fn.conditionIf(within('InChina', 'aws-cn'), 'console.amazonaws.cn', otherwise).toString();
  }
}

/** The page in its sections, each with its heading, and without links to pages that a dashboard does not have. */
export const sectionsOf = (page: string): string[] =>
  page
    .replaceAll(/<!--.*?-->\n/g, '')
    .replaceAll(/\[([^[\]]+)\]\((?!https?:)[^()]*\)/g, '**$1**')
    .split(/^(?=## )/m)
    .map((section) => section.trim());

/** Rows of the dashboard's grid, of 50 pixels each; a line of text takes about half of one. */
const heightOf = (section: string): number => {
  const lines = section.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / LINE)), 0);
  return Math.min(2 + Math.ceil(lines / 2), 20);
};
