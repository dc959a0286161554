// Reads all instances of the account and drops them, to show the CPU that the SDK takes for their pages. The pages are
// as large as those that functions ask for.
const { EC2Client, paginateDescribeInstances } = require('@aws-sdk/client-ec2');

const cpuMs = () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return (userCPUTime + systemCPUTime) / 1_000;
};

(async () => {
  const from = cpuMs();
  let pages = 0;
  for await (const _ of paginateDescribeInstances({ client: new EC2Client({}), pageSize: 1_000 }, {})) pages += 1;
  process.send({ cpuMs: cpuMs() - from, pages });
  process.disconnect();
})();
