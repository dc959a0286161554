// Repeats reads with the AWS SDK and drops their answers, to show the CPU that the SDK takes for them. `fork` this file
// and send the reads.
const CLIENTS = {
  autoscaling: ['auto-scaling', 'AutoScalingClient'],
  dynamodb: ['dynamodb', 'DynamoDBClient'],
  ec2: ['ec2', 'EC2Client'],
  eks: ['eks', 'EKSClient'],
  iam: ['iam', 'IAMClient'],
  ssm: ['ssm', 'SSMClient'],
};

const cpuMs = () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return (userCPUTime + systemCPUTime) / 1_000;
};

process.once('message', async (reads) => {
  const clients = new Map();
  for (const { service } of reads) {
    if (clients.has(service)) continue;
    const [module, name] = CLIENTS[service];
    const sdk = require(`@aws-sdk/client-${module}`);
    const client = new sdk[name]({});
    // The bundles of functions are without it, too (infra/sdk-plugins.ts).
    client.middlewareStack.remove('loggerMiddleware');
    clients.set(service, { sdk, client });
  }
  const from = cpuMs();
  for (const { service, operation, input } of reads) {
    const { sdk, client } = clients.get(service);
    // A read may be refused, as that of a setting that is not there.
    await client.send(new sdk[`${operation}Command`](input)).catch(({ $metadata }) => {
      if ($metadata === undefined) throw new Error(`${service} ${operation} was not answered.`);
    });
  }
  process.send({ cpuMs: cpuMs() - from });
  process.disconnect();
});
