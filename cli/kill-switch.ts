import type { Command, ExitCode, Surroundings } from './command.ts';
import { confirmed } from './confirm.ts';
import { isChangedSince, objectIn, readPolicyText, writePolicyText } from './policy-parameter.ts';
import { UsageError } from './usage-error.ts';

/** Creates `stop` or `go`: sets the kill switch of the policy, and leaves the rest of the document unchanged. */
export function killSwitchCommand(
  command: Pick<Command, 'name' | 'summary' | 'help'> & { readonly on: boolean },
): Command {
  const { name, summary, help, on } = command;
  return {
    name,
    synopsis: on ? '' : '[--yes]',
    summary,
    help,
    options: on ? {} : { yes: { type: 'boolean', short: 'y' } },
    read: ({ positionals, options }) => {
      if (positionals.length > 0) throw new UsageError(`"${positionals.join(' ')}": ${name} takes no argument`);
      return (surroundings) => turn(surroundings, on, on || options.yes === true);
    },
  };
}

async function turn(surroundings: Surroundings, on: boolean, yes: boolean): Promise<ExitCode> {
  const { note, print, stack } = surroundings;
  const before = await readPolicyText(surroundings);
  if (before.text === undefined) {
    note(`${before.why} Nothing acts while that is so.`);
    return 1;
  }
  const document = objectIn(before.text);
  if (document === undefined) {
    note(
      `${stack.PolicyParameterName} holds no JSON object: nothing acts while that is so. Put a good policy in place, ` +
        `such as {"killSwitch":${on}}: policy put FILE`,
    );
    return 1;
  }
  if ((document.killSwitch === true) === on) {
    print(`The kill switch is ${on ? 'on' : 'off'} already.`);
    return 0;
  }
  const question = `Let ${stack.stackName} in ${stack.region} act again, as its policy says?`;
  if (!yes && !(await confirmed(surroundings, question))) {
    note('The kill switch stays on.');
    return 1;
  }
  if (!yes && (await isChangedSince(surroundings, before))) return 1;
  await writePolicyText(surroundings, JSON.stringify({ ...document, killSwitch: on }, null, 2), before);
  print(
    on
      ? 'The kill switch is on: nothing begins any more, within 30 seconds. What EKS or EC2 already does goes on to its end.'
      : 'The kill switch is off: functions act again at their next reconcile, within the hour.',
  );
  return 0;
}
