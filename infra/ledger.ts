import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { Right } from './right.ts';

/**
 * The table that remembers what AWS itself cannot tell. Losing it is safe but dear: bake times start anew and failures
 * are forgotten. So by default it outlives the stack, and `removalPolicy=destroy` also lifts the deletion protection.
 */
export class Ledger extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, props: { readonly removalPolicy: 'retain' | 'destroy' }) {
    super(scope, id);
    const retain = props.removalPolicy === 'retain';
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: TableEncryption.AWS_MANAGED,
      deletionProtection: retain,
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }

  /** The right to just these actions of DynamoDB, for example `GetItem`, on the table. */
  allow(...actions: string[]): Right {
    return {
      sid: 'Ledger',
      actions: actions.map((action) => `dynamodb:${action}`),
      resources: [this.table.tableArn],
    };
  }
}
