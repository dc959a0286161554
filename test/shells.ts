import { execFileSync } from 'node:child_process';

/** The shells of this machine that nodes also have: dash or bash as sh, bash, BusyBox. */
export const SHELLS = [['sh'], ['bash'], ['busybox', 'sh']].filter(([name = '', ...options]) => {
  try {
    execFileSync(name, [...options, '-c', ':'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});
