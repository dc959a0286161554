import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Aws, CfnCondition, Fn } from 'aws-cdk-lib';
import { Dashboard, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { FULL_WIDTH } from './widgets.ts';

/** How many characters fit into a line of a text widget of full width, roughly. */
const LINE = 180;

/**
 * The runbook as a dashboard of the account. Alarms can link to it wherever they are read, and its version is the
 * deployed one. The package contains the page as well.
 */
export class RunbookPage extends Construct {
  /** The URL of the page in the console. */
  readonly url: string;

  /** @param resolve replaces the page's placeholders by the stack's own names */
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
   * The console's host name in the partition. Source: botocore's endpoints.json has no consoles; "AWS Management
   * Console" in the general reference, and the user guides of the China regions and of GovCloud name these.
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

/** The page in sections, each with its heading, without links to pages that the dashboard does not have. */
export const sectionsOf = (page: string): string[] =>
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
