import type { Clients } from './clients.ts';
import { UsageError } from './usage-error.ts';

/** As all of AWS's are, in every partition: the SDK would ask for the address of any other in vain. */
const REGION = /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/;

const FIX = 'name the region, such as --region eu-central-1, or set AWS_REGION';

/**
 * Makes the clients, and sees to it that the region is one, wherever it comes from.
 * @throws UsageError saying how to give one
 */
export async function withRegion(create: () => Clients): Promise<Clients> {
  try {
    const clients = create();
    const region = await clients.cloudFormation.config.region();
    if (!REGION.test(region)) throw noRegion(region);
    return clients;
  } catch (error) {
    // The SDK's own words, which say nothing of this command.
    if (!(error instanceof Error)) throw error;
    if (error.message === 'Region is missing') throw new UsageError(`--region: missing; ${FIX}`);
    const [, region] = /^Region not accepted: region="(.*)" is not/s.exec(error.message) ?? [];
    throw region === undefined ? error : noRegion(region);
  }
}

const noRegion = (region: string): UsageError => new UsageError(`--region: "${region}" is no region of AWS; ${FIX}`);
