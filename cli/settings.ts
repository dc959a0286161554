import type { Clients } from './clients.ts';
import { UsageError } from './usage-error.ts';

/** The form of AWS regions in every partition. The SDK would try to resolve an endpoint for any other text, in vain. */
const REGION = /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/;

const FIX = 'name the region, such as --region eu-central-1, or set AWS_REGION';

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
