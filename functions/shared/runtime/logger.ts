/** The logger of failed invocations, which a function imports when the first one fails. */
export { Logger } from '@aws-lambda-powertools/logger';
