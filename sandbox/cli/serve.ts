import { parseArgs } from 'node:util';
import { UsageError } from '../../cli/usage-error.ts';
import { serveConsole } from '../console/console-server.ts';
import type { EmbeddedAccount } from '../embedded-account.ts';

/** Whether the page is served once the demo has ended, and on which port. */
export type Serving = 'no' | { readonly port: number; readonly mustBeThere: boolean };

const USUAL_PORT = 8474;

/**
 * The usage of `--serve [PORT]`. Without it the page is only served on a terminal, because a script that runs the demo
 * must end.
 *
 * @throws UsageError for an unknown argument
 */
export const DEMO_USAGE = `Usage: npm start [-- --serve [PORT]]

Plays two days of a small fleet in a sandbox, while a real AMI release comes: no AWS account is touched. On a terminal it
serves the dashboard's page afterwards, until it is interrupted.

  --serve [PORT]   serve the page also where stdout is no terminal (default port: ${USUAL_PORT})
  -h, --help       this`;

export function readServing(argv: readonly string[], terminal: { isTTY?: boolean }, CI: string | undefined): Serving {
  const { serve, port } = parse(argv);
  if (serve) return { port: port ?? USUAL_PORT, mustBeThere: port !== undefined };
  return terminal.isTTY === true && CI === undefined ? { port: USUAL_PORT, mustBeThere: false } : 'no';
}

function parse(argv: readonly string[]): { serve: boolean; port?: number } {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { serve: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const [text, ...more] = positionals;
    if (text === undefined) return { serve: values.serve };
    const port = Number(text);
    if (values.serve && more.length === 0 && Number.isInteger(port) && port >= 0 && port < 65_536) {
      return { serve: true, port };
    }
    throw new UsageError(
      `${[text, ...more].join(' ')}: give one port, from 0 to 65535, after --serve\n\n${DEMO_USAGE}`,
    );
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    throw new UsageError(`${error.message}\n\n${DEMO_USAGE}`);
  }
}

/**
 * Serves the page until it is interrupted (Ctrl-C).
 * @throws UsageError when the requested port is not available
 */
export async function serve(
  account: EmbeddedAccount,
  { port, mustBeThere }: Exclude<Serving, 'no'>,
  print: (text: string) => void,
): Promise<void> {
  const server = await serveConsole(account, port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    if (mustBeThere) throw new UsageError(`--serve: ${error.message}`);
    return serveConsole(account, 0);
  });
  print(`\n  Look at it, and act: ${server.url}  (Ctrl-C ends it)`);
  await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  await server.close();
}
