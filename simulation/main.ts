import { fork } from 'node:child_process';
import { join } from 'node:path';
import { enter } from '../cli/entry.ts';
import { print } from '../cli/output.ts';
import { withBundles } from '../infra/bundle.ts';
import { withLightBundles } from '../sandbox/in-process/light-stack.ts';
import type { Report, Task } from './job.ts';
import { readSettings, type Settings, USAGE } from './settings.ts';
import { templatesFrom } from './templates.ts';
import { summaryOf, told } from './told.ts';

/**
 * V8's young generation in a job, MiB. A day makes much garbage and keeps little: with the default of 16 collections
 * copy what would have died a moment later.
 */
const SEMI_SPACE_MIB = 256;

/**
 * V8's flags for a job. It runs for long, and most of its code runs now and then in new environments of functions, so
 * that each function is compiled at once, and stays so: being interpreted first, or compiled again, costs more.
 */
const JOB_FLAGS = [`--max-semi-space-size=${SEMI_SPACE_MIB}`, '--always-sparkplug', '--no-flush-bytecode'];

await enter(process.argv.slice(2), USAGE, (argv) => simulate(readSettings(argv)));

async function simulate({ seeds, from, jobs, wireEvery, without, shrinks }: Settings): Promise<void> {
  await withLightBundles(async (bundles, directory) => {
    const light = templatesFrom(bundles, join(directory, 'light'));
    const whole =
      wireEvery === 0 ? undefined : await withBundles((whole) => templatesFrom(whole, join(directory, 'whole')));
    const tasks = Array.from({ length: seeds }, (_, index) => from + index).flatMap((seed): Task[] => [
      { seed, without, shrinks, light },
      ...(whole !== undefined && seed % wireEvery === 0 ? [{ seed, without, shrinks, light, whole }] : []),
    ]);
    const reports: Report[] = [];
    await playAll(tasks, jobs, (report) => {
      reports.push(report);
      if (report.breaches.length > 0) print(told(report));
    });
    print(summaryOf(reports));
    if (reports.some(({ breaches }) => breaches.length > 0)) process.exitCode = 1;
  });
}

/** Has processes play all tasks, each one after the other. */
async function playAll(tasks: readonly Task[], jobs: number, onReport: (report: Report) => void): Promise<void> {
  const waiting = [...tasks];
  await Promise.all(
    Array.from({ length: Math.min(jobs, tasks.length) }, () => {
      const job = fork(join(import.meta.dirname, 'job.ts'), {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        execArgv: [...process.execArgv, ...JOB_FLAGS],
      });
      const next = (): void => {
        const task = waiting.shift();
        if (task === undefined) job.disconnect();
        else job.send(task);
      };
      job.on('message', (report: Report) => {
        onReport(report);
        next();
      });
      next();
      return new Promise<void>((resolve, reject) => {
        job.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`A job ended with status ${code}.`))));
      });
    }),
  );
}
