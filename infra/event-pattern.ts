import type { EventPattern } from 'aws-cdk-lib/aws-events';

/** An event pattern as `events/` writes it: in EventBridge's own words. */
export interface WrittenPattern {
  readonly source: readonly string[];
  readonly 'detail-type': readonly string[];
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** The same pattern in CDK's words. */
export const eventPatternOf = ({ source, 'detail-type': detailType, detail }: WrittenPattern): EventPattern => ({
  source: [...source],
  detailType: [...detailType],
  ...(detail && { detail }),
});
