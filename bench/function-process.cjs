// Runs one function's bundle as Lambda would, in a process of its own. `fork` this file with the function's environment
// and the path of the bundle, then send events. The process answers each event with the CPU and memory it has used.
const { performance } = require('node:perf_hooks');
const { readFileSync } = require('node:fs');
const { resourceUsage } = process;

const cpuMs = () => {
  const { userCPUTime, systemCPUTime } = resourceUsage();
  return (userCPUTime + systemCPUTime) / 1_000;
};

// The peak of this program alone. The maximum of getrusage includes the process that started this one. Source:
// exec_mmap in fs/exec.c of Linux.
const peakRssBytes = () => {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1_024;
  } catch {
    return resourceUsage().maxRSS * 1_024;
  }
};

let handler;

process.on('message', async ({ event, context }) => {
  const from = { at: performance.timeOrigin + performance.now(), cpu: cpuMs() };
  handler ??= require(process.argv[2]).handler;
  const error = await handler(event, { ...context, getRemainingTimeInMillis: () => 60_000 }).then(
    () => undefined,
    (thrown) => [thrown, ...(thrown.errors ?? [])].map(String).join('; '),
  );
  process.send({ startedAt: from.at, cpuMs: cpuMs() - from.cpu, peakRssBytes: peakRssBytes(), error });
});
process.on('disconnect', () => process.exit());
