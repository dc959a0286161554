/**
 * List prices of us-east-1 in US dollars, without the free tier. Other regions cost some 10 to 25 percent more.
 * Sources: the pages aws.amazon.com/SERVICE/pricing of Lambda (Arm), SQS, DynamoDB (on demand), CloudWatch and KMS.
 * Dashboard and `npm run bench` use these prices, and state the date.
 */
export const PRICES = {
  date: 'June 2026',
  lambdaGbSecond: 0.0000133334,
  lambdaRequest: 0.2e-6,
  sqsRequest: 0.4e-6,
  dynamoDbReadUnit: 0.125e-6,
  dynamoDbWriteUnit: 0.625e-6,
  logsGigabyte: 0.5,
  metricPerMonth: 0.3,
  /** A metric that GetMetricData reads. */
  metricRead: 0.01e-3,
  alarmPerMonth: 0.1,
  compositeAlarmPerMonth: 0.5,
  dashboardPerMonth: 3,
  keyPerMonth: 1,
} as const;
