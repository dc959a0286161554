import { killSwitchCommand } from '../kill-switch.ts';

export const stop = killSwitchCommand({
  name: 'stop',
  on: true,
  summary: 'turns the kill switch on: nothing acts any more, in any remediation',
  help: 'killSwitch in the policy becomes true; all else in it stays as it is. Nobody is asked back. go turns it off.',
});
