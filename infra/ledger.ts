import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, type ITable, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { Right } from '../functions/shared/declaration/right.ts';
import type { LedgerKind } from '../functions/shared/ledger/item-kinds.ts';
import type { Settings } from './settings.ts';

/** What a function may do to items of all kinds. */
const READS: ReadonlySet<string> = new Set(['GetItem', 'BatchGetItem', 'Query']);

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

  /**
   * The rights to exactly these DynamoDB actions on the table, such as `GetItem`, and to write only these kinds of items.
   *
   * Source: DynamoDB developer guide, "Using IAM policy conditions for fine-grained access control" (`dynamodb:LeadingKeys` has
   * the partition keys, and is to be used with `ForAllValues`, also for actions on one item).
   */
  allow(actions: readonly string[], kinds: readonly LedgerKind[]): Right[] {
    const resources = [this.table.tableArn];
    const named = (which: readonly string[]) => which.map((action) => `dynamodb:${action}`);
    const [reads, writes] = [actions.filter((each) => READS.has(each)), actions.filter((each) => !READS.has(each))];
    if (writes.length > 0 && kinds.length === 0) throw new Error(`${writes}: ledgerKinds must name what is written`);
    const conditions = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': kinds } };
    return [
      ...(reads.length > 0 ? [{ sid: 'Ledger', actions: named(reads), resources }] : []),
      ...(writes.length > 0 ? [{ sid: 'LedgerOfItsOwn', actions: named(writes), resources, conditions }] : []),
    ];
  }
}
