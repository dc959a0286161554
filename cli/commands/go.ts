import { killSwitchCommand } from '../kill-switch.ts';

export const go = killSwitchCommand({
  name: 'go',
  on: false,
  summary: 'turns the kill switch off: functions act again, as the policy says',
  help: `killSwitch in the policy becomes false; all else in it stays as it is. It is asked back first.

  -y, --yes          do not ask back`,
});
