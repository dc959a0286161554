import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, type ITable, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { Right } from '../functions/shared/declaration/right.ts';
import type { Settings } from './settings.ts';

/**
 * The table that stores what AWS itself cannot tell. Its loss is costly: bake times start anew, failures are forgotten,
 * and the original state of quarantined workers is lost. By default it therefore outlives the stack, and a later stack
 * can use it (`ledgerTable`). `removalPolicy=destroy` also disables deletion protection.
 */
export class Ledger extends Construct {
  readonly table: Pick<ITable, 'tableName' | 'tableArn'>;

  constructor(scope: Construct, id: string, { removalPolicy, ledgerTable }: Settings) {
    super(scope, id);
    const retain = removalPolicy === 'retain';
    this.table = ledgerTable === undefined ? this.newTable(retain) : Table.fromTableName(this, 'Table', ledgerTable);
  }

  private newTable(retain: boolean): Table {
    return new Table(this, 'Table', {
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

  /** The right to exactly these DynamoDB actions on the table, such as `GetItem`. */
  allow(...actions: readonly string[]): Right {
    return {
      sid: 'Ledger',
      actions: actions.map((action) => `dynamodb:${action}`),
      resources: [this.table.tableArn],
    };
  }
}
