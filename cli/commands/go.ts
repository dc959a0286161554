import { killSwitchCommand } from '../kill-switch.ts';

export const go = killSwitchCommand({
  name: 'go',
  on: false,
  summary: 'turns the kill switch off: functions act again, as the policy says',
  help: `killSwitch in the policy becomes false; everything else in it stays as it is. You confirm it first.

  -y, --yes          no confirmation`,
});
