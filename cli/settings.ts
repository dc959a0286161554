import type { Clients } from './clients.ts';
import { UsageError } from './usage-error.ts';

/** The form of AWS regions in every partition. The SDK would try to resolve an endpoint for any other text, in vain. */
const REGION = /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/;

const FIX = 'name the region, such as --region eu-central-1, or set AWS_REGION';

/**
 * The region that the environment names, in the order of the CDK CLI, which is that of the AWS CLI for the variables
 * that both know (AWS CLI user guide, "Environment variables"; aws-cdk, `region` of its SDK provider). The SDK knows
 * AWS_REGION alone, and would go on to the profile: to another region than these two. An empty variable is none.
 */
export const regionFrom = (env: Readonly<Record<string, string | undefined>>): string | undefined =>
  [env.AWS_REGION, env.AMAZON_REGION, env.AWS_DEFAULT_REGION, env.AMAZON_DEFAULT_REGION].find(
    (region) => region !== undefined && region !== '',
  );

/**
 * Creates the clients, and checks the region, wherever it comes from.
 * @throws UsageError that says how to set one
 */
export async function withRegion(create: () => Clients): Promise<Clients> {
  try {
    const clients = create();
    const region = await clients.cloudFormation.config.region();
    if (!REGION.test(region)) throw noRegion(region);
    return clients;
  } catch (error) {
    // The SDK's own messages, which do not mention this command.
    if (!(error instanceof Error)) throw error;
    if (error.message === 'Region is missing') throw new UsageError(`--region: missing; ${FIX}`);
    const [, region] = /^Region not accepted: region="(.*)" is not/s.exec(error.message) ?? [];
    throw region === undefined ? error : noRegion(region);
  }
}

const noRegion = (region: string): UsageError => new UsageError(`--region: "${region}" is no region of AWS; ${FIX}`);
