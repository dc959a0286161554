import { AwsError } from '../../wire/aws-error.ts';
import { byText, pageOf } from '../pagination.ts';

const MAX_PAGE = 100;

/**
 * One page of names, as EKS returns them.
 * @throws InvalidParameterException
 */
export function pageOfNames(
  names: string[],
  { maxResults = MAX_PAGE, nextToken }: { maxResults?: number | undefined; nextToken?: string | undefined },
) {
  if (maxResults < 1 || maxResults > MAX_PAGE) {
    throw new AwsError('InvalidParameterException', `maxResults must be between 1 and ${MAX_PAGE}.`);
  }
  const name = (item: string) => item;
  return pageOf(names.sort(byText(name)), name, maxResults, nextToken, () => {
    return new AwsError('InvalidParameterException', 'The nextToken is invalid.');
  });
}
