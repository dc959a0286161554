import {
  type AwsSecurityFinding,
  BatchImportFindings$,
  type BatchImportFindingsCommandInput,
  type BatchImportFindingsCommandOutput,
  GetFindings$,
  type GetFindingsCommandInput,
  type GetFindingsCommandOutput,
  type ImportFindingsError,
  type StringFilter,
} from '@aws-sdk/client-securityhub';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { byText, pageOf } from '../pagination.ts';
import { operation, type Service } from '../service.ts';
import type { World } from '../world.ts';
import { faultOf } from './format.ts';

const MOST_FINDINGS = 100;

/** AWS Security Hub, limited to importing and returning an account's own findings. */
export class SecurityHub {
  readonly service: Service;
  readonly #world: World;
  readonly #enabled: boolean;
  readonly #findings = new Map<string, AwsSecurityFinding>();

  /** @param enabled whether it is enabled in this account and region */
  constructor(world: World, enabled: boolean) {
    this.#world = world;
    this.#enabled = enabled;
    this.service = {
      signingName: 'securityhub',
      iamPrefix: 'securityhub',
      protocol: 'rest-json',
      operations: this.#operations(),
    };
  }

  /** The product for an account's own findings. */
  get productArn(): string {
    const { partition, region, accountId } = this.#world;
    return `arn:${partition}:securityhub:${region}:${accountId}:product/${accountId}/default`;
  }

  #operations(): Service['operations'] {
    return {
      BatchImportFindings: operation<BatchImportFindingsCommandInput, BatchImportFindingsCommandOutput>(
        BatchImportFindings$,
        ['Findings'],
        ({ Findings = [] }) => this.#import(Findings),
        ({ Findings = [] }) => {
          const products = new Set(Findings.map(({ ProductArn = '*' }) => ProductArn));
          return [...products].map((resource) => ({ action: 'securityhub:BatchImportFindings', resource }));
        },
      ),
      GetFindings: operation<GetFindingsCommandInput, GetFindingsCommandOutput>(
        GetFindings$,
        ['Filters', 'NextToken', 'MaxResults'],
        ({ Filters = {}, NextToken, MaxResults = 100 }) => {
          this.#mustBeEnabled();
          const tests = Object.entries(Filters).map(([name, filters]) => filterOf(name, filters));
          const wanted = [...this.#findings.values()].filter((finding) => tests.every((test) => test(finding)));
          const idOf = ({ Id = '' }: AwsSecurityFinding) => Id;
          const page = pageOf(wanted.sort(byText(idOf)), idOf, MaxResults, NextToken, () =>
            invalidInput('Invalid NextToken'),
          );
          return { Findings: page.items, NextToken: page.nextToken };
        },
      ),
    };
  }

  #import(findings: readonly AwsSecurityFinding[]) {
    this.#mustBeEnabled();
    if (findings.length === 0 || findings.length > MOST_FINDINGS) {
      throw invalidInput(`Invalid parameter 'Findings'. Must have 1 to ${MOST_FINDINGS} items`);
    }
    const failed: ImportFindingsError[] = [];
    for (const finding of findings) {
      const { Id = '', UpdatedAt = '' } = finding;
      const fault = faultOf(finding, { accountId: this.#world.accountId, productArn: this.productArn });
      const known = this.#findings.get(Id);
      if (fault !== undefined) {
        const ErrorMessage = `Finding does not adhere to Amazon Finding Format. ${fault}.`;
        failed.push({ Id, ErrorCode: 'InvalidInput', ErrorMessage });
        // An update that is not newer than the existing finding changes nothing.
      } else if (known === undefined || Date.parse(UpdatedAt) > Date.parse(known.UpdatedAt ?? '')) {
        this.#findings.set(Id, { RecordState: 'ACTIVE', ...finding });
      }
    }
    return { FailedCount: failed.length, SuccessCount: findings.length - failed.length, FailedFindings: failed };
  }

  #mustBeEnabled(): void {
    if (this.#enabled) return;
    const message = `Account ${this.#world.accountId} is not subscribed to AWS Security Hub`;
    throw new AwsError('InvalidAccessException', message, 401);
  }
}

/** The test for the filters of one name: any of them may match. */
function filterOf(name: string, filters: unknown): (finding: AwsSecurityFinding) => boolean {
  const value = VALUES[name];
  if (value === undefined) throw new NotImplemented(`securityhub.GetFindings with the filter ${name}`);
  const tests = (filters as StringFilter[]).map(({ Comparison, Value = '' }) => {
    if (Comparison === 'EQUALS') return (text: string) => text === Value;
    if (Comparison === 'PREFIX') return (text: string) => text.startsWith(Value);
    throw new NotImplemented(`securityhub.GetFindings with the comparison ${Comparison}`);
  });
  return (finding) => tests.some((test) => test(value(finding) ?? ''));
}

const VALUES: Readonly<Record<string, (finding: AwsSecurityFinding) => string | undefined>> = {
  Id: ({ Id }) => Id,
  RecordState: ({ RecordState }) => RecordState,
  ComplianceStatus: ({ Compliance }) => Compliance?.Status,
};

const invalidInput = (message: string): AwsError => new AwsError('InvalidInputException', message);
