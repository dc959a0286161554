/** Writes a line to stdout. A reader that has enough (`… | head`) ends the process quietly, as it ends any other tool. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
