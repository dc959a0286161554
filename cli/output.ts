/**
 * Writes a line to stdout. When the reader closes the pipe early (`… | head`), the process ends quietly, like other
 * tools.
 */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
