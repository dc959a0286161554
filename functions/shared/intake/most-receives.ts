/**
 * How often a request is tried before it becomes a dead letter: for about 36 minutes, and for eight in a FIFO queue,
 * which it blocks. The sweep requests it again within the hour.
 */
export const MOST_RECEIVES = { standard: 9, fifo: 12 } as const;
