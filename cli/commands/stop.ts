import { killSwitchCommand } from '../kill-switch.ts';

export const stop = killSwitchCommand({
  name: 'stop',
  on: true,
  summary: 'turns the kill switch on: nothing acts any more, in any remediation',
  help: 'killSwitch in the policy becomes true; everything else in it stays as it is. There is no confirmation. go turns it off.',
});
