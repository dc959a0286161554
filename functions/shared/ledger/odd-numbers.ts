/** The end of the year 9999, epoch milliseconds. Each number of the ledger is a time or a count, and none is greater. */
const GREATEST = Date.UTC(10_000, 0) - 1;

/**
 * A number of an item; one that no function has written stays a text, which no schema takes for a number, so that its item
 * cannot be read. DynamoDB keeps 38 digits, up to 10^125. The SDK makes a BigInt of a large one, or fails the read of all
 * items with it (`@aws-sdk/util-dynamodb`, convertToNative), and a `Date` takes no time after the year 275760.
 */
export const numberOf = (text: string): number | string => (Math.abs(Number(text)) <= GREATEST ? Number(text) : text);
