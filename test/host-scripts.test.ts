import { expect, it } from 'vitest';
import { GATHER_SCRIPT } from '../functions/check-posture/gather/script.ts';
import { SHELLS_SCRIPT } from '../functions/close-shells/shells/script.ts';

/** A function of a script, or the value that it gives a name. */
const partOf = (script: string, name: string): string | undefined =>
  new RegExp(`^${name}\\(\\) \\{\\n[^]*?^\\}$|^${name}=.*$`, 'm').exec(script)?.[0];

// A host runs each script by itself, so that neither can take these from a common file. Were they to differ, a check of
// posture would ask for a way in to be closed that the other script does not find, or the other way around.
it.each(['line_of', 'ssh_units', 'ssh_processes', 'ssh_commands', 'ssh_socket', 'ssh_lines', 'sshd_setting', 'NO_KEY'])(
  'the check of posture and the script that closes ways in by SSH find them alike: %s',
  (name) => {
    expect(partOf(SHELLS_SCRIPT, name)).toBeDefined();
    expect(partOf(SHELLS_SCRIPT, name)).toBe(partOf(GATHER_SCRIPT, name));
  },
);
