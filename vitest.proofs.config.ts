import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

/** The slower proofs: a crash at every call, thousands of workers, a stretch of history, the stock AWS CLI. */
export default defineConfig({ test: { ...config.test, include: ['**/*.proof.ts'], testTimeout: 1_200_000 } });
